-- How fresh and how whole each app is: its newest complete day, its stretches of missing days, its last error.
SELECT freshness.app_id, freshness.app, server, retired, newest_complete_day, last_success,
  COUNT(gaps.first_date) AS day_gaps, last_error
FROM freshness
LEFT JOIN gaps ON gaps.app_id = freshness.app_id AND gaps.grain = 'day'
GROUP BY freshness.app_id, freshness.app, server, retired, newest_complete_day, last_success, last_error
ORDER BY newest_complete_day, freshness.app
