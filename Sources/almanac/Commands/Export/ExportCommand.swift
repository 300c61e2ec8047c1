import AlmanacStore
import ArgumentParser

/// `almanac export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Carry the archive elsewhere: a snapshot, files, PostgreSQL, ClickHouse.",
    discussion: """
      Every target gets the public views of the archive, under the same names, with the same columns \
      and types. It shows the archive at one moment, and a run may go on meanwhile. No key and no \
      password is a flag, and none is printed.

      EXAMPLES
        almanac export snapshot /srv/bi/almanac.db
        almanac export csv export/
        almanac export postgresql | psql -X -v ON_ERROR_STOP=1 "$URL"
        almanac export clickhouse --url "http://localhost:8123/?database=almanac"
      """,
    subcommands: [
      ExportSnapshotCommand.self, ExportCSVCommand.self, ExportJSONLinesCommand.self,
      ExportPostgreSQLCommand.self, ExportClickHouseCommand.self,
    ])
}

extension ArchiveOptions {
  /// The archive as it is at this moment. Says on standard error whose figures are invented.
  func moment() throws -> ArchiveMoment {
    let moment = try ArchiveMoment(of: try databaseToRead())
    if moment.mark.isDemo {
      StandardError.write("\(moment.path) is a demo's: its apps and figures are invented\n")
    }
    return moment
  }
}

extension ArchiveMoment {
  /// The archive and how far it goes, for a message.
  var words: String {
    mark.run == 0 ? "\(path), of which no run has finished yet," : "\(path) as of run \(mark.run)"
  }
}
