-- What was done in the last twelve complete weeks, over all apps. A sum holds as many apps as `apps_held` says.
SELECT date, SUM(messages) AS messages, SUM(points) AS points, SUM(chats) AS chats, COUNT(messages) AS apps_held
FROM weekly
WHERE state <> 'open'
  AND date IN (SELECT DISTINCT date FROM weekly WHERE state <> 'open' ORDER BY date DESC LIMIT 12)
GROUP BY date
ORDER BY date
