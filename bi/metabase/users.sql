-- Metabase, line chart with one line for each app: users a week. They add up neither over weeks nor over apps.
SELECT date, app, users, new_users
FROM weekly
WHERE state <> 'open'
  [[AND app = {{app}}]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
ORDER BY date, app
