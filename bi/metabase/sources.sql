-- Metabase, stacked bars: messages a month by the way they came in. Messages add up over sources, users do not.
SELECT date, source, SUM(messages) AS messages
FROM monthly_by_source
WHERE state <> 'open'
  [[AND app = {{app}}]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
GROUP BY date, source
ORDER BY date, source
