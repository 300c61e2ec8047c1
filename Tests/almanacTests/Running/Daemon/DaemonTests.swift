import AlmanacCore
import Foundation
import Synchronization
import Testing

@testable import almanac

/// A daemon on a host whose clock the test moves: every sleep moves it on.
@Suite struct `A daemon` {
  /// The host: its clock, its configuration file, and what has happened on it.
  private final class Host: Sendable {
    struct State {
      var now: Date
      var at = "02:30 UTC"
      var isBroken = false
      var lastRun: Date?
      var codes: [Int32] = []
      var runs: [String] = []
      var said: [String] = []
      /// What happens at the first look at the clock after a moment.
      var events: [(at: Date, change: @Sendable (inout State) -> Void)] = []
      /// Whether the daemon gets a SIGHUP now.
      var isHangingUp = false
    }

    let state: Mutex<State>
    private let daemon = Mutex<Daemon?>(nil)

    init(_ start: String, lastRun: String? = nil) throws {
      let now = try #require(Date(iso8601: start))
      state = Mutex(State(now: now, lastRun: lastRun.flatMap { Date(iso8601: $0) }))
    }

    func on(_ moment: String, _ change: @escaping @Sendable (inout State) -> Void) throws {
      let date = try #require(Date(iso8601: moment))
      state.withLock { $0.events.append((date, change)) }
    }

    /// Lives until a moment of the clock.
    func live(until end: String) async throws {
      let end = try #require(Date(iso8601: end))
      var dependencies = Daemon.Dependencies(
        load: { [self] in
          try state.withLock { state in
            if state.isBroken {
              throw AlmanacError(
                .configuration, "reading the configuration almanac.yaml", cause: "it is empty",
                hint: "write it")
            }
            return try Configuration.parse(
              """
              database: almanac.db
              server: {url: "https://fastgpt.example.com"}
              collect: {at: "\(state.at)"}
              apps: [{id: 68c46a70d950e8850ae564ba, name: Support bot}]
              """, file: "almanac.yaml")
          }
        },
        lastRun: { [self] _ in state.withLock(\.lastRun) },
        collect: { [self] _ in
          state.withLock { state in
            state.runs.append(state.now.iso8601)
            // It takes ten minutes.
            state.now += 600
            return state.codes.isEmpty ? 0 : state.codes.removeFirst()
          }
        },
        say: { [self] text in state.withLock { $0.said.append(text) } })
      dependencies.manager = ServiceManager([:])
      dependencies.complain = dependencies.say
      dependencies.now = { [self] in state.withLock(\.now) }
      dependencies.sleep = { [self] duration in
        try state.withLock { state in
          state.now += duration / .seconds(1)
          while let next = state.events.first, next.at <= state.now {
            state.events.removeFirst()
            next.change(&state)
          }
          if state.events.isEmpty, state.now >= end { throw CancellationError() }
        }
        let isHangingUp = state.withLock { state in
          defer { state.isHangingUp = false }
          return state.isHangingUp
        }
        if isHangingUp { await self.daemon.withLock { $0 }?.reload() }
      }
      let daemon = try Daemon(dependencies)
      self.daemon.withLock { $0 = daemon }
      await #expect(throws: CancellationError.self) { try await daemon.run() }
    }

    var runs: [String] { state.withLock(\.runs) }
    var said: [String] { state.withLock(\.said) }
  }

  @Test func `collects at once where nothing was collected, and then every day without drift`()
    async throws
  {
    let host = try Host("2026-11-24T12:00:00Z")
    try await host.live(until: "2026-11-27T12:00:00Z")
    #expect(
      host.runs == [
        "2026-11-24T12:00:00Z", "2026-11-25T02:30:00Z", "2026-11-26T02:30:00Z",
        "2026-11-27T02:30:00Z",
      ])
    #expect(host.said.first == "no run over everything is known: collecting")
    #expect(host.said.last == "the next run is due at 2026-11-28T02:30:00Z")
  }

  @Test func `waits where the last run is not missed`() async throws {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    try await host.live(until: "2026-11-25T12:00:00Z")
    #expect(host.runs == ["2026-11-25T02:30:00Z"])
  }

  @Test func `makes up for missed runs once, after a restart and after the host has slept`()
    async throws
  {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-20T02:30:03Z")
    try host.on("2026-11-25T20:00:00Z") { $0.now += 3 * 86_400 }
    try await host.live(until: "2026-11-29T12:00:00Z")
    #expect(
      host.runs.map { $0.prefix(13) } == [
        "2026-11-24T12", "2026-11-25T02", "2026-11-28T20", "2026-11-29T02",
      ])
    #expect(
      host.said.first
        == "the last run over everything began at 2026-11-20T02:30:03Z: catching up")
  }

  @Test func `does not collect twice where the clock is set back`() async throws {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    try host.on("2026-11-25T02:50:00Z") { $0.now -= 2 * 3600 }
    try await host.live(until: "2026-11-26T12:00:00Z")
    #expect(host.runs == ["2026-11-25T02:30:00Z", "2026-11-26T02:30:00Z"])
  }

  @Test func `goes by the right clock after one that was days ahead`() async throws {
    let host = try Host("2027-11-24T12:00:00Z", lastRun: "2027-11-24T02:30:03Z")
    try host.on("2027-11-24T13:00:00Z") { $0.now -= 365 * 86_400 }
    try await host.live(until: "2026-11-26T12:00:00Z")
    #expect(
      host.runs.map { $0.prefix(13) } == ["2026-11-24T13", "2026-11-25T02", "2026-11-26T02"])
  }

  @Test(arguments: [("2026-03-28", "2026-03-31"), ("2026-10-24", "2026-10-27")])
  func `collects once a day over both changes of the clock`(first: String, end: String) async throws
  {
    let host = try Host("\(first)T12:00:00Z", lastRun: "\(first)T03:00:00Z")
    host.state.withLock { $0.at = "02:30 Europe/Berlin" }
    try await host.live(until: "\(end)T12:00:00Z")
    #expect(
      host.runs
        == (first.contains("-03-")
          ? ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]
          : ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]))
  }

  @Test func `goes on after runs that fail, and says their codes`() async throws {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    host.state.withLock { $0.codes = [69, 3, 77] }
    try await host.live(until: "2026-11-28T12:00:00Z")
    #expect(host.runs.count == 4)
    #expect(
      host.said.filter { $0.contains("exit code") }
        == [69, 3, 77].map { "this run has exit code \($0); the daemon goes on" })
  }

  @Test func `tries again where somebody else held the lock, until everything is read`()
    async throws
  {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    host.state.withLock { $0.codes = [75, 75] }
    try await host.live(until: "2026-11-25T12:00:00Z")
    #expect(
      host.runs == ["2026-11-25T02:30:00Z", "2026-11-25T02:45:00Z", "2026-11-25T03:00:00Z"])
  }

  @Test func `leaves it where the other's run was over everything`() async throws {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    host.state.withLock { $0.codes = [75] }
    try host.on("2026-11-25T02:29:59Z") { $0.lastRun = Date(iso8601: "2026-11-25T02:30:00Z") }
    try await host.live(until: "2026-11-25T12:00:00Z")
    #expect(host.runs == ["2026-11-25T02:30:00Z"])
  }

  @Test func `takes a new time that has passed for tomorrow's, unless today had no run`()
    async throws
  {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    try host.on("2026-11-25T20:00:00Z") { ($0.at, $0.isHangingUp) = ("05:00 UTC", true) }
    try host.on("2026-11-27T04:00:00Z") { ($0.at, $0.isHangingUp) = ("03:00 UTC", true) }
    try await host.live(until: "2026-11-28T12:00:00Z")
    #expect(
      host.runs.map { $0.prefix(13) } == [
        "2026-11-25T02", "2026-11-26T05", "2026-11-27T04", "2026-11-28T03",
      ])
    #expect(host.said.contains("the next run is due at 2026-11-26T05:00:00Z"))
    #expect(host.said.contains("a run is due and begins soon"))
  }

  @Test func `keeps the configuration of before while the file is wrong, and says so`() async throws
  {
    let host = try Host("2026-11-24T12:00:00Z", lastRun: "2026-11-24T02:30:03Z")
    try host.on("2026-11-24T20:00:00Z") { $0.isBroken = true }
    try host.on("2026-11-25T20:00:00Z") {
      $0.isBroken = false
      $0.at = "05:00 UTC"
    }
    try await host.live(until: "2026-11-27T12:00:00Z")
    // The time of the new file holds once a run has read it, on the same day already.
    #expect(
      host.runs == [
        "2026-11-25T02:30:00Z", "2026-11-26T02:30:00Z", "2026-11-26T05:00:00Z",
        "2026-11-27T05:00:00Z",
      ])
    #expect(host.said.contains("the configuration is wrong; the one of before stays"))
    #expect(
      host.said.contains {
        $0.hasPrefix("reading the configuration almanac.yaml: it is empty\nhint: ")
      })
  }
}
