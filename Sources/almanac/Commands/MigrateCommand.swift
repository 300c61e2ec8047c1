import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac migrate`
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the schema of the archive up to date.",
    discussion: """
      `almanac collect` does it by itself; a command that only reads never does. It says how much \
      room it needs and refuses without it, and keeps the archive as it was in a copy beside it, \
      whose name ends in .schema-N.backup. To go back to an older almanac, run `almanac restore` \
      with that copy, and install the older one.
      """)

  @OptionGroup var archive: ArchiveOptions

  func run() async throws {
    let database = try archive.databaseToRead()
    guard !SchemaUpgrade.isBackup(named: database) else {
      throw AlmanacError(
        .unusableArchive, "migrating the archive \(database)",
        cause: "it is the copy that a migration has kept for the almanac of before",
        hint: "copy it to another name and migrate that, or put it in the archive's place")
    }
    let before = try Archive.schemaVersion(path: database)
    let now = Schema.migrations.count
    // Opening it to write would make an archive of it, which no later backup replaces.
    if before == now, Archive.isBackup(path: database) {
      return try StandardOutput.write("\(database) is a backup, and up to date (schema \(now))\n")
    }
    let lock = try ArchiveLock(database: database)
    defer { withExtendedLifetime(lock) {} }
    _ = try Archive.openForWriting(path: database) {
      StandardError.write(RunMessages.on($0, of: $1))
    }
    let text =
      before == now
      ? "\(database) is up to date (schema \(now))\n"
      : "\(database) is migrated from schema \(before) to \(now)\n"
    try StandardOutput.write(text)
  }
}
