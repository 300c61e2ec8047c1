import AlmanacCore
import AlmanacStore
import Foundation

/// One server's part of a run: it checks the key, finds where the days begin, and reads the apps.
///
/// A fault of the server stops its own apps, and no other server's.
struct ServerRun: Sendable {
  let name: String
  /// The server's apps in this run.
  let apps: [App]
  let collector: Collector
  let feed: Feed
  let request: RunRequest
  let run: Int
  let report: @Sendable (RunEvent) -> Void
  let health: ServerHealth

  var archive: Archive { collector.archive }
  var settings: CollectorSettings { collector.settings }
  var clock: CivilClock { collector.clock }
  /// The zone that the configuration names.
  var configured: BucketZone? { collector.zones[name] }

  /// - Parameter known: the server as earlier runs have left it
  init(
    name: String, apps: [App], collector: Collector, feed: Feed,
    known: Archive.KnownServer?, request: RunRequest, run: Int,
    report: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.name = name
    self.apps = apps
    self.collector = collector
    self.request = request
    self.run = run
    self.report = report
    health = ServerHealth(apps: apps.count, known: known)
    self.feed = feed.withoutRefusedOffsets(health)
  }

  /// Reads the apps. A cancelled run returns what was done until then.
  func collect() async throws -> [AppReport] {
    var outcomes = Outcomes(apps)
    var reports: [AppReport]?
    do {
      let knowledge = try await archive.knowledge()
      let keys = knowledge.mapValues(\.key)
      try await checkKey(keys, &outcomes)
      let probes = try await probe(knowledge, &outcomes)
      try await settleZone(probes, keys, &outcomes)
      try await writeOrigins(probes, outcomes)
      reports = try await readApps(outcomes)
      if await health.offsets == .refused { try await archive.write(.refusing, of: name) }
      try await writeBase()
    } catch is CancellationError {
      // The reports tell what was done until then.
    }
    return reports ?? outcomes.reports
  }

  /// Writes what the server's retention is a share of. Where that has changed, or figures are held
  /// that are a share of something else, all retention is read again from the next run on.
  private func writeBase() async throws {
    let learned = await health.base
    guard let held = try await archive.servers()[name]?.base, learned != held else { return }
    var isRebased = learned.base != held.base && held.base != nil
    if let base = learned.base, held.base == nil {
      isRebased = try await archive.holdsRetention(of: name, otherThan: base)
    }
    let rule: Archive.ZoneRule = { known, _, _ in known.rebased() }
    try await archive.write(learned, of: name, run: run, rule: isRebased ? rule : nil)
    guard isRebased, let base = learned.base else { return }
    report(
      .warned(
        "server \(name): retention counts the \(base.words) of a bucket; it is read again, since it "
          + "is held as a share of others"))
  }

  private func readApps(_ outcomes: Outcomes) async throws -> [AppReport] {
    let knowledge = try await archive.knowledge()
    let server = try await archive.servers()[name]
    let zone = server?.zone
    let labelling = zone.flatMap { server?.zoneProofs.labelling(in: $0) }
    return try await inParallel(outcomes.reports) { reported -> AppReport in
      var outcome = reported
      guard let known = knowledge[outcome.app.id] else { return outcome }
      if zone ?? configured == nil, known.origin != nil, outcome.failures.isEmpty {
        outcome.failures.append(
          ReadFailure(
            .badAnswer, "it is not known where its days begin, since asking failed",
            hint: "the next run asks again"))
      }
      var part = AppRun(
        app: outcome.app, server: self, zone: collector.zone(of: name, known: zone),
        labelling: labelling, known: known, outcome: outcome)
      do {
        try await part.collect()
        report(.finished(part.outcome))
      } catch is CancellationError {
        // The other apps end in the same way. Each outcome tells what its app has committed.
      }
      return part.outcome
    }
  }

  /// Works on each element, as many at one time as the settings say, and keeps their order.
  func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ work: @escaping @Sendable (Element) async throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var results: [Int: Result] = [:]
      var next = 0
      while next < elements.count || results.count < elements.count {
        if next < elements.count, next - results.count < settings.concurrency {
          let index = next
          group.addTask { (index, try await work(elements[index])) }
          next += 1
        } else if let (index, result) = try await group.next() {
          results[index] = result
        }
      }
      return elements.indices.compactMap { results[$0] }
    }
  }
}

extension ServerRun {
  /// The apps' reports while key, origins and zone are asked about.
  struct Outcomes {
    private let apps: [App]
    private var byApp: [AppID: AppReport] = [:]

    init(_ apps: [App]) { self.apps = apps }

    /// The reports in the order of the apps.
    var reports: [AppReport] { apps.map { self[$0] } }

    subscript(_ app: App) -> AppReport {
      get { byApp[app.id] ?? AppReport(app: app) }
      set { byApp[app.id] = newValue }
    }
  }
}

extension RetentionBase {
  fileprivate var words: String { self == .activeUsers ? "users" : "new users" }
}
