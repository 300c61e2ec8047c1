-- The users of each app in the last twelve complete weeks. They add up neither over weeks nor over apps.
SELECT app_id, app, date, state, users, new_users
FROM weekly
WHERE state <> 'open'
  AND date IN (SELECT DISTINCT date FROM weekly WHERE state <> 'open' ORDER BY date DESC LIMIT 12)
ORDER BY app, app_id, date
