import AlmanacCore
import AlmanacStore
import Foundation

extension Collector {
  /// Plans the requests of a run; asks and writes nothing.
  package func plan(_ apps: [App], _ request: RunRequest) async throws -> RunPlan {
    try await archive.checkClock(clock.now())
    let chosen = apps.filter { request.only?.contains($0.id) ?? true }
    let knowledge = try await archive.knowledge()
    let renames = try await archive.renames(apps, servers: servers)
    let known = try await archive.servers().reduce(into: [:]) {
      $0[renames[$1.key] ?? $1.key] = $1.value
    }
    var provable: Set<String> = []
    for server in Set(chosen.map(\.server)) {
      let asked = Set(chosen.filter { $0.server == server }.map(\.id))
      if try await canProveZone(of: server, known[server], asking: asked) {
        provable.insert(server)
      }
    }
    let parts = chosen.map { app in
      var held = knowledge[app.id]?.wanted(since: app.since).known
      let server = known[app.server]
      // A server that cuts where it is asked to obeys the configuration, and its past is read again.
      let isMoved =
        server?.zoneKind == .asked && zones[app.server] != nil && server?.zone != zones[app.server]
      if isMoved { held?.scheduleReread(from: nil) }
      var part = part(app, held, isMoved ? zones[app.server] : server?.zone, request)
      part.mayAskForOrigin = part.isBrief && !provable.contains(app.server)
      return part
    }
    var plan = RunPlan()
    let used = Set(chosen.map(\.server)).sorted()
    plan.requests += used.map { PlannedRequest(server: $0, app: nil, purpose: .key, chart: nil) }
    plan.requests += parts.compactMap(\.origin)
    for server in used {
      let mine = parts.filter { $0.app.server == server }
      try await planZone(of: server, mine, known[server], &plan)
    }
    plan.requests += parts.flatMap(\.reads)
    for server in used {
      let open = parts.filter { $0.app.server == server }.compactMap(\.history)
      guard !open.isEmpty else { continue }
      plan.possible.append(
        PossibleRequests(
          reason: .history(
            apps: open.count, year: open.map(\.year).reduce(0, +),
            yearOfSource: open.map(\.yearOfSource).reduce(0, +)),
          most: open.map(\.most).reduce(0, +), server: server))
    }
    return plan
  }

  /// One app's part of a plan.
  private struct AppPlan {
    let app: App
    /// Whether the app's whole past is read.
    var isDeep = false
    var origin: PlannedRequest?
    /// Whether the whole past that is wanted fits one request, so that no origin is asked for.
    var isBrief = false
    /// Whether the origin is asked for only if the zone cannot be found without it.
    var mayAskForOrigin = false
    var reads: [PlannedRequest]
    /// The requests for the history of an app whose beginning is not known: the most that may come
    /// on top of `reads`, those for one year, and those for one year of one source. `nil` if the
    /// beginning is known.
    var history: (most: Int, year: Int, yearOfSource: Int)?
  }

  private func part(
    _ app: App, _ held: AppKnowledge?, _ zone: BucketZone?, _ request: RunRequest
  ) -> AppPlan {
    let zone = self.zone(of: app.server, known: zone)
    let today = zone.day(holding: clock.now())
    let planner = Planner(settings: settings, today: today, days: request.days)
    var known = held ?? AppKnowledge(key: 0)
    if archive.hasLostLog { known.deep = nil }
    // The run will look for an unknown origin under the `since` that holds now.
    if known.origin == nil { known.since = app.since }
    let planned = { (read: PlannedRead, purpose: PlannedRequest.Purpose) in
      PlannedRequest(
        server: app.server, app: app, purpose: purpose,
        chart: ChartRead(
          app: app.id, source: read.source, window: read.window, offset: read.offset, zone: zone))
    }
    var part = AppPlan(
      app: app,
      reads: [PlannedRequest(server: app.server, app: app, purpose: .totals, chart: nil)])
    part.isDeep = isDeepDue(known, request)
    if part.isDeep, Self.isBrief(app, today: today) {
      part.isBrief = true
      if request.days == nil { known.beginBackfill() }
      known.origin = [known.origin, app.since].compactMap(\.self).min()
    } else if part.isDeep {
      let read = Self.originRead(app, today: today)
      part.origin = PlannedRequest(
        server: app.server, app: app, purpose: .origin,
        chart: ChartRead(
          app: app.id, source: .all, window: read.window, offset: read.offset, zone: zone))
      if request.days == nil { known.beginBackfill() }
      if known.origin == nil {
        part.history = history(of: app, planner, known, since: read.window.kept.lowerBound)
      }
    }
    part.reads += planner.allReads(known).map {
      planned($0, $0.offset > 1 ? .retention : .figures)
    }
    return part
  }

  /// - Parameter since: the oldest day that the run can find
  private func history(
    of app: App, _ planner: Planner, _ known: AppKnowledge, since: Day
  ) -> (most: Int, year: Int, yearOfSource: Int) {
    let count = { (origin: Day, source: Bool) in
      var new = AppKnowledge(key: 0, origin: max(origin, app.since ?? origin), since: app.since)
      if source { new.sources["any"] = AppKnowledge.KnownSource(first: origin, isRejected: false) }
      return planner.allReads(new).count
    }
    let listed = planner.allReads(known).filter { $0.source == .all }.count
    let year = planner.today.advanced(by: -365)
    let ofYear = count(max(since, year), false)
    return (
      most: max(0, count(since, false) - listed), year: max(0, ofYear - listed),
      yearOfSource: count(max(since, year), true) - ofYear
    )
  }

  private func planZone(
    of server: String, _ parts: [AppPlan], _ known: Archive.KnownServer?, _ plan: inout RunPlan
  ) async throws {
    let isDeep = parts.contains(where: \.isDeep)
    guard let known, let zone = known.zone, zones[server] == nil || zones[server] == zone,
      known.zoneOrigin != .assumed || !isDeep
    else {
      plan.possible.append(
        PossibleRequests(
          reason: .zoneSearch(server: server),
          most: ZoneRound.mostRequests + parts.count(where: \.mayAskForOrigin), server: server))
      return
    }
    let now = clock.now()
    let busiest = try await archive.busiestDays(
      of: known.name, since: ZoneRound.recently(at: now))
    guard
      let app = busiest.lazy.compactMap({ day in parts.first { $0.app.id == day.app } }).first?.app
    else { return }
    let asked = { (instants: ClosedRange<Int>, zone: BucketZone) in
      PlannedRequest(
        server: server, app: app, purpose: .zone,
        chart: ChartRead(
          app: app.id, source: .all, grain: .day, offset: 1, instants: instants, zone: zone))
    }
    let seconds = Int(now.timeIntervalSince1970.rounded(.down))
    if isDeep {
      let kind = ZoneRound.first(at: seconds)
      plan.requests += kind.zones.map { asked(kind.range, $0) }
    }
    let yesterday = zone.day(holding: now).advanced(by: -1)
    let search = ZoneSearch(now: seconds) { _, _ in [:] }
    let (alone, around) = search.confirming(yesterday, in: zone)
    let isFixed = zone.fixedOffsets(in: ZoneRound.years(around: seconds)).count == 1
    plan.requests += [alone, around].map { asked($0, isFixed ? zone : .utc) }
    plan.possible.append(
      PossibleRequests(reason: .zoneProof(server: server), most: 10, server: server))
  }
}
