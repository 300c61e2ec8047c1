import AlmanacCollector
import AlmanacCore
import AlmanacStore
import ArgumentParser

/// `almanac restore`
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a copy of a backup in the archive's place, and keep the archive of before.",
    discussion: """
      FILE is what `almanac backup` made, what a migration kept (its name ends in .schema-N.backup), \
      or any other archive. It is checked first, and one that is not whole is refused. The archive \
      of before is kept beside the new one, in a file whose name ends in .replaced- and the time. \
      No run may be under way, and no other program may have the archive open. What the server has \
      kept since the backup is read by the next run; what it has forgotten meanwhile is in the \
      archive of before.

      EXAMPLES
        almanac restore /backup/almanac.db
        almanac restore /var/lib/almanac/almanac.db.schema-6.backup
      """)

  @OptionGroup var archive: ArchiveOptions

  @Argument(help: "The backup.")
  var file: String

  func run() async throws {
    let database = try archive.databaseToRead()
    let now = try CivilClock.fromEnvironment().now()
    let (backup, kept) = try Archive.restore(database, from: file, at: now)
    var text = "\(database) is restored from \(file): \(backup.words)\n"
    text += kept.map { "the archive of before is kept in \($0)\n" } ?? "nothing was there before\n"
    if backup.isOlder {
      text +=
        "its schema is older: `almanac migrate` or the next `almanac collect` brings it up to "
      text += "date\n"
    }
    text += "`almanac collect` reads what is missing since then\n"
    try StandardOutput.write(text)
  }
}
