-- Metabase, table: how fresh and how whole each app is.
SELECT freshness.app, server, newest_complete_day, last_success, COUNT(gaps.first_date) AS day_gaps, last_error
FROM freshness
LEFT JOIN gaps ON gaps.app_id = freshness.app_id AND gaps.grain = 'day'
WHERE retired = 0
  [[AND freshness.app = {{app}}]]
GROUP BY freshness.app_id
ORDER BY newest_complete_day, freshness.app
