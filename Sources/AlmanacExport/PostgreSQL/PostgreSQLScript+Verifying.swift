import AlmanacCore
import AlmanacStore

extension PostgreSQLScript {
  /// Writes a script that changes nothing, and ends with an error where the target differs from the
  /// archive: in the number of rows of an app, grain and month, or in the sum of a column.
  package func writeVerification(to stream: inout some ByteStream) throws {
    try stream.write(head(makesSchema: false))
    try stream.write(look)
    for table in moment.tables {
      try stream.write(
        """
        CREATE TEMPORARY TABLE \(Self.expected(table)) (\(Self.columns(of: table))) ON COMMIT DROP;
        COPY \(Self.expected(table)) FROM STDIN;

        """)
      for sums in try moment.sums(of: table) {
        try stream.write(TabSeparated.postgreSQL.line(sums.group, then: sums.values))
      }
      try stream.write("\\.\n" + comparison(withExpectedOf: table))
    }
    try stream.write(verdict)
  }

  /// Looks whether the target was loaded as far as the archive goes.
  private var look: String {
    let hint = SQLText.literal("run: \(wholeCommand)")
    return """
      DO $almanac$
      DECLARE
        held record;
      BEGIN
        IF to_regclass('almanac_load') IS NULL THEN
          RAISE EXCEPTION 'nothing was loaded into schema % of database % yet',
            current_schema(), current_database() USING HINT = \(hint);
        END IF;
        SELECT * INTO held FROM almanac_load;
        IF held.archive <> \(SQLText.literal(moment.mark.archive)) THEN
          RAISE EXCEPTION 'schema % of database % holds another archive',
            current_schema(), current_database() USING HINT = \(hint);
        END IF;
        IF held.run <> \(moment.mark.run) THEN
          RAISE EXCEPTION 'schema % of database % holds the archive as of run %, and the archive is '
            'at run \(moment.mark.run)', current_schema(), current_database(), held.run
            USING HINT = CASE WHEN held.run < \(moment.mark.run)
              THEN 'run: ' || \(SQLText.literal(wholeCommand)) || ' --since-run ' || held.run
              ELSE \(hint) END;
        END IF;
      END $almanac$;
      CREATE TEMPORARY TABLE almanac_difference (text text) ON COMMIT DROP;

      """
  }

  private static func expected(_ table: PublicTable) -> String { "almanac_expected_\(table.name)" }

  private static func columns(of table: PublicTable) -> String {
    let sums = table.columns.map { column in
      let type = column.type == .real ? "double precision" : "numeric"
      return "\(SQLText.name(column.name + " known")) bigint, \(SQLText.name(column.name)) \(type)"
    }
    return "app_group text, grain_group text, month_group text, row_count bigint, "
      + sums.joined(separator: ", ")
  }

  private func comparison(withExpectedOf table: PublicTable) -> String {
    let group = [
      table.column("app_id") == nil ? "''" : "coalesce(app_id, '')",
      table.column("grain") == nil ? "''" : "grain",
      table.monthColumn.map {
        $0.type == .date
          // The year before 0001 is 0001 BC there.
          ? "CASE WHEN \($0.name) < '0001-01-01' THEN '0000' ELSE to_char(\($0.name), 'YYYY') END "
            + "|| to_char(\($0.name), '-MM')" : "substr(\($0.name), 1, 7)"
      } ?? "''",
    ]
    let sums = table.columns.map { column in
      let name = SQLText.name(column.name)
      let sum =
        switch column.type {
        case .integer, .real: "sum(\(name))"
        case .date: "sum(\(name) - DATE '1970-01-01')"
        case .text: "NULL::numeric"
        }
      return "count(\(name)) AS \(SQLText.name(column.name + " known")), \(sum) AS \(name)"
    }
    let differences = table.columns.map { column in
      let (name, known) = (SQLText.name(column.name), SQLText.name(column.name + " known"))
      let differs =
        column.type == .real
        ? "abs(expected.\(name) - held.\(name)) > 1e-9 * abs(expected.\(name))"
        : "expected.\(name) <> held.\(name)"
      return """
        CASE WHEN expected.\(known) <> held.\(known) OR \(differs) THEN
            format('\(column.name) adds up to %s, and to %s in the archive',
              coalesce(held.\(name)::text, 'nothing'), coalesce(expected.\(name)::text, 'nothing')) END
        """
    }
    return """
      INSERT INTO almanac_difference
      SELECT concat_ws(' ', '\(table.name)', nullif(app_group, ''), nullif(grain_group, ''),
          nullif(month_group, '')) || ': ' || said
      FROM (SELECT app_group, grain_group, month_group,
          CASE WHEN expected.row_count IS DISTINCT FROM held.row_count THEN
            format('%s rows, and %s in the archive', coalesce(held.row_count, 0),
              coalesce(expected.row_count, 0))
          ELSE concat_ws('; ', \(differences.joined(separator: ",\n    "))) END AS said
        FROM \(Self.expected(table)) AS expected
        FULL JOIN (SELECT \(group[0]) AS app_group, \(group[1]) AS grain_group,
            \(group[2]) AS month_group, count(*) AS row_count,
            \(sums.joined(separator: ", "))
          FROM \(SQLText.name(table.name)) GROUP BY 1, 2, 3) AS held
          USING (app_group, grain_group, month_group)) AS compared
      WHERE said <> '';

      """
  }

  private var verdict: String {
    """
    DO $almanac$
    DECLARE
      places bigint;
      first text;
    BEGIN
      SELECT count(*) INTO places FROM almanac_difference;
      SELECT string_agg(text, E'\\n' ORDER BY text) INTO first
      FROM (SELECT text FROM almanac_difference ORDER BY text LIMIT 20) AS listed;
      IF places > 0 THEN
        RAISE EXCEPTION E'schema % of database % differs from the archive in % places, such as\\n%',
          current_schema(), current_database(), places, first
          USING HINT = \(SQLText.literal("load everything: \(wholeCommand)"));
      END IF;
    END $almanac$;
    ROLLBACK;
    \\echo almanac: \(Self.place) equals the archive as of run \(moment.mark.run)

    """
  }
}

extension PublicSums {
  /// The numbers as text, `\\N` for none: the rows, then the count and the sum of each column.
  var values: [String] {
    [String(rows)]
      + columns.flatMap { known, sum in
        let text =
          switch sum {
          case .whole(let number): String(number)
          case .real(let number): number.plain
          case nil: "\\N"
          }
        return [String(known), text]
      }
  }
}
