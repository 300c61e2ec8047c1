-- Metabase, table beside the charts: the notes. Those without an app are about all of them.
SELECT date, app, text
FROM annotations
WHERE 1 = 1
  [[AND (app = {{app}} OR app IS NULL)]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
ORDER BY date
