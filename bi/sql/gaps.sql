-- What should be known and is not. These buckets have no row in any other view: they are unknown, not zero.
SELECT app_id, app, grain, first_date, last_date, reason
FROM gaps
ORDER BY first_date, app, grain
