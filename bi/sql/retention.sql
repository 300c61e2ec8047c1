-- The share of each app's weekly cohorts that was seen again one week and four weeks later. Cohorts that are not
-- yet mature are left out. `base` says among which users the server looks.
SELECT app_id, app, base, date, "offset", SUM(cohort_users) AS cohort_users,
  1.0 * SUM(retained_users)
    / NULLIF(SUM(cohort_users) FILTER (WHERE retained_users IS NOT NULL), 0) AS retention_rate
FROM retention
WHERE grain = 'week' AND "offset" IN (1, 4) AND retained_users IS NOT NULL
GROUP BY app_id, app, base, date, "offset"
ORDER BY app, app_id, date, "offset"
