-- How a server takes the offset in the text of an instant: it cuts its days where the text says
-- ('asked'), in a zone of its own whatever the text says ('own'), or it refuses every text with
-- another offset than Z, and cuts in a zone of its own ('refusing'). NULL until it is known.
ALTER TABLE server ADD COLUMN zone_kind TEXT
  CHECK (zone_kind IN ('asked', 'own', 'refusing'));

-- What retention is a share of on the server now: all users of a bucket, or its new ones. NULL
-- until an answer has shown it, and while answers show signs of both.
ALTER TABLE server ADD COLUMN retention_base TEXT
  CHECK (retention_base IN ('users', 'new_users'));
-- Whether a count has proved the base, so that no sign in the form of an answer speaks against it.
ALTER TABLE server ADD COLUMN base_is_proved INTEGER NOT NULL DEFAULT 0
  CHECK (base_is_proved IN (0, 1));
-- Whether the newest answer with data had every sign of the other base.
ALTER TABLE server ADD COLUMN base_is_doubted INTEGER NOT NULL DEFAULT 0
  CHECK (base_is_doubted IN (0, 1));
