import AlmanacCore
import AlmanacStore

/// A script for psql that brings the tables of a PostgreSQL to one moment of the archive.
///
/// It is one transaction: readers see the state of before until all is there. Rows come into
/// temporary tables by COPY; from there only what differs is written.
package struct PostgreSQLScript {
  let moment: ArchiveMoment
  /// What is to be carried over; `nil` for everything.
  let changes: ArchiveChanges?
  let schema: String?
  let isPartitioned: Bool
  let version: String

  /// - Parameters:
  ///   - run: the finished run that the target was loaded up to, or an earlier one; `nil` for a whole
  ///     load. Throws an ``AlmanacError`` if the archive has no such run.
  ///   - schema: the target's schema, made if there is none; `nil` for the first of its search path
  ///   - isPartitioned: whether new tables of buckets get a partition for each year
  ///   - version: almanac's
  package init(
    of moment: ArchiveMoment, since run: Int?, schema: String?, isPartitioned: Bool, version: String
  ) throws {
    self.moment = moment
    self.schema = schema
    self.isPartitioned = isPartitioned
    self.version = version
    changes = try run.map(moment.changes(since:))
    if let run, try run != 0 && !moment.hasFinished(run: run) {
      throw AlmanacError(
        .usage, "exporting \(moment.path) since run \(run)",
        cause: "it holds no finished run of that number",
        hint: "its newest finished run is \(moment.mark.run); if the target holds a later one, the "
          + "archive was restored: load everything with `\(wholeCommand)`")
    }
  }

  /// Writes the script, table by table.
  package func write(to stream: inout some ByteStream) throws {
    try stream.write(head(makesSchema: true))
    try stream.write(checks)
    for table in moment.tables { try stream.write(definition(of: table)) }
    try stream.write(widening)
    try stream.write(partitions())
    try stage(to: &stream)
    try stream.write(application)
    try stream.write(end)
  }

  /// The beginning of every script: nothing of it is seen before its end.
  func head(makesSchema: Bool) -> String {
    let mark = moment.mark
    let place = schema.map { choice(of: $0, makesSchema) }
    return """
      -- The archive \(mark.archive) at run \(mark.run), for psql.
      \\set ON_ERROR_STOP on
      \\set QUIET on
      \\set SHOW_CONTEXT never
      SET client_encoding = 'UTF8';
      SET client_min_messages = warning;
      SET standard_conforming_strings = on;
      SET extra_float_digits = 1;
      SET datestyle = ISO;
      BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
      \(place ?? "")DO $almanac$
      BEGIN
        IF current_setting('server_version_num')::int < 120000 THEN
          RAISE EXCEPTION 'PostgreSQL % is too old', current_setting('server_version')
            USING HINT = 'use PostgreSQL 12 or newer; nothing was changed';
        END IF;
        IF current_setting('server_encoding') <> 'UTF8' THEN
          RAISE EXCEPTION 'the encoding of database % is %', current_database(),
            current_setting('server_encoding')
            USING HINT = 'make a database with ENCODING UTF8; nothing was changed';
        END IF;
        IF current_schema() IS NULL THEN
          RAISE EXCEPTION 'no schema of the search path exists in database %', current_database()
            USING HINT = 'name one with --schema; nothing was changed';
        END IF;
      END $almanac$;
      SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true) \\gset
      SELECT pg_advisory_xact_lock(hashtext('almanac'), hashtext(current_schema())) \\gset
      SELECT current_schema() AS almanac_schema, current_database() AS almanac_database \\gset

      """
  }

  /// Chooses a schema. Its own right to make one is asked for only where there is none.
  private func choice(of name: String, _ makesSchema: Bool) -> String {
    let literal = SQLText.literal(name)
    let missing =
      makesSchema
      ? "EXECUTE format('CREATE SCHEMA %I', \(literal));"
      : "RAISE EXCEPTION 'there is no schema % in database %', \(literal), current_database()\n"
        + "      USING HINT = \(SQLText.literal("load everything: \(wholeCommand)"));"
    return """
      SELECT pg_advisory_xact_lock(hashtext('almanac'), hashtext(\(literal))) \\gset
      DO $almanac$
      BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = \(literal)) THEN
          \(missing)
        END IF;
      END $almanac$;
      SET LOCAL search_path = \(SQLText.name(name));

      """
  }

  private var end: String {
    let mark = moment.mark
    let values = [mark.archive, mark.runID, mark.newestID, version].map(SQLText.literal)
    return """
      DELETE FROM almanac_load;
      INSERT INTO almanac_load (archive, run, run_id, newest_run_id, schema, demo, almanac, loaded_at)
      VALUES (\(values[0]), \(mark.run), \(values[1]), \(values[2]), \(mark.schema), \(mark.isDemo),
        \(values[3]), now());
      COMMIT;
      \\echo almanac: \(Self.place) holds the archive as of run \(mark.run)

      """
  }

  /// The target, in the words of psql's own variables.
  static let place = "schema :almanac_schema of database :almanac_database"

  /// The command that loads everything, for a hint.
  var wholeCommand: String {
    guard let schema else { return "almanac export postgresql" }
    let isPlain = schema.wholeMatch(of: /[A-Za-z0-9_]+/) != nil
    let word = isPlain ? schema : "'" + schema.replacing("'", with: "'\\''") + "'"
    return "almanac export postgresql --schema \(word)"
  }
}
