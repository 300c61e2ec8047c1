-- How good the answers of each app were in the last twelve complete weeks. Each ratio is the catalogue's.
SELECT app_id, app, date, SUM(messages) AS messages,
  1.0 * SUM(errors) FILTER (WHERE messages IS NOT NULL)
    / NULLIF(SUM(messages) FILTER (WHERE errors IS NOT NULL), 0) AS error_rate,
  1.0 * SUM(good_feedback) FILTER (WHERE good_feedback + bad_feedback IS NOT NULL)
    / NULLIF(SUM(good_feedback + bad_feedback) FILTER (WHERE good_feedback IS NOT NULL), 0) AS satisfaction,
  1.0 * SUM(good_feedback + bad_feedback) FILTER (WHERE messages IS NOT NULL)
    / NULLIF(SUM(messages) FILTER (WHERE good_feedback + bad_feedback IS NOT NULL), 0) AS feedback_rate
FROM weekly
WHERE state <> 'open'
  AND date IN (SELECT DISTINCT date FROM weekly WHERE state <> 'open' ORDER BY date DESC LIMIT 12)
GROUP BY app_id, app, date
ORDER BY app, app_id, date
