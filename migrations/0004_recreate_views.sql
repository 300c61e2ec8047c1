-- Views for people and BI tools: plural names, the names of the metrics, and plain columns only,
-- since an expression would lose the declared type by which a tool knows a date. CROSS JOIN keeps
-- the order: from the dates, which a question limits, to one sought row in each table. The
-- conditions of a CROSS JOIN stand in WHERE, since only SQLite takes an ON behind it.

-- Every bucket of every grain.
CREATE VIEW bucket_figures AS
SELECT
  calendar.grain AS grain_id,
  app.app_id,
  app.name AS app,
  calendar.date,
  bucket.time,
  bucket.state,
  user_fact.user_count AS users,
  user_fact.new_user_count AS new_users,
  retention_fact.retention_user_count AS retained_users,
  chat_fact.points,
  chat_fact.chat_item_count AS messages,
  chat_fact.chat_count AS chats,
  chat_fact.error_count AS errors,
  app_fact.good_feed_back_count AS good_feedback,
  app_fact.bad_feed_back_count AS bad_feedback,
  app_fact.total_response_time AS response_seconds,
  chat_fact.input_tokens,
  chat_fact.output_tokens,
  run.started_at AS collected_at
FROM calendar
CROSS JOIN app
CROSS JOIN bucket
CROSS JOIN user_fact
LEFT JOIN chat_fact
  ON chat_fact.app = app.id AND chat_fact.source = 0
    AND chat_fact.grain = calendar.grain AND chat_fact.day = bucket.day
LEFT JOIN app_fact
  ON app_fact.app = app.id AND app_fact.source = 0
    AND app_fact.grain = calendar.grain AND app_fact.day = bucket.day
LEFT JOIN retention_fact
  ON retention_fact.app = app.id AND retention_fact.source = 0
    AND retention_fact.grain = calendar.grain AND retention_fact.day = bucket.day
    AND retention_fact."offset" = 1
CROSS JOIN run
WHERE bucket.app = app.id AND bucket.grain = calendar.grain AND bucket.day = calendar.day
  AND user_fact.app = app.id AND user_fact.source = 0 AND user_fact.grain = calendar.grain
  AND user_fact.day = bucket.day
  AND run.id = user_fact.run_id;

-- The same by source.
CREATE VIEW bucket_figures_by_source AS
SELECT
  calendar.grain AS grain_id,
  app.app_id,
  app.name AS app,
  source.name AS source,
  calendar.date,
  bucket.time,
  bucket.state,
  user_fact.user_count AS users,
  user_fact.new_user_count AS new_users,
  retention_fact.retention_user_count AS retained_users,
  chat_fact.points,
  chat_fact.chat_item_count AS messages,
  chat_fact.chat_count AS chats,
  chat_fact.error_count AS errors,
  app_fact.good_feed_back_count AS good_feedback,
  app_fact.bad_feed_back_count AS bad_feedback,
  app_fact.total_response_time AS response_seconds,
  chat_fact.input_tokens,
  chat_fact.output_tokens,
  run.started_at AS collected_at
FROM calendar
CROSS JOIN app
CROSS JOIN bucket
CROSS JOIN app_source
CROSS JOIN source
CROSS JOIN user_fact
LEFT JOIN chat_fact
  ON chat_fact.app = app.id AND chat_fact.source = app_source.source
    AND chat_fact.grain = calendar.grain AND chat_fact.day = bucket.day
LEFT JOIN app_fact
  ON app_fact.app = app.id AND app_fact.source = app_source.source
    AND app_fact.grain = calendar.grain AND app_fact.day = bucket.day
LEFT JOIN retention_fact
  ON retention_fact.app = app.id AND retention_fact.source = app_source.source
    AND retention_fact.grain = calendar.grain AND retention_fact.day = bucket.day
    AND retention_fact."offset" = 1
CROSS JOIN run
WHERE bucket.app = app.id AND bucket.grain = calendar.grain AND bucket.day = calendar.day
  AND app_source.app = app.id
  AND source.id = app_source.source
  AND user_fact.app = app.id AND user_fact.source = app_source.source
  AND user_fact.grain = calendar.grain AND user_fact.day = bucket.day
  AND run.id = user_fact.run_id;

CREATE VIEW daily AS
SELECT app_id, app, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures WHERE grain_id = 0;

CREATE VIEW weekly AS
SELECT app_id, app, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures WHERE grain_id = 1;

CREATE VIEW monthly AS
SELECT app_id, app, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures WHERE grain_id = 2;

CREATE VIEW quarterly AS
SELECT app_id, app, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures WHERE grain_id = 3;

CREATE VIEW daily_by_source AS
SELECT app_id, app, source, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures_by_source WHERE grain_id = 0;

CREATE VIEW weekly_by_source AS
SELECT app_id, app, source, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures_by_source WHERE grain_id = 1;

CREATE VIEW monthly_by_source AS
SELECT app_id, app, source, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures_by_source WHERE grain_id = 2;

CREATE VIEW quarterly_by_source AS
SELECT app_id, app, source, date, time, state, users, new_users, retained_users, points, messages,
  chats, errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
  collected_at
FROM bucket_figures_by_source WHERE grain_id = 3;

CREATE VIEW retention AS
SELECT
  app.app_id,
  app.name AS app,
  grain.name AS grain,
  calendar.date,
  retention_fact."offset",
  retention_fact.cohort_users,
  retention_fact.base,
  retention_fact.retention_user_count AS retained_users,
  retention_fact.mature
FROM grain
CROSS JOIN calendar
CROSS JOIN app
CROSS JOIN bucket
CROSS JOIN retention_fact
WHERE calendar.grain = grain.id
  AND bucket.app = app.id AND bucket.grain = grain.id AND bucket.day = calendar.day
  AND retention_fact.app = app.id AND retention_fact.source = 0
  AND retention_fact.grain = bucket.grain AND retention_fact.day = bucket.day;

-- Numbers of the server that no other view has, under the server's own names.
CREATE VIEW figures AS
SELECT
  app.app_id,
  app.name AS app,
  source.name AS source,
  grain.name AS grain,
  calendar.date,
  figure.series,
  figure.name AS figure,
  figure.value
FROM grain
CROSS JOIN calendar
CROSS JOIN app
CROSS JOIN bucket
CROSS JOIN source
CROSS JOIN figure
WHERE calendar.grain = grain.id
  AND bucket.app = app.id AND bucket.grain = grain.id AND bucket.day = calendar.day
  AND figure.app = app.id AND figure.source = source.id AND figure.grain = bucket.grain
  AND figure.day = bucket.day;

CREATE VIEW totals AS
SELECT
  app.app_id,
  app.name AS app,
  total_reading.read_at,
  total_reading.total_users,
  total_reading.total_chats,
  total_reading.total_points,
  total_reading.total_input_tokens,
  total_reading.total_output_tokens
FROM app
JOIN total_reading ON total_reading.app = app.id;

CREATE VIEW revisions AS
SELECT
  app.app_id,
  app.name AS app,
  source.name AS source,
  grain.name AS grain,
  revision.date,
  revision.figure,
  revision.old_value,
  revision.new_value,
  revision.revised_at,
  revision.run_id,
  revision.reason
FROM revision
JOIN app ON app.id = revision.app
JOIN source ON source.id = revision.source
JOIN grain ON grain.id = revision.grain
-- That an unknown figure became known is no change of it.
WHERE revision.old_value IS NOT NULL;

CREATE VIEW gaps AS
SELECT
  app.app_id,
  app.name AS app,
  grain.name AS grain,
  gap.first_date,
  gap.last_date,
  gap.reason
FROM app
JOIN gap ON gap.app = app.id
JOIN grain ON grain.id = gap.grain;

CREATE VIEW freshness AS
SELECT
  app.app_id,
  app.name AS app,
  server.name AS server,
  app.retired,
  app.last_success_at AS last_success,
  app.newest_complete_date AS newest_complete_day,
  app.last_error,
  app.last_error_at
FROM app
JOIN server ON server.id = app.server;

CREATE VIEW metric_catalog AS
SELECT
  metric.name AS metric,
  metric.unit,
  metric.formula,
  metric.sql_expression,
  metric.over_time,
  metric.over_apps,
  metric.over_sources,
  metric.description
FROM metric
ORDER BY metric.position;

CREATE VIEW annotations AS
SELECT
  annotation.date,
  app.app_id,
  app.name AS app,
  annotation.text
FROM annotation
LEFT JOIN app ON app.id = annotation.app;
