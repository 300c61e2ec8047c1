import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import FastGPT
import FastGPTSimulator
import Foundation
import SystemPackage

/// `almanac demo`
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Collect from a simulated server into a new archive, and show what was found.",
    discussion: """
      Starts a FastGPT server with invented apps in this process, collects from it over HTTP, and \
      leaves the archive for you to query. Needs no key, no network and no configuration. The \
      archive is marked as a demo's, and `almanac collect` refuses it.
      """)

  @Option(
    help: ArgumentHelp(
      "The archive to make; it must not exist yet. Default: one in a new temporary directory.",
      valueName: "file"))
  var database: String?

  @Option(help: ArgumentHelp("How many apps to invent.", valueName: "count"))
  var apps = 10

  @Option(help: ArgumentHelp("How many months of history to invent.", valueName: "count"))
  var months = 14

  @Option(help: ArgumentHelp("Another seed invents other conversations.", valueName: "number"))
  var seed: UInt64 = 1

  func validate() throws {
    guard (1...1000).contains(apps) else { throw ValidationError("--apps takes 1 to 1000.") }
    guard (1...36).contains(months) else { throw ValidationError("--months takes 1 to 36.") }
  }

  func run() async throws {
    let clock = try CivilClock.fromEnvironment()
    let database = try newDatabase()
    let now = clock.now()
    let fleet = DemoFleet.apps(count: apps, seed: seed, from: beginning(before: now), until: now)
    let key = "demo-\(UInt64.random(in: .min ... .max))"
    let server = SimulatedServer(
      profile: ServerProfile(key: key, clock: clock.now), apps: fleet)
    let report = try await HTTPFront.serving(server) { address in
      let run = CollectRun(
        configuration: try configuration(of: fleet, at: address), database: database, clock: clock,
        credential: Credential(environment: ["FASTGPT_API_KEY": key]))
      return try await Interruption.watching {
        try await run.run(
          RunRequest(arguments: Archive.demoArguments, version: Almanac.version))
      }
    }
    try await showWhatIsFound(in: database, at: now)
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  /// The first day of the month in which the demo's history begins.
  private func beginning(before now: Date) -> Date {
    let today = BucketZone.utc.day(holding: now)
    let first = Grain.month.start(of: today, advancedBy: -months)
    return Date(timeIntervalSince1970: TimeInterval(BucketZone.utc.start(of: first)))
  }

  /// Makes a new and empty file. It leaves alone a file that exists, and the remains of a database.
  private func newDatabase() throws -> String {
    guard let database else {
      let directory = FileManager.default.temporaryDirectory
        .appending(path: "almanac-demo-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      return directory.appending(path: "almanac.db").path(percentEncoded: false)
    }
    _ = try ArchiveOptions.archivePath(database, from: "--database")
    let refusal = { cause in
      AlmanacError(
        .unusableArchive, "making the archive \(database)", cause: cause,
        hint: "name a new file in a folder that exists; the demo never writes into a file that it "
          + "has not made")
    }
    if let cause = DatabaseFile.cause(ofRefusing: database) { throw refusal(cause) }
    if let left = DatabaseFile.sideFiles(of: database).first {
      throw refusal("\(left) is there, the rest of a database")
    }
    // A link counts as a file, wherever it leads.
    do {
      try FileDescriptor.open(
        FilePath(database), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o644)
      ).close()
    } catch let error as Errno {
      throw refusal(
        error == .fileExists
          ? "there is a file of that name" : error.description.lowercased())
    }
    return database
  }

  private func configuration(
    of fleet: [SimulatedApp], at address: URL
  ) throws -> Configuration {
    Configuration(
      servers: [
        Configuration.Server(
          name: "default", address: try ServerAddress(address.absoluteString))
      ],
      apps: fleet.compactMap { app in
        AppID(app.id).map { App(id: $0, name: app.name, server: "default") }
      },
      settings: CollectorSettings(), requestsPerSecond: 10_000, timeout: .seconds(30))
  }

  private func showWhatIsFound(in database: String, at now: Date) async throws {
    let archive = try Archive.openForReading(path: database)
    let status = try await archive.status()
    let days = try await archive.newestDays(status.apps.count)
    let terminal = Terminal.detect(environment: [:], isTerminal: false, width: nil)
    let text = """

      \(try StatusReport(status, by: HealthRule(now: now)).rendition.text(as: .table, for: terminal))
      \(TerminalTable(days).render())
      Its apps are invented, and `almanac collect` refuses it. Ask it yourself, for example:
        almanac summary --database \(database)
        almanac trend messages --by app --format chart --database \(database)
        sqlite3 -box \(database) \\
          "SELECT app, date, users, messages FROM daily ORDER BY date DESC LIMIT 7"

      """
    try StandardOutput.write(text)
  }
}
