import AlmanacStore

/// The looks at a target, and its tables.
extension PostgreSQLScript {
  /// Refuses a target that is not almanac's, is of a newer one, or does not fit what is to come.
  var checks: String {
    let mark = moment.mark
    let names = moment.tables.map { SQLText.literal($0.name) }.joined(separator: ", ")
    let other = mark.isDemo ? "figures of real apps" : "the invented figures of a demo"
    return """
      DO $almanac$
      DECLARE
        held record;
        taken text;
      BEGIN
        IF to_regclass('almanac_load') IS NULL THEN
          SELECT string_agg(relname, ', ' ORDER BY relname) INTO taken FROM pg_class
          WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
            AND relname IN (\(names));
          IF taken IS NOT NULL THEN
            RAISE EXCEPTION 'schema % of database % has tables or views that are not almanac''s: %',
              current_schema(), current_database(), taken
              USING HINT = 'name another schema with --schema; nothing was changed';
          END IF;
          CREATE TABLE almanac_load (
            archive text NOT NULL, run bigint NOT NULL, run_id text NOT NULL,
            newest_run_id text NOT NULL, schema bigint NOT NULL, demo boolean NOT NULL,
            almanac text NOT NULL, loaded_at timestamptz NOT NULL
          );
        END IF;
        SELECT * INTO held FROM almanac_load;
        IF held.schema > \(mark.schema) THEN
          RAISE EXCEPTION 'schema % of database % was loaded by a newer almanac (%)',
            current_schema(), current_database(), held.almanac
            USING HINT = 'install that almanac; nothing was changed';
        END IF;
        IF held.demo <> \(mark.isDemo) THEN
          RAISE EXCEPTION 'schema % of database % holds \(other)',
            current_schema(), current_database()
            USING HINT = 'name another schema with --schema; nothing was changed';
        END IF;
      \(continuation)
      END $almanac$;

      """
  }

  /// Refuses a target that does not hold the archive as of the run, or a later one that the archive
  /// knows. A whole load says what it replaces.
  private var continuation: String {
    let mark = moment.mark
    guard let changes else {
      return """
          IF held.archive <> \(SQLText.literal(mark.archive)) THEN
            RAISE WARNING 'schema % of database % held another archive, which this one replaces',
              current_schema(), current_database();
          END IF;
        """
    }
    let hint = SQLText.literal("load everything: \(wholeCommand); nothing was changed")
    let runs = [(number: 0, id: "")] + moment.runs
    let finished = runs.filter { $0.number <= mark.run }.map {
      "(\($0.number), \(SQLText.literal($0.id)))"
    }
    return """
        IF held.run IS NULL THEN
          RAISE EXCEPTION 'nothing was loaded into schema % of database % yet',
            current_schema(), current_database() USING HINT = \(hint);
        END IF;
        IF held.archive <> \(SQLText.literal(mark.archive)) THEN
          RAISE EXCEPTION 'schema % of database % holds another archive',
            current_schema(), current_database() USING HINT = \(hint);
        END IF;
        SELECT string_agg(DISTINCT wanted.place, ', ') INTO taken FROM (VALUES
          \(wantedColumns)
        ) AS wanted (place, name, type)
        WHERE NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(wanted.place)
          AND attname = wanted.name AND NOT attisdropped);
        IF taken IS NOT NULL THEN
          RAISE EXCEPTION 'schema % of database % lacks, wholly or in part, the tables: %',
            current_schema(), current_database(), taken USING HINT = \(hint);
        END IF;
        IF held.schema <> \(mark.schema) THEN
          RAISE EXCEPTION 'schema % of database % was loaded from an archive of schema %, and this '
            'one is of schema \(mark.schema)', current_schema(), current_database(), held.schema
            USING HINT = \(hint);
        END IF;
        IF held.newest_run_id NOT IN (\(runs.map { SQLText.literal($0.id) }.joined(separator: ", ")))
          OR NOT EXISTS (SELECT 1 FROM (VALUES \(finished.joined(separator: ", ")))
            AS known (number, id) WHERE known.number = held.run AND known.id = held.run_id) THEN
          RAISE EXCEPTION 'the archive does not know run % that schema % of database % holds: it was '
            'restored, or is a copy that went another way', held.run, current_schema(),
            current_database() USING HINT = \(hint);
        END IF;
        IF held.run < \(changes.run) THEN
          RAISE EXCEPTION 'schema % of database % holds the archive as of run %, and this script '
            'begins behind run \(changes.run)', current_schema(), current_database(), held.run
            USING HINT = 'run: ' || \(SQLText.literal(wholeCommand)) || ' --since-run ' || held.run
              || '; nothing was changed';
        END IF;
      """
  }

  func definition(of table: PublicTable) -> String {
    let columns = table.columns.map {
      SQLText.name($0.name) + " " + $0.type.inPostgreSQL
        + (table.key.contains($0.name) ? " NOT NULL" : "")
    }
    let key =
      table.isReplacedByKey ? ", PRIMARY KEY (\(SQLText.names(table.key)))" : ""
    let partition =
      isPartitioned && table.isDivisible ? " PARTITION BY RANGE (date)" : ""
    var text = """
      CREATE TABLE IF NOT EXISTS \(SQLText.name(table.name)) (\(columns.joined(separator: ", "))\
      \(key))\(partition);

      """
    if table.isDivisible {
      // A lock is taken only where there is something to make.
      text += """
        DO $almanac$ BEGIN
          IF to_regclass('\(table.name)_by_date') IS NULL THEN
            CREATE INDEX \(table.name)_by_date ON \(SQLText.name(table.name)) (date);
          END IF;
        END $almanac$;

        """
    }
    return text
  }

  /// Every column, with its table and type, as rows of VALUES.
  private var wantedColumns: String {
    moment.tables.flatMap { table in
      table.columns.map { "('\(table.name)', '\($0.name)', '\($0.type.inPostgreSQL)')" }
    }.joined(separator: ",\n    ")
  }

  /// Adds what columns an older almanac did not know, and refuses one of another type.
  var widening: String {
    return """
      DO $almanac$
      DECLARE
        wanted record;
        held text;
      BEGIN
        FOR wanted IN SELECT * FROM (VALUES
          \(wantedColumns)
        ) AS wanted (place, name, type) LOOP
          SELECT format_type(atttypid, atttypmod) INTO held FROM pg_attribute
          WHERE attrelid = wanted.place::regclass AND attname = wanted.name AND NOT attisdropped;
          IF held IS NULL THEN
            EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', wanted.place, wanted.name, wanted.type);
          ELSIF held <> wanted.type THEN
            RAISE EXCEPTION 'the column % of table % is %, and is to be %', wanted.name,
              wanted.place, held, wanted.type
              USING HINT = 'drop that table, or name another schema; nothing was changed';
          END IF;
        END LOOP;
      END $almanac$;

      """
  }

  /// Makes the partition of each year for the tables that are divided by date alone, whoever divided
  /// them. Where somebody has made other partitions, such as of months, these are to hold the year.
  func partitions() throws -> String {
    let divisible = moment.tables.filter(\.isDivisible)
    let wanted = try divisible.flatMap { table in
      try moment.years(of: table).map { "('\(table.name)', \($0))" }
    }
    guard !wanted.isEmpty else { return "" }
    return """
      DO $almanac$
      DECLARE
        wanted record;
      BEGIN
        FOR wanted IN SELECT * FROM (VALUES
          \(wanted.joined(separator: ", "))
        ) AS wanted (place, year)
        WHERE EXISTS (SELECT 1 FROM pg_partitioned_table JOIN pg_attribute
            ON attrelid = partrelid AND attnum = partattrs[0]
            WHERE partrelid = place::regclass AND partstrat = 'r' AND partnatts = 1
              AND attname = 'date')
          AND to_regclass(place || '_' || year) IS NULL LOOP
          BEGIN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
              wanted.place || '_' || wanted.year, wanted.place, wanted.year || '-01-01',
              (wanted.year + 1) || '-01-01');
          EXCEPTION WHEN invalid_object_definition OR check_violation THEN NULL;
          END;
        END LOOP;
      END $almanac$;

      """
  }
}

extension PublicTable {
  /// Whether the rows have buckets, by whose years they can be divided.
  var isDivisible: Bool {
    if case .withBucket = change { true } else { false }
  }
}

extension PublicColumn.Kind {
  var inPostgreSQL: String {
    switch self {
    case .text: "text"
    case .date: "date"
    case .integer: "bigint"
    case .real: "double precision"
    }
  }
}
