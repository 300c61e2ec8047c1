-- Metabase, line chart: error rate and satisfaction a week. Each ratio is the catalogue's; a mean of it is not true.
SELECT date, SUM(messages) AS messages,
  1.0 * SUM(errors) FILTER (WHERE messages IS NOT NULL)
    / NULLIF(SUM(messages) FILTER (WHERE errors IS NOT NULL), 0) AS error_rate,
  1.0 * SUM(good_feedback) FILTER (WHERE good_feedback + bad_feedback IS NOT NULL)
    / NULLIF(SUM(good_feedback + bad_feedback) FILTER (WHERE good_feedback IS NOT NULL), 0) AS satisfaction
FROM weekly
WHERE state <> 'open'
  [[AND app = {{app}}]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
GROUP BY date
ORDER BY date
