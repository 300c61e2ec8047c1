import ArgumentParser
import FastGPTSimulator
import Foundation

/// Serves invented apps until it is stopped, for benchmarks and for trying `almanac collect` by
/// hand. Leaves a configuration and a key file that reach it.
@main
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve invented apps over HTTP on 127.0.0.1 until stopped.")

  @Option(help: "How many apps to invent.")
  var apps = 200

  @Option(help: "How many days of history to invent.")
  var days = 730

  @Option(help: "Another seed invents other conversations.")
  var seed: UInt64 = 1

  @Option(help: "The last instant of the history, as ISO 8601. Default: now.")
  var now: String?

  @Option(help: "Delete records older than so many days. Default: keep all.")
  var keepsDays: Int?

  @Option(help: "Cut buckets at midnight of this zone, such as Asia/Shanghai. Default: UTC.")
  var timeZone = "UTC"

  @Option(help: "Answer as this generation of servers does: older, current, tokens or newest.")
  var generation = ServerProfile.Generation.current

  @Flag(help: "Take an instant with another offset than Z for a fault of the request.")
  var refuseOffsets = false

  @Flag(help: "Count one user more in an answer about one source than the map of all sources does.")
  var countSourcesTwice = false

  @Option(help: "Delete what users said who have been silent for so many days. Default: keep all.")
  var forgetsIdle: Int?

  @Option(
    name: .customLong("source"),
    help: ArgumentHelp(
      "Let conversations of one source come in through another. May be repeated.",
      valueName: "old=new"))
  var renamedSources: [String] = []

  @Flag(help: "Label buckets at UTC midnight whatever the zone.")
  var utcLabels = false

  @Flag(help: "Let the last sixty days change: late thumbs, talks over midnight, an upgrade.")
  var lively = false

  @Flag(help: "Map every known source in every bucket, with zeros.")
  var everySource = false

  @Flag(help: "Leave an App key, which answers for the first app whatever app is asked about.")
  var appKey = false

  @Flag(help: "Answer what was asked before from memory, so that the asker is measured.")
  var fromMemory = false

  @Option(
    name: .customLong("fault"),
    help: ArgumentHelp(
      "Let requests meet a fault: every one, or the N-th to M-th of that app or of the server.",
      discussion: "May be repeated; the first that names a request counts.",
      valueName: "name[@app-id][#n[-m]]"))
  var faults: [String] = []

  @Flag(help: "Print the names of the faults, each with what it does, and stop.")
  var listFaults = false

  @Option(help: "A directory for almanac.yaml and the key; almanac.db would be made there.")
  var into: String?

  func validate() throws {
    _ = try rules(on: ServerProfile(key: key, clock: { Date() }))
    guard renamedPairs.count == renamedSources.count else {
      throw ValidationError("a renamed source is written as old=new, such as api=team")
    }
    if into == nil && !listFaults {
      throw ValidationError("Missing expected argument '--into <into>'")
    }
  }

  func run() async throws {
    guard !listFaults, let into else {
      let setting = Fault.Setting(for: ServerProfile(key: key, clock: { Date() }))
      for fault in Fault.all(setting) { print(fault.name, fault.sentence, separator: "\t") }
      return
    }
    let now = try self.now.map { try Date.ISO8601FormatStyle().parse($0) }
    let clock: @Sendable () -> Date = { now ?? Date() }
    // The first day stays put while the history grows.
    let first = Date(
      timeIntervalSince1970: (clock().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
        - 86_400 * Double(days))
    guard let zone = TimeZone(identifier: timeZone) else {
      throw ValidationError("\(timeZone) is no time zone")
    }
    let until = clock().addingTimeInterval(86_400)
    var fleet = DemoFleet.apps(count: apps, seed: seed, from: first, until: until)
    if lively {
      fleet = DemoFleet.lively(
        fleet, seed: seed, late: until.addingTimeInterval(-60 * 86_400), until: until, zone: zone)
    }
    fleet = fleet.map { altered($0, at: clock()) }
    // With an App key, nobody is told the team's.
    var profile = ServerProfile(
      key: appKey ? UUID().uuidString : key, appKeys: appKey ? [key: fleet[0].id] : [:],
      clock: clock,
      knownSources: generation.sources + (lively ? DemoFleet.oddSources : []),
      zone: zone,
      labels: utcLabels ? .utcMidnight : .ownMidnight, generation: generation,
      mapsEverySource: everySource, keepsDays: keepsDays,
      quirks: quirks, remembersAnswers: fromMemory)
    let rules = try rules(on: profile)
    if !rules.isEmpty { profile.interceptor = .faults(rules) }
    let server = SimulatedServer(profile: profile, apps: fleet)
    try await HTTPFront.serving(server) { base in
      try write(fleet, base, into)
      FileHandle.standardError.write(Data("serving \(fleet.count) apps at \(base)\n".utf8))
      // The sleep ends when the process does.
      while true { try await Task.sleep(for: .seconds(3600)) }
    }
  }

  private var quirks: Quirks {
    var quirks: Quirks = refuseOffsets ? .refusesOffsets : []
    if countSourcesTwice { quirks.insert(.countsSourcesTwice) }
    return quirks
  }

  /// The app with the sources and the users that the flags leave it.
  private func altered(_ app: SimulatedApp, at now: Date) -> SimulatedApp {
    let newNames = Dictionary(renamedPairs) { $1 }
    var records = app.records
    for place in records.indices {
      records[place].source = newNames[records[place].source] ?? records[place].source
    }
    if let forgetsIdle {
      let first = now.addingTimeInterval(-86_400 * Double(forgetsIdle))
      let heard = Set(records.filter { $0.time >= first }.map(\.userID))
      records.removeAll { !heard.contains($0.userID) }
    }
    let kept = Set(records.map(\.id))
    return SimulatedApp(
      id: app.id, name: app.name, records: records,
      changes: app.changes.filter { kept.contains($0.record) })
  }

  private var renamedPairs: [(String, String)] {
    renamedSources.compactMap { text in
      let names = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      return names.count == 2 && !names.contains("") ? (names[0], names[1]) : nil
    }
  }

  private var key: String { "fastgpt-simulated-key-\(seed)" }

  private func rules(on profile: ServerProfile) throws -> [FaultRule] {
    let known = Fault.all(Fault.Setting(for: profile))
    return try faults.map { text in
      do throws(FaultRule.ParsingError) {
        return try FaultRule(text, among: known)
      } catch {
        throw ValidationError(error.description)
      }
    }
  }

  private func write(_ fleet: [SimulatedApp], _ base: URL, _ into: String) throws {
    try FileManager.default.createDirectory(atPath: into, withIntermediateDirectories: true)
    let keyFile = "\(into)/fastgpt-api-key"
    try Data(key.utf8).write(to: URL(filePath: keyFile))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile)
    let apps = fleet.map { "  - {id: \($0.id), name: \"\($0.name)\"}\n" }.joined()
    let text = """
      database: \(into)/almanac.db
      server:
        url: \(base)
        api_key_file: \(keyFile)
      apps:
      \(apps)
      """
    try Data(text.utf8).write(to: URL(filePath: "\(into)/almanac.yaml"), options: .atomic)
  }
}

extension ServerProfile.Generation: ExpressibleByArgument {}
