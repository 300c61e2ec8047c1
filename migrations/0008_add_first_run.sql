-- Keeps since when each app is known, so that one that was removed and has come back is not taken for
-- the one of before by those who carry changes elsewhere.

-- The run that took the app in. Older archives did not record it.
ALTER TABLE app ADD COLUMN first_run_id INTEGER REFERENCES run (id);
