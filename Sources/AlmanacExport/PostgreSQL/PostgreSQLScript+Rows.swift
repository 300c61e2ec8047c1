import AlmanacCore
import AlmanacStore

/// The rows of a script, and what is done with them.
extension PostgreSQLScript {
  /// Writes the rows into temporary tables of the target; into the tables themselves where these are
  /// empty.
  func stage(to stream: inout some ByteStream) throws {
    var encoder = TabSeparated.postgreSQL
    for table in moment.tables {
      try stream.write(Self.opening(of: table))
      for part in moment.parts(of: table, changes) {
        try stream.write(table, part, of: moment, as: &encoder)
      }
      try stream.write("\\.\nANALYZE :\"almanac_place\";\n")
    }
    guard let changes else { return }
    try stream.write(
      """
      CREATE TEMPORARY TABLE almanac_touched (app_id text, grain text, date date) ON COMMIT DROP;
      COPY almanac_touched (app_id, grain, date) FROM STDIN;

      """)
    for (app, grain, dates) in changes.buckets {
      try stream.write(Array(dates.map { encoder.line([app, grain.name, $0]) }.joined()))
    }
    try stream.write("\\.\nANALYZE almanac_touched;\n")
  }

  private static func staged(_ table: PublicTable) -> String { "almanac_staged_\(table.name)" }

  /// The variable of psql that says whether a table was empty before.
  private static func wasEmpty(_ table: PublicTable) -> String { "almanac_empty_\(table.name)" }

  private static func opening(of table: PublicTable) -> String {
    """
    SELECT NOT EXISTS (SELECT 1 FROM \(SQLText.name(table.name))) AS \(wasEmpty(table)) \\gset
    \\set almanac_place \(table.name)
    CREATE TEMPORARY TABLE \(staged(table)) (LIKE \(SQLText.name(table.name))) ON COMMIT DROP;
    \\if :\(wasEmpty(table))
    \\else
    \\set almanac_place \(staged(table))
    \\endif
    COPY :"almanac_place" (\(table.names())) FROM STDIN;

    """
  }

  /// Brings all tables to what was staged.
  var application: String {
    enrolment
      + moment.tables.map { table in
        """
        \\if :\(Self.wasEmpty(table))
        \\else
        \(table.isReplacedByKey ? removal(from: table) + upsert(into: table) : comparison(of: table))\
        \\endif

        """
      }.joined()
  }

  /// Deletes the rows of apps that the archive does not know any more, and gives those of a renamed app
  /// its new name. It looks at all rows only if there is such an app.
  private var enrolment: String {
    guard let changes else { return "" }
    let new = (changes.newApps + [""]).map(SQLText.literal).joined(separator: ", ")
    let hint = SQLText.literal("load everything: \(wholeCommand); nothing was changed")
    let tables = moment.tables.filter { $0.change != .always }
    let statements = tables.map { table in
      """
          DELETE FROM \(SQLText.name(table.name)) WHERE app_id = ANY (gone);
          UPDATE \(SQLText.name(table.name)) AS held SET app = named.app
          FROM almanac_staged_freshness AS named
          WHERE named.app_id = held.app_id AND held.app_id = ANY (renamed);

      """
    }
    // Where nothing was known of apps, no row was there either.
    return """
      \\if :almanac_empty_freshness
      \\else
      DO $almanac$
      DECLARE
        gone text[];
        renamed text[];
      BEGIN
        SELECT array_agg(held.app_id) FILTER (WHERE named.app_id IS NULL),
          array_agg(held.app_id) FILTER (WHERE named.app IS DISTINCT FROM held.app)
        INTO gone, renamed
        FROM freshness AS held LEFT JOIN almanac_staged_freshness AS named USING (app_id);
        -- Such an app came back without a run, with a copy of the file.
        IF EXISTS (SELECT 1 FROM almanac_staged_freshness AS named
          WHERE app_id NOT IN (SELECT app_id FROM freshness) AND app_id NOT IN (\(new))) THEN
          RAISE EXCEPTION 'the target lacks an app that the archive has had for longer'
            USING HINT = \(hint);
        END IF;
        IF gone IS NOT NULL OR renamed IS NOT NULL THEN
      \(statements.joined())\
        END IF;
      END $almanac$;
      \\endif

      """
  }

  /// Deletes the rows that are gone.
  private func removal(from table: PublicTable) -> String {
    let name = SQLText.name(table.name)
    let isStaged = table.key.map { "staged.\(SQLText.name($0)) = held.\(SQLText.name($0))" }
    let isGone = """
      NOT EXISTS (SELECT 1 FROM \(Self.staged(table)) AS staged
          WHERE \(isStaged.joined(separator: " AND ")))
      """
    guard let changes, case .withBucket(let grain) = table.change else {
      return "DELETE FROM \(name) AS held WHERE \(isGone);\n"
    }
    let isOfGrain = grain.map { "touched.grain = '\($0.name)'" } ?? "touched.grain = held.grain"
    var text = """
      DELETE FROM \(name) AS held USING almanac_touched AS touched
      WHERE touched.app_id = held.app_id AND touched.date = held.date AND \(isOfGrain)
        AND \(isGone);

      """
    if !changes.newApps.isEmpty {
      // What is held of such an app is of the time before it was removed.
      text += "DELETE FROM \(name) AS held WHERE \(isOfNewApp(changes)) AND \(isGone);\n"
    }
    return text
  }

  private func isOfNewApp(_ changes: ArchiveChanges) -> String {
    "app_id IN (\(changes.newApps.map(SQLText.literal).joined(separator: ", ")))"
  }

  private func upsert(into table: PublicTable) -> String {
    let others = table.columns.map(\.name).filter { !table.key.contains($0) }
    let sets = others.map { "\(SQLText.name($0)) = excluded.\(SQLText.name($0))" }
    return """
      INSERT INTO \(SQLText.name(table.name)) AS held (\(table.names()))
      SELECT \(table.names()) FROM \(Self.staged(table))
      ON CONFLICT (\(SQLText.names(table.key))) DO UPDATE SET \(sets.joined(separator: ", "))
      WHERE (\(SQLText.names(others, of: "held")))
        IS DISTINCT FROM (\(SQLText.names(others, of: "excluded")));

      """
  }

  /// Brings a table without a key to what was staged: equal rows are counted.
  private func comparison(of table: PublicTable) -> String {
    let name = SQLText.name(table.name)
    var isCompared = ""
    var deletion = ""
    if let changes, table.change == .byRun, !changes.withdrawsRevisions {
      isCompared = "WHERE run_id > \(changes.run)"
      if !changes.newApps.isEmpty {
        deletion =
          "DELETE FROM \(name) WHERE \(isOfNewApp(changes)) AND run_id <= \(changes.run);\n"
      }
    }
    let numbered = { (source: String) in
      """
      (SELECT *, row_number() OVER (PARTITION BY line) AS copy
          FROM (SELECT *, ROW(\(table.names()))::text AS line FROM \(source)) AS lines)
      """
    }
    let staged = numbered(Self.staged(table))
    let held = numbered(
      "(SELECT *, tableoid AS origin, ctid AS place FROM \(name) \(isCompared)) AS source")
    return deletion + """
      DELETE FROM \(name) WHERE (tableoid, ctid) IN (
        SELECT held.origin, held.place FROM \(held) AS held
        LEFT JOIN \(staged) AS staged USING (line, copy)
        WHERE staged.line IS NULL);
      INSERT INTO \(name) (\(table.names()))
      SELECT \(table.names(of: "staged")) FROM \(staged) AS staged
      LEFT JOIN \(held) AS held USING (line, copy)
      WHERE held.line IS NULL;

      """
  }
}

extension PublicTable {
  /// Whether a key tells each row apart.
  var isReplacedByKey: Bool { !key.isEmpty && !isNumbered }
}
