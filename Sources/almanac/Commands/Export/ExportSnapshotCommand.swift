import AlmanacCore
import AlmanacStore
import ArgumentParser

/// `almanac export snapshot`
struct ExportSnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Write the public views as tables with indexes into one read-only SQLite file.",
    discussion: """
      The file has no log and no captures, so a tool on another machine, in a container or without \
      the right to write can read it. It is made beside FILE and takes the name last. FILE may be an \
      older snapshot, and no other file. Nobody may write to it; it has the owner and group of the \
      archive, as far as this user may.

      EXAMPLE
        almanac export snapshot /srv/bi/almanac.db
      """)

  @OptionGroup var archive: ArchiveOptions

  @Argument(help: "The file to make, or the snapshot to replace.")
  var file: String

  func run() throws {
    let moment = try archive.moment()
    let size = try moment.writeSnapshot(to: file)
    try StandardOutput.write(
      "\(moment.words) is in \(file): \(size.megabytes)\n")
  }
}
