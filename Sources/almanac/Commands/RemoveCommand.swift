import AlmanacCore
import AlmanacReport
import AlmanacStore
import AlmanacTrends
import ArgumentParser
import Foundation

/// `almanac remove`
struct RemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Delete an app from the archive, with all that is held of it.",
    discussion: """
      Facts, captures, requests and notes are deleted in one transaction, and no byte of them is \
      left in the file or its log. Backups and exports keep the app until they are made again. \
      Without --yes nothing is deleted: it prints what would be. With --yes a part of a name is not \
      enough. Needs no configuration if an archive is named. An app that a configuration still names \
      is collected anew by the next run, with the whole history that the server still has. That \
      mends an app whose figures were read with another app's key.

      EXAMPLES
        almanac remove --app "Support bot"
        almanac remove --app 68c46a70d950e8850ae564ba --yes
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "The app, by id or name; without --yes a unique part of its name will do.",
      valueName: "id|name"))
  var app: [String] = []

  @Flag(help: "Delete it; nothing brings it back but a backup.")
  var yes = false

  func validate() throws {
    guard app.count == 1 else {
      throw ValidationError(
        app.isEmpty
          ? "Missing expected argument '--app <id|name>'"
          : "--app names one app; remove the apps one after another.")
    }
  }

  func run() async throws {
    let database = try archive.databaseToRead()
    let configured = try configuredApps()
    let (id, held) = try await choose(from: Archive.openForReading(path: database))
    let name = "\(held.name.oneLine) (\(id))"
    let command = (["almanac", "remove", "--app", id.text, "--yes"] + archive.arguments)
      .map(\.quotedForShell).joined(separator: " ")
    guard !yes || AppID(app[0]) == id || Name(app[0]) == Name(held.name) else {
      throw AlmanacError(
        .usage, "removing the app \(name)",
        cause: "\(app[0].oneLine) is not its whole name, and may mean another app",
        hint: "to delete this one, run `\(command)`")
    }
    guard yes else {
      try StandardOutput.write(
        "\(name) of the server \(held.server.oneLine) in \(database): \(words(on: held))\n")
      throw AlmanacError(
        .usage, "removing the app \(name)", cause: "nothing is deleted without --yes",
        hint: "to delete all of that, which nothing brings back but a backup, run `\(command)`")
    }
    let lock = try ArchiveLock(database: database)
    defer { withExtendedLifetime(lock) {} }
    guard let removed = try await Archive.openForWriting(path: database).remove(id) else {
      throw AlmanacError(
        .usage, "removing the app \(name)", cause: "somebody has removed it meanwhile",
        hint: "`almanac status` lists what is left")
    }
    var text = "\(name) is deleted from \(database): \(words(on: removed))\n"
    text += "backups and exports keep it until they are made again\n"
    for copy in SchemaUpgrade.backups(of: database) {
      text +=
        "\(copy) keeps it, too: delete that copy of an older schema when you no longer need it\n"
    }
    if configured.contains(id) {
      text +=
        "the configuration still names it: the next run collects it anew, with the whole history "
        + "that the server still has\n"
    }
    try StandardOutput.write(text)
  }

  private func choose(from archive: Archive) async throws -> (AppID, AppHoldings) {
    let id = try AppLookup(try await archive.knownApps(), in: "the archive").id(of: app[0])
    guard let held = try await archive.holdings(of: id) else {
      throw AlmanacError(
        .usage, "finding the app \(app[0])", cause: "somebody has removed it meanwhile",
        hint: "`almanac status` lists what is left")
    }
    return (id, held)
  }

  /// The apps of the configuration that a run would find here. Only a named configuration must
  /// exist and be right.
  private func configuredApps() throws -> Set<AppID> {
    let isNamed = archive.config != nil || Environment.variables["ALMANAC_CONFIG"] != nil
    let configuration = isNamed ? try archive.configuration() : try? archive.configuration()
    return Set(configuration?.apps.map(\.id) ?? [])
  }

  private func words(on held: AppHoldings) -> String {
    [
      held.buckets.counted(as: "bucket"), held.facts.counted(as: "row") + " of figures",
      held.revisions.counted(as: "revision"), held.totals.counted(as: "reading") + " of totals",
      held.requests.counted(as: "request"), held.captures.counted(as: "capture"),
      held.notes.counted(as: "note"),
    ].joined(separator: ", ")
  }
}
