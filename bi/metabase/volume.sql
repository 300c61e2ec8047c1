-- Metabase, line chart: messages and points a day over all apps or one. A sum holds as many apps as apps_held says.
SELECT date, SUM(messages) AS messages, SUM(points) AS points, COUNT(messages) AS apps_held
FROM daily
WHERE state <> 'open'
  [[AND app = {{app}}]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
GROUP BY date
ORDER BY date
