import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Synchronization
import Testing

@testable import almanac

/// A year of a daemon, day by day, with everything that can go wrong on a host. It limits the size of
/// files for the whole process, so it runs by itself: `make year`.
@Suite(.serialized, .enabled(if: Repetition.number("ALMANAC_YEARS") != nil))
struct `A year of days` {
  private static let seeds = 0..<(Repetition.number("ALMANAC_YEARS") ?? 0)

  @Test(arguments: seeds)
  func `ends as one clean run does, and each trouble shows on its day and on no other`(
    seed: Int
  ) async throws {
    signal(SIGXFSZ, SIG_IGN)
    try await Program.inFolder { program in
      let year = Year(program, seed: UInt64(seed))
      let server = SimulatedServer(
        profile: ServerProfile(
          key: Program.key, clock: { year.now },
          zone: try #require(TimeZone(identifier: Year.zone)),
          generation: .older),
        apps: year.apps)
      try await HTTPFront.serving(server) { base in
        try await year.live(on: server, at: base.absoluteString)
        try await year.checkEnd()
      }
    }
  }
}

/// The host, its clock, and what happens to it.
private final class Year: Sendable {
  static let zone = "Europe/Berlin"
  private static let start = Date("2026-03-01T12:00:00Z")
  private static let end = Date("2027-03-01T12:00:00Z")

  /// A trouble of the host or the server, or a change.
  enum Event: CaseIterable {
    /// The host sleeps for three days.
    case sleep
    /// The daemon is down for two days.
    case stop
    /// The server has no app-log API for a day.
    case serverLost
    /// The key is replaced by a wrong one for two days.
    case keyLost
    case diskFull
    /// The archive is overwritten, and restored from a backup in the evening.
    case spoilt
    /// The server sends an impossible figure for one day.
    case refused
    case wrongConfiguration
    /// The server becomes one of a newer generation.
    case upgrade
    case newApp
    case retiredApp
  }

  private struct State {
    var now = Year.start
    /// The apps that are configured.
    var apps: Set<Int> = [0, 1]
    var isBroken = false
    /// When the daemon was or is to be stopped.
    var stopsAt: Date?
    var said: [String] = []
    /// The runs since the last evening.
    var runs: [Date] = []
    /// The last success that the metrics told of.
    var lastSuccess = 0.0
  }

  let apps: [SimulatedApp]
  private let program: Program
  private let plan: [Int: Event]
  private let state = Mutex(State())
  private let site = Mutex<(server: SimulatedServer, address: String)?>(nil)

  init(_ program: Program, seed: UInt64) {
    self.program = program
    var random = SplitMix64(seed: seed)
    // Each event has three weeks of its own, so that each is over before the next.
    let order = Event.allCases.shuffled(using: &random)
    var plan: [Int: Event] = [:]
    for (place, event) in order.enumerated() {
      plan[(place + 1) * 30 + Int.random(in: 0..<20, using: &random)] = event
    }
    self.plan = plan
    apps = (0..<3).map { Self.app($0, &random) }
  }

  var now: Date { state.withLock(\.now) }
  private var server: SimulatedServer { site.withLock { $0 }!.server }
  private var metricsFile: String { program.path("almanac.prom") }
  private var archive: String { program.path("almanac.db") }

  /// A few conversations a day, from before the year to its end.
  private static func app(_ place: Int, _ random: inout SplitMix64) -> SimulatedApp {
    let records = (-40..<367).flatMap { day -> [ChatRecord] in
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        Fixtures.record(
          "user \(Int.random(in: 0..<6, using: &random))",
          start + Double(day) * 86_400 + .random(in: 0..<86_400, using: &random).rounded(),
          source: ["api", "share", "online"].randomElement(using: &random) ?? "api",
          errors: Int.random(in: 0...1, using: &random))
      }
    }
    return SimulatedApp(
      id: "68c46a70d950e8850ae564b\(place)", name: "App \(place)", records: records)
  }

  private func configuration() throws -> Configuration {
    let (names, isBroken) = state.withLock { ($0.apps.sorted(), $0.isBroken) }
    return try Configuration.parse(
      """
      database: \(archive)
      \(isBroken ? "nonsense: 1" : "")
      server:
        url: \(site.withLock { $0 }!.address)
        api_key_file: \(program.path("key"))
        bucket_time_zone: \(Self.zone)
      metrics_file: \(metricsFile)
      collect: {at: "02:30 \(Self.zone)", requests_per_second: 10000}
      apps: [\(names.map { "{id: \(apps[$0].id), name: App \($0)}" }.joined(separator: ", "))]
      """, file: "almanac.yaml")
  }

  func live(on server: SimulatedServer, at address: String) async throws {
    site.withLock { $0 = (server, address) }
    try program.write(Program.key + "\n", to: "key")
    while now < Self.end {
      let daemon = try Daemon(dependencies())
      await #expect(throws: CancellationError.self) { try await daemon.run() }
      // Nobody collects until it is started again.
      let stopsAt = state.withLock { state in
        defer { state.stopsAt = nil }
        return state.stopsAt
      }
      while let stopsAt, now < stopsAt + 2 * 86_400, now < Self.end { try await pass(3600) }
    }
  }

  private func dependencies() -> Daemon.Dependencies {
    var dependencies = Daemon.Dependencies(
      load: { try self.configuration() },
      lastRun: { _ in
        try? await Archive.openForReading(path: self.archive).lastRunOverEverything()
      },
      collect: { try await self.collect($0) },
      say: { text in self.state.withLock { $0.said.append(text) } })
    dependencies.manager = ServiceManager([:])
    dependencies.complain = dependencies.say
    dependencies.now = { self.now }
    dependencies.sleep = { duration in
      let seconds = duration / .seconds(1)
      // A host that wakes late saves time; no run is near then.
      try await self.pass(seconds < 30 ? seconds : 600)
      let isOver = self.state.withLock { state in
        state.now >= Self.end || state.stopsAt.map { state.now >= $0 } ?? false
      }
      if isOver { throw CancellationError() }
    }
    return dependencies
  }

  private func collect(_ configuration: Configuration) async throws -> Int32 {
    let clock = CivilClock { self.now }
    let monitoring = Monitoring(
      configuration, database: archive, clock: clock, environment: [:])
    var run = CollectRun(configuration: configuration, database: archive, clock: clock)
    run.credential = Credential(environment: [:])
    run.verbosity = .quiet
    state.withLock { $0.runs.append($0.now) }
    // The disk is full while the run is at work, in which it makes its log no larger than this.
    Self.limitFiles(to: plan[dayNumber] == .diskFull ? 36_864 : nil)
    defer { Self.limitFiles(to: nil) }
    return try await DaemonCommand.collect(run, monitoring)
  }

  /// Moves the clock on. Every evening at 20:00 it is looked whether all shows; events begin at 21:00.
  private func pass(_ seconds: Double) async throws {
    let (before, after) = state.withLock { state in
      defer { state.now += seconds }
      return (state.now, state.now + seconds)
    }
    func passes(_ hour: Double) -> Bool {
      func count(_ date: Date) -> Double {
        ((date.timeIntervalSince1970 / 3600 - hour) / 24).rounded(.down)
      }
      return count(after) > count(before)
    }
    if passes(20) { try await checkEvening() }
    if passes(21) { try await night() }
  }

  private var dayNumber: Int { Int(now.timeIntervalSince(Self.start) / 86_400) }

  /// Ends what went wrong, and begins what is next.
  private func night() async throws {
    let server = server
    let today = plan[dayNumber]
    let yesterday = plan[dayNumber - 1]
    switch yesterday {
    case .serverLost: server.reconfigure { $0.hasAppLogs = true }
    case .refused: server.reconfigure { $0.interceptor = nil }
    case .wrongConfiguration: state.withLock { $0.isBroken = false }
    case .spoilt:
      let restored = try Archive.restore(
        archive, from: program.path("backup.db"), at: now)
      #expect(restored.kept != nil)
    default: break
    }
    if plan[dayNumber - 2] == .keyLost { try program.write(Program.key + "\n", to: "key") }
    if dayNumber % 7 == 0, today != .spoilt {
      let backup = try Archive.backUp(archive, to: program.path("backup.db"), at: now)
      #expect(backup.unnoted == nil)
    }
    guard let today else { return }
    switch today {
    case .sleep:
      // The evenings go on: somebody watches from outside.
      for _ in 0..<3 * 24 { try await pass(3600) }
    case .stop: state.withLock { $0.stopsAt = $0.now }
    case .serverLost: server.reconfigure { $0.hasAppLogs = false }
    case .keyLost: try program.write("fastgpt-wrong\n", to: "key")
    case .diskFull: break
    case .spoilt: try program.write("spoilt", to: "almanac.db")
    case .refused:
      server.reconfigure {
        $0.interceptor = Interceptor { request, genuine in
          guard request.userTimespan == "day", request.source == nil else { return nil }
          let body = String(decoding: genuine.body, as: UTF8.self)
            .replacing(#""errorCount":"#, with: #""errorCount":-1"#)
          return RawResponse(status: 200, headers: genuine.headers, body: Array(body.utf8))
        }
      }
    case .wrongConfiguration: state.withLock { $0.isBroken = true }
    case .upgrade: server.reconfigure { $0.generation = .tokens }
    case .newApp: state.withLock { _ = $0.apps.insert(2) }
    case .retiredApp: state.withLock { _ = $0.apps.remove(1) }
    }
  }

  private static func limitFiles(to bytes: UInt64?) {
    #if canImport(Glibc)
      let size = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
      let size = RLIMIT_FSIZE
    #endif
    var limit = rlimit()
    getrlimit(size, &limit)
    limit.rlim_cur = bytes.map { rlim_t($0) } ?? limit.rlim_max
    setrlimit(size, &limit)
  }

  /// The trouble that shows this evening.
  private var trouble: Event? {
    for (days, events) in [
      (1, [.sleep, .stop, .serverLost, .keyLost, .diskFull, .spoilt, .refused]),
      (2, [.sleep, .stop, .keyLost]), (3, [.sleep]),
    ] as [(Int, [Event])] {
      if let event = plan[dayNumber - days], events.contains(event) { return event }
    }
    return nil
  }

  private func checkEvening() async throws {
    let (now, trouble) = (now, trouble)
    let place: Comment = "\(now.iso8601), \(trouble.map { "\($0)" } ?? "no trouble")"
    let (runs, said, before) = state.withLock { state in
      defer { (state.runs, state.said) = ([], []) }
      return (state.runs, state.said, state.lastSuccess)
    }
    let told = try gauges()
    let success = try #require(told["almanac_collect_last_success_timestamp_seconds"])
    state.withLock { $0.lastSuccess = success }
    let isOff = trouble == .sleep || trouble == .stop
    // The run of this morning is the only one, and begins when it is due.
    if isOff {
      #expect(runs.isEmpty, place)
    } else {
      let late = try #require(runs.first, place).timeIntervalSince(due(before: now))
      #expect(runs.count == 1 && 0..<600 ~= late || wasOff, place)
    }
    let isStill = said.contains("the configuration is wrong; the one of before stays")
    #expect(isStill == (plan[dayNumber - 1] == .wrongConfiguration), place)

    let code: Double? =
      switch trouble {
      case .serverLost: 69
      case .keyLost: 77
      case .diskFull, .spoilt: 65
      case .refused: 3
      default: 0
      }
    #expect(told["almanac_collect_last_exit_code"] == code, place)
    let lastRun = try #require(told["almanac_collect_last_run_timestamp_seconds"], place)
    #expect((now.timeIntervalSince1970 - lastRun > 36 * 3600) == isOff, place)
    #expect((success == before) == (trouble != nil), place)
    let apps = told.filter { $0.key.hasPrefix("almanac_app_last_success_timestamp_seconds") }
    let isFresh = apps.values.allSatisfy { now.timeIntervalSince1970 - $0 < 24 * 3600 }
    // A success is one of all answers about the app: one that is refused is none.
    #expect(isFresh == (trouble == nil), place)

    guard trouble != .spoilt else {
      #expect(throws: AlmanacError.self, place) { try Archive.openForReading(path: archive) }
      return
    }
    let status = try await Archive.openForReading(path: archive).status()
    let faults = status.faults(by: HealthRule(now: now))
    #expect(faults.isEmpty == (trouble == nil), "\(place): \(faults)")
    let words: String? =
      switch trouble {
      case .sleep, .stop: "in the state `stale`"
      case .serverLost, .keyLost: "in the state `failing`"
      case .diskFull: "the newest run"
      case .refused: "in the state `failing`"
      default: nil
      }
    if let words { #expect(faults.contains { $0.contains(words) }, "\(place): \(faults)") }
  }

  /// Whether the daemon was started again since the last evening, or the host woke.
  private var wasOff: Bool {
    dayNumber == 0 || plan[dayNumber - 3] == .stop || plan[dayNumber - 4] == .sleep
  }

  /// The last instant at which a run was due, by Foundation's calendar.
  private func due(before now: Date) throws -> Date {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: Self.zone))
    return try #require(
      calendar.nextDate(
        after: calendar.startOfDay(for: now) - 1, matching: DateComponents(hour: 2, minute: 30),
        matchingPolicy: .nextTime, repeatedTimePolicy: .first))
  }

  private func gauges() throws -> [String: Double] {
    try String(contentsOfFile: metricsFile, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
      .reduce(into: [:]) { gauges, line in
        guard let space = line.lastIndex(of: " ") else { return }
        gauges[String(line[..<space])] = Double(line[line.index(after: space)...])
      }
  }

  func checkEnd() async throws {
    let clean = program.path("clean.db")
    var run = CollectRun(
      configuration: try configuration(), database: clean, clock: CivilClock { self.now })
    run.credential = Credential(environment: [:])
    run.verbosity = .quiet
    // The other one has read the same moment.
    _ = try await collect(configuration())
    #expect(try await run.run(RunRequest(arguments: "clean", version: "test")).exitCode == 0)
    let figures = """
      users, new_users, retained_users, points, messages, chats, errors, good_feedback,
      bad_feedback, response_seconds, input_tokens, output_tokens
      """
    let views = ["daily", "weekly", "monthly", "quarterly"]
    for query in views.map({ "app_id, date, time, state, \(figures) FROM \($0)" })
      + views.map({ "app_id, source, date, time, state, \(figures) FROM \($0)_by_source" })
      + ["* FROM retention", "* FROM gaps", "* FROM figures"]
    {
      let statement = "SELECT \(query) WHERE app_id <> '\(apps[1].id)' ORDER BY 1, 2, 3, 4"
      let (aged, fresh) = (
        try SimulatedCollection.rows(statement, path: archive),
        try SimulatedCollection.rows(statement, path: clean)
      )
      #expect(aged.count == fresh.count, "\(query)")
      let differences = zip(aged, fresh).filter { $0 != $1 }
      #expect(differences.isEmpty, "\(query): \(differences.prefix(5))")
    }
    let retired = try SimulatedCollection.rows(
      "SELECT count(*) FROM daily WHERE app_id = '\(apps[1].id)'", path: archive)
    #expect(retired.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0 > 0)
  }
}
