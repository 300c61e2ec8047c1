-- Which ways the messages of the last twelve complete months came in, over all apps.
SELECT date, source, SUM(messages) AS messages, COUNT(messages) AS apps_held
FROM monthly_by_source
WHERE state <> 'open'
  AND date IN (SELECT DISTINCT date FROM monthly WHERE state <> 'open' ORDER BY date DESC LIMIT 12)
GROUP BY date, source
ORDER BY date, source
