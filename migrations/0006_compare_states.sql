-- Rewrites the table `bucket`: its check compares the state with each word. SQLite looks words of an
-- IN up in a table that it makes for each statement, which took longer than writing the row.

CREATE TABLE new_bucket (
  app INTEGER NOT NULL REFERENCES app (id),
  grain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  -- The first instant, in Unix seconds.
  time INTEGER NOT NULL,
  state TEXT NOT NULL
    CHECK (state = 'open' OR state = 'settling' OR state = 'settled' OR state = 'partial'
      OR state = 'expired'),
  -- Whether the server said which sources its users came through.
  by_source INTEGER NOT NULL CHECK (by_source IN (0, 1)),
  -- The runs that first stored it after its end, last stored it as settled, and found it forgotten.
  -- A bucket whose app was retired before its end is partial without a completing run.
  complete_run_id INTEGER REFERENCES run (id),
  settled_run_id INTEGER REFERENCES run (id),
  expired_run_id INTEGER REFERENCES run (id),
  -- The run that last changed the row. Older archives did not record it: their rows have the newest
  -- run that can have changed them, in this table and in the other ones.
  changed_run_id INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (app, grain, day),
  FOREIGN KEY (grain, day) REFERENCES calendar (grain, day),
  CHECK (state = 'partial' OR (state = 'open') = (complete_run_id IS NULL))
) STRICT, WITHOUT ROWID;

INSERT OR ROLLBACK INTO new_bucket
SELECT app, grain, day, time, state, by_source, complete_run_id, settled_run_id, expired_run_id,
  changed_run_id
FROM bucket ORDER BY app, grain, day;

DROP TABLE bucket;
ALTER TABLE new_bucket RENAME TO bucket;
