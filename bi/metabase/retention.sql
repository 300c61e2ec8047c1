-- Metabase, pivot table: the share of weekly cohorts that was seen again, by cohort and weeks later.
SELECT app, date, base, "offset", SUM(cohort_users) AS cohort_users,
  1.0 * SUM(retained_users)
    / NULLIF(SUM(cohort_users) FILTER (WHERE retained_users IS NOT NULL), 0) AS retention_rate
FROM retention
WHERE grain = 'week' AND retained_users IS NOT NULL
  [[AND app = {{app}}]]
  [[AND date >= {{from}}]]
  [[AND date <= {{to}}]]
GROUP BY app_id, app, date, base, "offset"
ORDER BY date, app, "offset"
