import AlmanacCollector
import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac backup`
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Copy the archive into one file, checked, while others read and write it.",
    discussion: """
      The copy shows the archive at one moment. It is made beside FILE, compared with the archive, \
      and takes the name last: a backup that fails leaves the one of before as it was. FILE may be \
      an older backup, and no other file. It has the owner, group and mode of the archive, as far as \
      this user may, needs no log, and every question can be asked of it with --database. The archive notes the moment, for \
      `almanac status` and the metrics.

      EXAMPLES
        almanac backup /backup/almanac.db
        almanac backup "/backup/almanac-$(date +%F).db"
      """)

  @OptionGroup var archive: ArchiveOptions

  @Argument(help: "The file to make, or the backup to replace.")
  var file: String

  func run() async throws {
    let database = try archive.databaseToRead()
    let now = try CivilClock.fromEnvironment().now()
    let (backup, unnoted) = try Archive.backUp(database, to: file, at: now)
    if let unnoted {
      StandardError.write(
        "warning: the archive could not note that it was backed up: \(unnoted). The backup is "
          + "whole, and the metrics do not know of it\n")
    }
    try StandardOutput.write("\(database) is backed up to \(file): \(backup.words)\n")
  }
}

extension Backup {
  /// The size, the schema and the newest run, such as `12.3 MB, schema 7, newest run 2026-…`.
  var words: String {
    let run = newestRun.map { "newest run \($0)" } ?? "no run yet"
    return "\(bytes.megabytes), schema \(schema), \(run)"
  }
}

extension Int {
  /// A number of bytes, such as `12.3 MB`.
  var megabytes: String {
    (Double(self) / 1_000_000).formatted(.number.precision(.fractionLength(1))) + " MB"
  }
}
