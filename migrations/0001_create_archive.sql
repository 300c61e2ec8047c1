-- The archive: what almanac believes about every app, and how it came to believe it.
--
-- Tables are singular and for almanac itself; people and BI tools read the views, which are
-- plural. A day is counted from 1970-01-01 where it is a key, and written YYYY-MM-DD where a
-- person or a tool reads it. Instants are ISO 8601 in UTC.

CREATE TABLE grain (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO grain (id, name) VALUES (0, 'day'), (1, 'week'), (2, 'month'), (3, 'quarter');

CREATE TABLE server (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- The bucket zone; NULL until it is known.
  zone TEXT,
  -- How it is known: proved by asking, said by the configuration, or assumed since activity
  -- could not decide.
  zone_origin TEXT CHECK (zone_origin IN ('proved', 'configured', 'assumed')),
  CHECK ((zone IS NULL) = (zone_origin IS NULL))
) STRICT;

-- What narrow requests told about the zone: a range of instants, and the buckets that were active
-- in it. Each must agree with the zone.
CREATE TABLE zone_proof (
  server INTEGER NOT NULL REFERENCES server (id),
  -- Unix milliseconds, both inclusive.
  first_instant INTEGER NOT NULL,
  last_instant INTEGER NOT NULL,
  -- The timestamps of the answer's active buckets: Unix milliseconds, ascending, with commas.
  labels TEXT NOT NULL,
  -- Those of buckets that a wider range gave more of.
  partial TEXT NOT NULL,
  PRIMARY KEY (server, first_instant, last_instant),
  CHECK (first_instant <= last_instant)
) STRICT, WITHOUT ROWID;

-- Grains at which a server has answered a retention above zero. At the others its zeros are not
-- measured.
CREATE TABLE server_retention (
  server INTEGER NOT NULL REFERENCES server (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (server, grain)
) STRICT, WITHOUT ROWID;

-- Figures that a server has sent at least once. One that it never sent is unknown in a bucket
-- that it left out, not zero.
CREATE TABLE server_figure (
  server INTEGER NOT NULL REFERENCES server (id),
  figure TEXT NOT NULL,
  PRIMARY KEY (server, figure)
) STRICT, WITHOUT ROWID;

CREATE TABLE app (
  id INTEGER PRIMARY KEY,
  app_id TEXT NOT NULL UNIQUE CHECK (length(app_id) = 24),
  server INTEGER NOT NULL REFERENCES server (id),
  name TEXT NOT NULL,
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
  -- Nothing older was wanted when the origin was found; NULL for no such limit.
  since_date DATE,
  -- Where reading begins: nothing older is known on the server. NULL until a read found it.
  origin_date DATE,
  -- The first day on which the app was active, as far as the archive knows.
  first_date DATE,
  -- The oldest active day of the first read: the server may have forgotten a part of it, and of
  -- the buckets that hold it. NULL where its beginning was witnessed.
  unproven_date DATE,
  -- The server was seen to remember this day when the unproven one was read, so that buckets
  -- that begin after it are whole.
  remembered_date DATE,
  -- The forgotten end: the newest day that the server is known to have lost, wholly or in part.
  forgotten_date DATE,
  -- Days for which the server has been seen to remember, for certain.
  remembers_days INTEGER NOT NULL DEFAULT 2 CHECK (remembers_days >= 0),
  -- When the reading of the whole past last began.
  deep_date DATE,
  -- Whether the past is being read again because it was cut in another zone.
  recut INTEGER NOT NULL DEFAULT 0 CHECK (recut IN (0, 1)),
  -- The newest day that is held and has ended.
  newest_complete_date DATE,
  last_success_at TEXT,
  last_error TEXT,
  last_error_at TEXT
);

CREATE TABLE app_tag (
  app INTEGER NOT NULL REFERENCES app (id),
  tag TEXT NOT NULL,
  PRIMARY KEY (app, tag)
) STRICT, WITHOUT ROWID;

-- Source 0 is `all`, the name of no source.
CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO source (id, name) VALUES (0, 'all');

-- The sources through which an app was used.
CREATE TABLE app_source (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id) CHECK (source <> 0),
  first_date DATE NOT NULL,
  -- When the server said that it does not accept the source; it is not asked for since.
  rejected_at TEXT,
  PRIMARY KEY (app, source)
) WITHOUT ROWID;

-- One row for each execution of collect.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
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

-- An answer of the server as it came, compressed, without the key. One that came again is not
-- kept twice.
CREATE TABLE capture (
  id INTEGER PRIMARY KEY,
  checksum INTEGER NOT NULL,
  -- Bytes before compression.
  size INTEGER NOT NULL,
  -- zlib, as of RFC 1950.
  body BLOB NOT NULL
) STRICT;

CREATE INDEX capture_by_checksum ON capture (checksum);

-- The ledger: every request of every run.
CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run (id),
  app INTEGER NOT NULL REFERENCES app (id),
  endpoint TEXT NOT NULL CHECK (endpoint IN ('getTotalData', 'getChartData')),
  source INTEGER REFERENCES source (id),
  grain INTEGER REFERENCES grain (id),
  "offset" INTEGER,
  -- The days asked for, both ends included, spare buckets too.
  first_date DATE,
  last_date DATE,
  answered_at TEXT NOT NULL,
  seconds REAL NOT NULL,
  attempts INTEGER NOT NULL,
  -- `ok`, or the class of the failure.
  outcome TEXT NOT NULL,
  cause TEXT,
  buckets_new INTEGER NOT NULL DEFAULT 0,
  buckets_revised INTEGER NOT NULL DEFAULT 0,
  buckets_unchanged INTEGER NOT NULL DEFAULT 0,
  buckets_refused INTEGER NOT NULL DEFAULT 0,
  capture INTEGER REFERENCES capture (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX request_by_run ON request (run_id);
CREATE INDEX request_by_capture ON request (capture) WHERE capture IS NOT NULL;

-- How far reads are over: from `read_from` every bucket before `complete_to` was read after it
-- had ended, and every one before `settled_to` when nothing more was expected of it. Offset 0 is
-- the figures; 1 and more the retention at that offset, where the bucket that must have ended is
-- the one that many later. Days are counted from 1970-01-01.
CREATE TABLE watermark (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  "offset" INTEGER NOT NULL CHECK ("offset" >= 0),
  read_from INTEGER NOT NULL,
  settled_to INTEGER NOT NULL,
  complete_to INTEGER NOT NULL,
  PRIMARY KEY (app, source, grain, "offset"),
  CHECK (read_from <= settled_to AND settled_to <= complete_to)
) STRICT, WITHOUT ROWID;

-- The first days of buckets: a number where they are a key, a date where people and tools read
-- them. Every view begins here, so that dates in order come from an index that no app's rows are
-- scattered over.
CREATE TABLE calendar (
  grain INTEGER NOT NULL REFERENCES grain (id),
  -- The first civil day in the server's bucket zone.
  date DATE NOT NULL,
  day INTEGER NOT NULL CHECK (date IS date(day * 86400, 'unixepoch')),
  PRIMARY KEY (grain, date),
  UNIQUE (grain, day)
) WITHOUT ROWID;

-- The buckets that are known, whole or open.
CREATE TABLE bucket (
  app INTEGER NOT NULL REFERENCES app (id),
  grain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  -- The first instant, in Unix seconds.
  time INTEGER NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('open', 'settling', 'settled', 'partial', 'expired')),
  -- Whether the server said which sources its users came through.
  by_source INTEGER NOT NULL CHECK (by_source IN (0, 1)),
  -- The runs that first stored it after its end, last stored it as settled, and found it
  -- forgotten; they and the revisions tell what the archive was at any time.
  complete_run_id INTEGER REFERENCES run (id),
  settled_run_id INTEGER REFERENCES run (id),
  expired_run_id INTEGER REFERENCES run (id),
  PRIMARY KEY (app, grain, day),
  FOREIGN KEY (grain, day) REFERENCES calendar (grain, day),
  CHECK ((state = 'open') = (complete_run_id IS NULL))
) STRICT, WITHOUT ROWID;

-- Facts: what the archive currently believes. Columns are the server's fields. A source's row
-- holds what is known of it: users by source come with every answer, the rest only where it was
-- asked for by itself.

CREATE TABLE user_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  user_count INTEGER CHECK (user_count >= 0),
  new_user_count INTEGER CHECK (new_user_count >= 0),
  points REAL,
  -- The run that last saw a figure of this app, source and bucket for the first time.
  run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  chat_item_count INTEGER CHECK (chat_item_count >= 0),
  chat_count INTEGER CHECK (chat_count >= 0),
  error_count INTEGER CHECK (error_count >= 0),
  points REAL,
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  good_feed_back_count INTEGER,
  bad_feed_back_count INTEGER,
  chat_count INTEGER CHECK (chat_count >= 0),
  total_response_time REAL,
  PRIMARY KEY (app, source, grain, day)
) STRICT, WITHOUT ROWID;

-- Users of a bucket that were seen again `offset` buckets later. Until that bucket has ended
-- the figure is not known.
CREATE TABLE retention_fact (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  "offset" INTEGER NOT NULL CHECK ("offset" >= 1),
  -- Which users of the bucket the server looks for: everybody, or the new ones.
  base TEXT NOT NULL CHECK (base IN ('users', 'new_users')),
  cohort_users INTEGER CHECK (cohort_users >= 0),
  -- NULL until mature, and where the server does not measure it.
  retention_user_count INTEGER CHECK (retention_user_count >= 0),
  -- What the server answered, measured or not; NULL until mature.
  answered_count INTEGER CHECK (answered_count >= 0),
  mature INTEGER NOT NULL CHECK (mature IN (0, 1)),
  -- The run that first stored an answer.
  run_id INTEGER REFERENCES run (id),
  PRIMARY KEY (app, source, grain, day, "offset"),
  CHECK (mature = 1 OR answered_count IS NULL),
  CHECK (retention_user_count IS NULL OR retention_user_count IS answered_count)
) STRICT, WITHOUT ROWID;

-- Numbers that have no column, under the server's own name.
CREATE TABLE figure (
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  day INTEGER NOT NULL,
  -- The array of the answer: userData, chatData or appData.
  series TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (app, source, grain, day, series, name)
) STRICT, WITHOUT ROWID;

-- Cumulative numbers, one row for each reading.
CREATE TABLE total_reading (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run (id),
  app INTEGER NOT NULL REFERENCES app (id),
  read_at TEXT NOT NULL,
  total_users INTEGER,
  total_chats INTEGER,
  total_points REAL,
  -- Totals that have no column, as a JSON object; NULL where there are none.
  further TEXT
) STRICT;

CREATE INDEX total_reading_by_app ON total_reading (app, id);

-- Buckets of answers that were not believed, and why.
CREATE TABLE refusal (
  id INTEGER PRIMARY KEY,
  request INTEGER NOT NULL REFERENCES request (id),
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  -- NULL where the timestamp names no bucket.
  date DATE,
  -- The timestamp in Unix milliseconds; NULL where it could not be read.
  label INTEGER,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- Whether it left open which bucket it is, so that in its answer absence proves nothing.
  is_unplaceable INTEGER NOT NULL CHECK (is_unplaceable IN (0, 1))
);

CREATE INDEX refusal_by_bucket ON refusal (app, grain, date);
CREATE INDEX refusal_by_request ON refusal (request);

-- Figures of complete buckets that changed, and unknown ones that became known later.
CREATE TABLE revision (
  id INTEGER PRIMARY KEY,
  app INTEGER NOT NULL REFERENCES app (id),
  source INTEGER NOT NULL REFERENCES source (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  date DATE NOT NULL,
  figure TEXT NOT NULL,
  old_value REAL,
  new_value REAL,
  revised_at TEXT NOT NULL,
  run_id INTEGER NOT NULL REFERENCES run (id),
  reason TEXT NOT NULL CHECK (reason IN ('grew', 'fell', 'recut'))
);

CREATE INDEX revision_by_bucket ON revision (app, source, grain, date);

-- Stretches of buckets that should be known and are not.
CREATE TABLE gap (
  app INTEGER NOT NULL REFERENCES app (id),
  grain INTEGER NOT NULL REFERENCES grain (id),
  first_date DATE NOT NULL,
  last_date DATE NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('never read', 'failed', 'refused')),
  PRIMARY KEY (app, grain, first_date),
  CHECK (first_date <= last_date)
) WITHOUT ROWID;

CREATE TABLE annotation (
  id INTEGER PRIMARY KEY,
  -- NULL for all apps.
  app INTEGER REFERENCES app (id),
  date DATE NOT NULL CHECK (date IS strftime('%Y-%m-%d', date, '+0 days')),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
);

-- The catalogue, written anew by every version of almanac.
CREATE TABLE metric (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  formula TEXT NOT NULL,
  sql_expression TEXT,
  over_time TEXT NOT NULL,
  over_apps TEXT NOT NULL,
  over_sources TEXT NOT NULL,
  description TEXT NOT NULL
) STRICT;
