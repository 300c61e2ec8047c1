import AlmanacCore
import AlmanacStore

/// The rows of a script, and what is done with them.
extension PostgreSQLScript {
  /// Writes the rows into temporary tables of the target.
  func stage(to stream: inout some ByteStream) throws {
    var encoder = TabSeparated.postgreSQL
    for table in moment.tables {
      try stream.write(
        """
        CREATE TEMPORARY TABLE \(Self.staged(table)) (LIKE \(SQLText.name(table.name))) ON COMMIT DROP;
        COPY \(Self.staged(table)) (\(table.names())) FROM STDIN;

        """)
      for part in moment.parts(of: table, changes) {
        try stream.write(table, part, of: moment, as: &encoder)
      }
      try stream.write("\\.\nANALYZE \(Self.staged(table));\n")
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

  /// Brings a table to what was staged.
  func application(of table: PublicTable) -> String {
    table.key.isEmpty || table.isNumbered
      ? comparison(of: table) : removal(from: table) + upsert(into: table)
  }

  /// Deletes the rows that are gone.
  private func removal(from table: PublicTable) -> String {
    let name = SQLText.name(table.name)
    let isStaged = table.key.map { "staged.\(SQLText.name($0)) = held.\(SQLText.name($0))" }
    let isGone = """
      NOT EXISTS (SELECT 1 FROM \(Self.staged(table)) AS staged
          WHERE \(isStaged.joined(separator: " AND ")))
      """
    guard changes != nil, case .withBucket(let grain) = table.change else {
      return "DELETE FROM \(name) AS held WHERE \(isGone);\n"
    }
    let isOfGrain = grain.map { "touched.grain = '\($0.name)'" } ?? "touched.grain = held.grain"
    return """
      DELETE FROM \(name) AS held USING almanac_touched AS touched
      WHERE touched.app_id = held.app_id AND touched.date = held.date AND \(isOfGrain)
        AND \(isGone);

      """ + enrolment(of: table, deleting: isGone)
  }

  /// Deletes the rows of apps that the archive does not know any more, and those of before of an app
  /// that has come back. All others get the name that their app has now.
  ///
  /// - Parameter isOld: the condition on a row of an app that has come back
  private func enrolment(of table: PublicTable, deleting isOld: String) -> String {
    let name = SQLText.name(table.name)
    let new = (changes?.newApps ?? []).map(SQLText.literal).joined(separator: ", ")
    let hasReturned = new.isEmpty ? "" : " OR (app_id IN (\(new)) AND \(isOld))"
    return """
      DELETE FROM \(name) AS held WHERE NOT EXISTS
        (SELECT 1 FROM almanac_staged_freshness AS named WHERE named.app_id = held.app_id)\(hasReturned);
      UPDATE \(name) AS held SET app = named.app FROM almanac_staged_freshness AS named
      WHERE named.app_id = held.app_id AND held.app IS DISTINCT FROM named.app;

      """
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
    let isCompared =
      if let changes, table.change == .byRun, !changes.withdrawsRevisions {
        "WHERE run_id > \(changes.run)"
      } else {
        ""
      }
    let numbered = { (source: String) in
      """
      (SELECT *, row_number() OVER (PARTITION BY line) AS copy
          FROM (SELECT *, ROW(\(table.names()))::text AS line FROM \(source)) AS lines)
      """
    }
    let rename =
      isCompared.isEmpty
      ? "" : enrolment(of: table, deleting: "run_id <= \(changes?.run ?? 0)")
    let staged = numbered(Self.staged(table))
    let held = numbered("(SELECT *, ctid AS place FROM \(name) \(isCompared)) AS source")
    return rename + """
      DELETE FROM \(name) WHERE ctid IN (
        SELECT held.place FROM \(held) AS held
        LEFT JOIN \(staged) AS staged USING (line, copy)
        WHERE staged.line IS NULL);
      INSERT INTO \(name) (\(table.names()))
      SELECT \(table.names(of: "staged")) FROM \(staged) AS staged
      LEFT JOIN \(held) AS held USING (line, copy)
      WHERE held.line IS NULL;

      """
  }
}
