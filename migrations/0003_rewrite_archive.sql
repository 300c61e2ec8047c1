-- Rewrites the archive: columns for token counts, the run that last changed each row, random ids of
-- the archive and its runs, and a record of each change of state. Each table is copied in the order
-- of its key. The next migration makes the views again.

DROP VIEW daily;
DROP VIEW weekly;
DROP VIEW monthly;
DROP VIEW quarterly;
DROP VIEW daily_by_source;
DROP VIEW weekly_by_source;
DROP VIEW monthly_by_source;
DROP VIEW quarterly_by_source;
DROP VIEW retention;
DROP VIEW totals;
DROP VIEW revisions;
DROP VIEW gaps;
DROP VIEW freshness;
DROP VIEW metric_catalog;
DROP VIEW annotations;

CREATE TABLE new_run (
  id INTEGER PRIMARY KEY,
  -- A random id: two copies of an archive that both go on have runs of one number, not of one id.
  uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))) CHECK (length(uid) = 32),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  version TEXT NOT NULL,
  arguments TEXT NOT NULL,
  -- NULL while it runs, and for ever if it was killed.
  outcome TEXT CHECK (outcome IN ('done', 'partly failed', 'failed', 'interrupted')),
  apps INTEGER NOT NULL DEFAULT 0,
  apps_failed INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0,
  buckets_new INTEGER NOT NULL DEFAULT 0,
  buckets_revised INTEGER NOT NULL DEFAULT 0,
  buckets_unchanged INTEGER NOT NULL DEFAULT 0,
  buckets_refused INTEGER NOT NULL DEFAULT 0,
  seconds REAL
) STRICT;

INSERT INTO new_run (
  id, started_at, finished_at, version, arguments, outcome, apps, apps_failed, requests,
  buckets_new, buckets_revised, buckets_unchanged, buckets_refused, seconds)
SELECT id, started_at, finished_at, version, arguments, outcome, apps, apps_failed, requests,
  buckets_new, buckets_revised, buckets_unchanged, buckets_refused, seconds
FROM run ORDER BY id;

DROP TABLE run;
ALTER TABLE new_run RENAME TO run;

-- The one row that is about the archive itself.
CREATE TABLE archive (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- A random id; copies of the archive share it.
  uid TEXT NOT NULL CHECK (length(uid) = 32),
  -- The first run whose changes of state are recorded.
  first_recorded_run INTEGER NOT NULL
) STRICT;

INSERT INTO archive (id, uid, first_recorded_run)
SELECT 1, lower(hex(randomblob(16))), ifnull(max(id), 0) + 1 FROM run;

-- Every change of the state of a bucket that was held, in order. Rows are only ever added. The
-- first state of a bucket is the old one of its oldest change, and without a change its own.
CREATE TABLE state_change (
  app INTEGER NOT NULL REFERENCES app (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  run_id INTEGER NOT NULL REFERENCES run (id),
  -- The place of the change, from 0, among those that its run made of the bucket.
  step INTEGER NOT NULL CHECK (step >= 0),
  old_state TEXT NOT NULL
    CHECK (old_state IN ('open', 'settling', 'settled', 'partial', 'expired')),
  -- NULL where the bucket is held no more.
  new_state TEXT
    CHECK (new_state IN ('open', 'settling', 'settled', 'partial', 'expired')),
  PRIMARY KEY (app, grain, day, run_id, step),
  CHECK (new_state IS NOT old_state)
) STRICT, WITHOUT ROWID;

CREATE TABLE new_annotation (
  id INTEGER PRIMARY KEY,
  -- NULL for all apps.
  app INTEGER REFERENCES app (id),
  date DATE NOT NULL CHECK (date IS strftime('%Y-%m-%d', date, '+0 days')),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);

INSERT INTO new_annotation (id, app, date, text, created_at)
SELECT id, app, date, text, created_at FROM annotation ORDER BY id;

DROP TABLE annotation;
ALTER TABLE new_annotation RENAME TO annotation;

CREATE TABLE new_bucket (
  app INTEGER NOT NULL REFERENCES app (id),
  grain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  -- The first instant, in Unix seconds.
  time INTEGER NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('open', 'settling', 'settled', 'partial', 'expired')),
  -- Whether the server said which sources its users came through.
  by_source INTEGER NOT NULL CHECK (by_source IN (0, 1)),
  -- The runs that first stored it after its end, last stored it as settled, and found it forgotten.
  -- A bucket whose app was retired before its end is partial without a completing run.
  complete_run_id INTEGER REFERENCES run (id),
  settled_run_id INTEGER REFERENCES run (id),
  expired_run_id INTEGER REFERENCES run (id),
  -- The run that last changed the row. Older archives did not record it: their rows have the newest
  -- run that can have changed them, in this table and in those below.
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, grain, day),
  FOREIGN KEY (grain, day) REFERENCES calendar (grain, day),
  CHECK (state = 'partial' OR (state = 'open') = (complete_run_id IS NULL))
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_bucket
SELECT app, grain, day, time, state, by_source, complete_run_id, settled_run_id, expired_run_id,
  (SELECT max(id) FROM run)
FROM bucket ORDER BY app, grain, day;

DROP TABLE bucket;
ALTER TABLE new_bucket RENAME TO bucket;

-- Counts of tokens were kept as further figures. Those of a fact move to its columns, unless they
-- cannot be counts. Of two spellings the shorter one, which comes first, has the column.
CREATE TABLE moved (
  app INTEGER NOT NULL,
  source INTEGER NOT NULL,
  grain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  series TEXT NOT NULL,
  is_output INTEGER NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (app, source, grain, day, series, is_output)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO moved
SELECT figure.app, figure.source, figure.grain, figure.day, series,
  name IN ('outputTokens', 'totalOutputTokens'), name, value
FROM figure
CROSS JOIN user_fact ON (user_fact.app, user_fact.source, user_fact.grain, user_fact.day)
  = (figure.app, figure.source, figure.grain, figure.day)
CROSS JOIN chat_fact ON (chat_fact.app, chat_fact.source, chat_fact.grain, chat_fact.day)
  = (figure.app, figure.source, figure.grain, figure.day)
WHERE series IN ('userData', 'chatData')
  AND name IN ('inputTokens', 'outputTokens', 'totalInputTokens', 'totalOutputTokens')
  AND value BETWEEN 0 AND 9007199254740992 AND value = CAST(value AS INTEGER)
ORDER BY figure.app, figure.source, figure.grain, figure.day, series, name;

CREATE TABLE new_figure (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  -- The array of the answer: userData, chatData or appData.
  series TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day, series, name)
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_figure
SELECT app, source, grain, day, series, name, value, (SELECT max(id) FROM run)
FROM figure
WHERE NOT EXISTS (SELECT 1 FROM moved
  WHERE (moved.app, moved.source, moved.grain, moved.day, moved.series, moved.name)
    = (figure.app, figure.source, figure.grain, figure.day, figure.series, figure.name))
ORDER BY app, source, grain, day, series, name;

DROP TABLE figure;
ALTER TABLE new_figure RENAME TO figure;

CREATE TABLE new_chat_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  chat_item_count INTEGER CHECK (chat_item_count >= 0),
  chat_count INTEGER CHECK (chat_count >= 0),
  error_count INTEGER CHECK (error_count >= 0),
  points REAL,
  -- What the views show: those of the chat series, else those of the user series.
  input_tokens INTEGER CHECK (input_tokens >= 0),
  output_tokens INTEGER CHECK (output_tokens >= 0),
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

-- `chatData` comes before `userData`.
INSERT OR ROLLBACK INTO new_chat_fact
SELECT fact.app, fact.source, fact.grain, fact.day, chat_item_count, chat_count, error_count,
  fact.points,
  (SELECT value FROM moved
    WHERE (moved.app, moved.source, moved.grain, moved.day)
        = (fact.app, fact.source, fact.grain, fact.day)
      AND is_output = 0 ORDER BY series LIMIT 1),
  (SELECT value FROM moved
    WHERE (moved.app, moved.source, moved.grain, moved.day)
        = (fact.app, fact.source, fact.grain, fact.day)
      AND is_output = 1 ORDER BY series LIMIT 1),
  ifnull(user_fact.run_id, (SELECT max(id) FROM run))
FROM chat_fact AS fact
LEFT JOIN user_fact ON user_fact.app = fact.app AND user_fact.source = fact.source
  AND user_fact.grain = fact.grain AND user_fact.day = fact.day
ORDER BY fact.app, fact.source, fact.grain, fact.day;

DROP TABLE chat_fact;
ALTER TABLE new_chat_fact RENAME TO chat_fact;

CREATE TABLE new_app_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  good_feed_back_count INTEGER,
  bad_feed_back_count INTEGER,
  chat_count INTEGER CHECK (chat_count >= 0),
  total_response_time REAL,
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_app_fact
SELECT fact.app, fact.source, fact.grain, fact.day, good_feed_back_count, bad_feed_back_count,
  chat_count, total_response_time, ifnull(user_fact.run_id, (SELECT max(id) FROM run))
FROM app_fact AS fact
LEFT JOIN user_fact ON user_fact.app = fact.app AND user_fact.source = fact.source
  AND user_fact.grain = fact.grain AND user_fact.day = fact.day
ORDER BY fact.app, fact.source, fact.grain, fact.day;

DROP TABLE app_fact;
ALTER TABLE new_app_fact RENAME TO app_fact;

CREATE TABLE new_user_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  user_count INTEGER CHECK (user_count >= 0),
  new_user_count INTEGER CHECK (new_user_count >= 0),
  points REAL,
  -- Those of the user series itself.
  input_tokens INTEGER CHECK (input_tokens >= 0),
  output_tokens INTEGER CHECK (output_tokens >= 0),
  -- The run that last saw a figure of this app, source and bucket for the first time; no later one
  -- has changed the row.
  run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_user_fact
SELECT app, source, grain, day, user_count, new_user_count, points,
  (SELECT value FROM moved
    WHERE (moved.app, moved.source, moved.grain, moved.day, series, is_output)
        = (fact.app, fact.source, fact.grain, fact.day, 'userData', 0)),
  (SELECT value FROM moved
    WHERE (moved.app, moved.source, moved.grain, moved.day, series, is_output)
        = (fact.app, fact.source, fact.grain, fact.day, 'userData', 1)),
  run_id
FROM user_fact AS fact ORDER BY app, source, grain, day;

DROP TABLE user_fact;
ALTER TABLE new_user_fact RENAME TO user_fact;

-- Further figures had no zeros. A bucket without any message has no tokens where the server sent
-- them before it and after it.
CREATE TABLE token_days (
  app INTEGER NOT NULL,
  grain INTEGER NOT NULL,
  series TEXT NOT NULL,
  is_output INTEGER NOT NULL,
  first_day INTEGER NOT NULL,
  last_day INTEGER NOT NULL,
  PRIMARY KEY (app, grain, series, is_output)
) STRICT, WITHOUT ROWID;

INSERT INTO token_days
SELECT app, grain, series, is_output, min(day), max(day) FROM moved
GROUP BY app, grain, series, is_output;

UPDATE chat_fact SET input_tokens = 0
WHERE input_tokens IS NULL AND chat_item_count = 0 AND chat_count = 0
  AND EXISTS (SELECT 1 FROM token_days
    WHERE token_days.app = chat_fact.app AND token_days.grain = chat_fact.grain AND is_output = 0
      AND chat_fact.day BETWEEN first_day AND last_day);

UPDATE chat_fact SET output_tokens = 0
WHERE output_tokens IS NULL AND chat_item_count = 0 AND chat_count = 0
  AND EXISTS (SELECT 1 FROM token_days
    WHERE token_days.app = chat_fact.app AND token_days.grain = chat_fact.grain AND is_output = 1
      AND chat_fact.day BETWEEN first_day AND last_day);

UPDATE user_fact SET input_tokens = 0
WHERE input_tokens IS NULL AND user_count = 0
  AND EXISTS (SELECT 1 FROM token_days
    WHERE token_days.app = user_fact.app AND token_days.grain = user_fact.grain
      AND series = 'userData' AND is_output = 0
      AND user_fact.day BETWEEN first_day AND last_day);

UPDATE user_fact SET output_tokens = 0
WHERE output_tokens IS NULL AND user_count = 0
  AND EXISTS (SELECT 1 FROM token_days
    WHERE token_days.app = user_fact.app AND token_days.grain = user_fact.grain
      AND series = 'userData' AND is_output = 1
      AND user_fact.day BETWEEN first_day AND last_day);

DROP TABLE token_days;

-- Those of one source were kept by day only. Where its messages of a week, month or quarter are
-- known, they are the sum of its days, and so are its tokens if all of these have them.
UPDATE chat_fact SET (input_tokens, output_tokens) = (
  SELECT iif(count(*) = count(each.input_tokens), sum(each.input_tokens), NULL),
    iif(count(*) = count(each.output_tokens), sum(each.output_tokens), NULL)
  FROM chat_fact AS each
  WHERE each.app = chat_fact.app AND each.source = chat_fact.source AND each.grain = 0
    AND each.day >= chat_fact.day
    AND each.day < strftime('%s', chat_fact.day * 86400, 'unixepoch',
      CASE chat_fact.grain WHEN 1 THEN '+7 days' WHEN 2 THEN '+1 month' ELSE '+3 months' END)
      / 86400)
WHERE source <> 0 AND grain > 0 AND chat_item_count IS NOT NULL
  AND input_tokens IS NULL AND output_tokens IS NULL
  AND app IN (SELECT app FROM moved);

CREATE TABLE new_retention_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  "offset" INTEGER NOT NULL CHECK ("offset" >= 1),
  -- Which users of the bucket the server looks for: everybody, or the new ones. NULL where it is
  -- not known.
  base TEXT CHECK (base IN ('users', 'new_users')),
  cohort_users INTEGER CHECK (cohort_users >= 0),
  -- NULL until mature, and where the server does not measure it.
  retention_user_count INTEGER CHECK (retention_user_count >= 0),
  -- What the server answered, measured or not; NULL until mature.
  answered_count INTEGER CHECK (answered_count >= 0),
  mature INTEGER NOT NULL CHECK (mature IN (0, 1)),
  -- The run that first stored an answer.
  run_id INTEGER REFERENCES run (id),
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day, "offset"),
  CHECK (mature = 1 OR answered_count IS NULL),
  CHECK (retention_user_count IS NULL OR retention_user_count IS answered_count)
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_retention_fact
SELECT app, source, grain, day, "offset", base, cohort_users, retention_user_count, answered_count,
  mature, run_id, (SELECT max(id) FROM run)
FROM retention_fact ORDER BY app, source, grain, day, "offset";

DROP TABLE retention_fact;
ALTER TABLE new_retention_fact RENAME TO retention_fact;

-- Revisions of these counts get the names of their figures. Where both series had a count of one
-- name, the newest revision of a series ends with what is held, and each other one with what the
-- next one began with.
CREATE TABLE renamed (
  id INTEGER PRIMARY KEY,
  is_output INTEGER NOT NULL,
  series TEXT,
  chat INTEGER,
  user INTEGER,
  -- 1 for the newest one of a bucket; the key of the one before.
  place INTEGER NOT NULL,
  older INTEGER
) STRICT;

INSERT INTO renamed
SELECT revision.id, ifnull(chat.is_output, user.is_output),
  CASE WHEN chat.value IS NULL THEN 'userData' WHEN user.value IS NULL THEN 'chatData' END,
  chat.value, user.value, row_number() OVER bucket, lead(revision.id) OVER bucket
FROM revision
JOIN calendar ON calendar.grain = revision.grain AND calendar.date = revision.date
LEFT JOIN moved AS chat
  ON (chat.app, chat.source, chat.grain, chat.day, chat.series, chat.name)
    = (revision.app, revision.source, revision.grain, calendar.day, 'chatData', revision.figure)
LEFT JOIN moved AS user
  ON (user.app, user.source, user.grain, user.day, user.series, user.name)
    = (revision.app, revision.source, revision.grain, calendar.day, 'userData', revision.figure)
WHERE revision.figure IN ('inputTokens', 'outputTokens', 'totalInputTokens', 'totalOutputTokens')
  AND ifnull(chat.value, user.value) IS NOT NULL
WINDOW bucket AS (
  PARTITION BY revision.app, revision.source, revision.grain, revision.date, revision.figure
  ORDER BY revision.id DESC);

WITH RECURSIVE walk (id, is_chat, chat, user) AS (
  SELECT id, new_value IS chat, iif(new_value IS chat, old_value, chat),
    iif(new_value IS chat, user, old_value)
  FROM renamed JOIN revision USING (id) WHERE series IS NULL AND place = 1
  UNION ALL
  SELECT revision.id, new_value IS walk.chat, iif(new_value IS walk.chat, old_value, walk.chat),
    iif(new_value IS walk.chat, walk.user, old_value)
  FROM walk JOIN renamed ON renamed.id = walk.id JOIN revision ON revision.id = renamed.older
)
UPDATE renamed SET series = iif(walk.is_chat, 'chatData', 'userData')
FROM walk WHERE walk.id = renamed.id;

UPDATE revision SET figure = iif(series = 'userData', 'user_', '')
  || iif(is_output, 'output_tokens', 'input_tokens')
FROM renamed WHERE renamed.id = revision.id;

-- What the views show is revised where the user series has it.
INSERT INTO revision
  (app, source, grain, date, figure, old_value, new_value, revised_at, run_id, reason)
SELECT app, source, grain, date, iif(is_output, 'output_tokens', 'input_tokens'), old_value,
  new_value, revised_at, run_id, reason
FROM renamed
JOIN revision USING (id)
JOIN calendar USING (grain, date)
WHERE series = 'userData' AND NOT EXISTS (SELECT 1 FROM moved
  WHERE (moved.app, moved.source, moved.grain, moved.day, moved.series, moved.is_output)
    = (revision.app, revision.source, grain, calendar.day, 'chatData', renamed.is_output))
ORDER BY id;

-- A server that has sent a count once leaves it out where it is zero.
INSERT OR IGNORE INTO server_figure (server, figure)
SELECT DISTINCT app.server,
  iif(series = 'userData', 'user_', '') || iif(is_output, 'output_tokens', 'input_tokens')
FROM moved JOIN app ON app.id = moved.app;

DROP TABLE renamed;
DROP TABLE moved;

-- From `backfilled_from` on, every bucket before `high_water_mark` was read after its end, and every
-- one before `watermark` when nothing more was expected of it. Offset 0 is the figures, 1 and more
-- the retention at that offset.
CREATE TABLE read_progress (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  "offset" INTEGER NOT NULL CHECK ("offset" >= 0),
  backfilled_from INTEGER NOT NULL,
  watermark INTEGER NOT NULL,
  high_water_mark INTEGER NOT NULL,
  PRIMARY KEY (app, source, grain, "offset"),
  CHECK (backfilled_from <= watermark AND watermark <= high_water_mark)
) STRICT, WITHOUT ROWID;

INSERT INTO read_progress
SELECT app, source, grain, "offset", read_from, settled_to, complete_to FROM watermark;

DROP TABLE watermark;

ALTER TABLE total_reading ADD COLUMN total_input_tokens INTEGER;
ALTER TABLE total_reading ADD COLUMN total_output_tokens INTEGER;

UPDATE total_reading SET
  total_input_tokens = json_extract(further, '$.totalInputTokens'),
  further = nullif(json_remove(further, '$.totalInputTokens'), '{}')
WHERE json_extract(further, '$.totalInputTokens') BETWEEN 0 AND 9007199254740992
  AND json_extract(further, '$.totalInputTokens')
    = CAST(json_extract(further, '$.totalInputTokens') AS INTEGER);

UPDATE total_reading SET
  total_output_tokens = json_extract(further, '$.totalOutputTokens'),
  further = nullif(json_remove(further, '$.totalOutputTokens'), '{}')
WHERE json_extract(further, '$.totalOutputTokens') BETWEEN 0 AND 9007199254740992
  AND json_extract(further, '$.totalOutputTokens')
    = CAST(json_extract(further, '$.totalOutputTokens') AS INTEGER);
