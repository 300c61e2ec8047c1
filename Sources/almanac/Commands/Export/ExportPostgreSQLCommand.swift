import AlmanacCore
import AlmanacExport
import AlmanacStore
import ArgumentParser

/// `almanac export postgresql`
struct ExportPostgreSQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgresql",
    abstract: "Print a script for psql that brings the public views into PostgreSQL.",
    discussion: """
      One transaction: until it is done, readers see the state of before, and if it fails, nothing \
      has changed. Rows come by COPY into temporary tables; only what differs is written, and rows \
      that are gone are removed. The tables are made in the first schema of the search path, or in \
      that of --schema. Names that somebody else has taken there are refused.

      The table almanac_load says in its column run how far the target was loaded. --since-run with \
      that number, or an earlier one, carries over only what may have changed. Where target and \
      archive do not fit, the script ends with an error that names the command to run.

      PostgreSQL has no text with a zero byte; ␀ stands in its place.

      EXAMPLES
        set -o pipefail
        almanac export postgresql | psql -X -v ON_ERROR_STOP=1 "$URL"
        almanac export postgresql \\
          --since-run "$(psql -X -Atc 'SELECT run FROM almanac_load' "$URL")" \\
          | psql -X -v ON_ERROR_STOP=1 "$URL"
        almanac export postgresql --verify | psql -X -v ON_ERROR_STOP=1 "$URL"
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "Carry over only what may have changed after this run has finished.", valueName: "number"))
  var sinceRun: Int?

  @Option(
    help: ArgumentHelp("The target's schema, made if there is none.", valueName: "name"))
  var schema: String?

  @Flag(help: "Give new tables with dates a partition for each year.")
  var partitionByYear = false

  @Flag(help: "Print a script that changes nothing, and fails where the target differs.")
  var verify = false

  func validate() throws {
    guard !verify || (sinceRun == nil && !partitionByYear) else {
      throw ValidationError("--verify goes with --schema alone: it compares everything")
    }
    guard let schema else { return }
    guard !schema.isEmpty, schema.utf8.count <= 63 else {
      throw ValidationError("--schema wants a name of 1 to 63 bytes")
    }
    guard schema != "information_schema", !schema.hasPrefix("pg_") else {
      throw ValidationError("--schema \(schema) is PostgreSQL's own; name another one")
    }
  }

  func run() throws {
    let moment = try archive.moment()
    let script = try PostgreSQLScript(
      of: moment, since: sinceRun, schema: schema, isPartitioned: partitionByYear,
      version: Almanac.version)
    try StandardOutput.write { stream in
      if verify { try script.writeVerification(to: &stream) } else { try script.write(to: &stream) }
    }
  }
}
