-- Keeps why a run failed, and when the archive was backed up.

-- The class of the failure that says most about the run, and its cause in words; NULL where nothing
-- failed. Older archives did not record them.
ALTER TABLE run ADD COLUMN failure TEXT;
ALTER TABLE run ADD COLUMN cause TEXT;

CREATE TABLE backup (
  id INTEGER PRIMARY KEY,
  -- The moment that it shows.
  made_at TEXT NOT NULL,
  path TEXT NOT NULL,
  -- The SHA-256 of all rows of all other tables, and of the schema.
  checksum TEXT NOT NULL
) STRICT;
