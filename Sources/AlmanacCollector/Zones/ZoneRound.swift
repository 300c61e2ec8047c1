import AlmanacCore
import AlmanacStore
import Foundation

/// Finds or proves one server's zone in one run, and writes it.
struct ZoneRound {
  let server: String
  let configured: BucketZone?
  let archive: Archive
  let run: Int
  let now: Date
  /// Apps that the run may ask about.
  let allowed: Set<AppID>
  /// Whether the run reads the whole past of an app.
  let isDeep: Bool
  /// When a past that has to be read again is read: by this run, or by a later one.
  let rereading: String
  let health: ServerHealth
  let ledger: ZoneLedger
  /// Tells an event to the person who watches.
  let report: @Sendable (RunEvent) -> Void

  var seconds: Int { Int(now.timeIntervalSince1970.rounded(.down)) }

  /// The search, with requests that are written in a zone.
  private func search(in zone: BucketZone) -> ZoneSearch {
    ZoneSearch(now: seconds) { try await ledger.ask($0, $1, in: zone) }
  }

  /// - Parameters:
  ///   - probed: apps whose past was looked at in this run, busiest first
  ///   - labels: the timestamps of their quarters
  func settle(probed: [AppID], labels: Set<BucketLabel>) async throws {
    guard var known = try await archive.servers()[server] else { return }
    let busiest = try await archive.busiestDays(of: server, since: recently).map(\.app)
    let apps = (probed + busiest).filter(allowed.contains)
    if known.zone == nil || isDeep || (configured != nil && configured != known.zone) {
      try await askKind(of: apps, knowing: &known)
    } else if busiest.isEmpty, try await hasOtherLabels(known) {
      try await askKind(of: allowed.sorted { $0.text < $1.text }, knowing: &known)
    }
    if known.zoneKind == .asked { try await choose(knowing: &known) }
    guard let zone = known.zone, configured == nil || configured == zone else {
      return try await find(asking: apps, labels: labels, knowing: known)
    }
    if known.zoneOrigin == .assumed, known.zoneKind != .asked, !probed.isEmpty {
      // The whole past of an app is at hand, and may prove what was assumed.
      return try await find(
        asking: probed.filter(allowed.contains), labels: labels, knowing: known)
    }
    try await prove(zone, labels: labels, knowing: known)
  }

  /// The day from which busy days are looked for: far enough back for every weekday, near enough
  /// for the clocks of this season.
  static func recently(at now: Date) -> Day { BucketZone.utc.day(holding: now).advanced(by: -21) }
  var recently: Day { Self.recently(at: now) }

  private func find(
    asking apps: [AppID], labels: Set<BucketLabel>, knowing known: Archive.KnownServer
  ) async throws {
    let finding: ZoneFinding?
    do {
      finding = try await self.finding(asking: apps, labels: labels)
    } catch let failure as ReadFailure {
      // The apps that could have told have failed. Their own reads fail too, or are left out.
      guard await health.reasonToStop() == nil,
        known.zone == nil || configured == nil || configured == known.zone
      else { throw failure }
      return
    }
    guard let finding else {
      // There is nothing to cut while there is no activity. Only a configured zone can be known
      // then.
      if let configured, known.zone == nil {
        try await archive.pin(configured, of: server, .configured, run: run)
      }
      return
    }
    if let configured, finding.zone != configured {
      throw contradiction(of: configured, found: finding.isProved ? finding.zone : nil)
    }
    if let held = known.zone, known.zoneOrigin == .proved, !finding.isProved {
      throw ReadFailure(
        .configuration,
        "its bucket_time_zone is \(finding.zone), but its buckets in the archive are cut in "
          + "\(held), and its answers do not prove \(finding.zone)",
        hint: "set bucket_time_zone of the server \(server) to \(held) or auto, or begin a new "
          + "archive")
    }
    let isRecut = try await cutsElsewhere(than: finding.zone, knowing: known)
    try await archive.pin(
      finding.zone, of: server,
      finding.isProved ? .proved : configured == nil ? .assumed : .configured,
      proofs: finding.proofs, isRecut: isRecut, run: run, rule: AppKnowledge.rule(isRecut: isRecut))
    guard known.zone != finding.zone || (known.zoneOrigin != .proved && finding.isProved) else {
      return
    }
    let how = finding.isProved ? "" : " (not proved: activity does not decide it)"
    let found =
      "server \(server): days begin at midnight \(finding.zone)\(how)"
      + (isRecut ? "; its past is read again\(rereading)" : "")
    report(finding.isProved && !isRecut ? .noted(found) : .warned(found))
  }

  /// Whether days that are held begin where they do not in a zone. Those count that begin where the
  /// zone known before has them. While none is known, all count: an app that has come from another
  /// server has days that were cut there.
  func cutsElsewhere(
    than zone: BucketZone, knowing known: Archive.KnownServer
  ) async throws -> Bool {
    try await archive.activeDayStarts(of: server).contains { start in
      known.zone?.startsDay(at: start) != false && !zone.startsDay(at: start)
    }
  }

  /// The failure of a server whose answers disprove the configured zone.
  private func contradiction(
    of configured: BucketZone, found: BucketZone?
  ) -> ReadFailure {
    ReadFailure(
      .configuration,
      "its bucket_time_zone is \(configured), and its answers "
        + (found.map { "prove that days begin at midnight \($0)" } ?? "contradict it"),
      hint: "set bucket_time_zone of the server \(server) to "
        + (found.map { "\($0), or to auto" } ?? "auto"))
  }

  /// Searches for the zone. If the server does not answer about an app, the next apps are asked
  /// about. If the answers contradict every zone, all are asked for once more, since one of them
  /// may have been spoilt.
  private func finding(
    asking apps: [AppID], labels: Set<BucketLabel>
  ) async throws -> ZoneFinding? {
    var left = apps.reduce(into: [AppID]()) { if !$0.contains($1) { $0.append($1) } }
    var isSecond = false
    while true {
      do {
        let told = try await labels.union(dayLabels(of: left.first))
        return try await search(in: .utc).find(
          apps: Array(left.prefix(3)), labels: told, configured: configured)
      } catch is ZoneContradiction {
        guard isSecond else {
          isSecond = true
          continue
        }
        let failure = ReadFailure(
          .badAnswer,
          "its timestamps fit no time zone, so that it cannot be known when its days begin",
          hint: "the server \(server) may be of a version that almanac does not know, or something "
            + "between rewrites its answers; please report it. Nothing of it is stored")
        await health.stop(failure)
        throw failure
      } catch let failure as ReadFailure {
        if let reason = await health.reasonToStop() { throw reason }
        let failed = await ledger.failures
        let rest = left.filter { failed[$0] == nil }
        guard rest.count < left.count, !rest.isEmpty else { throw failure }
        left = rest
      }
    }
  }

  /// The labels of an app's days of one year, which tell every season of the clocks.
  private func dayLabels(of app: AppID?) async throws -> Set<BucketLabel> {
    guard let app else { return [] }
    let year = (seconds - 366 * 86_400) * 1000...seconds * 1000
    let active = try await ledger.ask(app, year, in: .utc).volumes.filter { $0.value > 0 }
    return Set(active.keys.map { BucketLabel(.day, $0) })
  }

  /// Proves the zone by a day asked alone. That is yesterday, which shows clocks that have changed,
  /// or a recent busy day if yesterday was quiet.
  ///
  /// A named zone replaces an offset if it explains more of what is known: the proofs of all runs,
  /// the starts of days that are held, and every label that was read in this run or refused before.
  private func prove(
    _ zone: BucketZone, labels: Set<BucketLabel>, knowing known: Archive.KnownServer
  ) async throws {
    let busiest = try await archive.busiestDays(of: server, since: recently)
      .filter { allowed.contains($0.app) }
    let heard = try await labels.union(refusedLabels(in: zone))
    var told = heard
    var verdict = try await verdict(on: zone, busiest, adding: &told)
    if verdict?.outcome == .contradicts {
      // One answer may have been spoilt on its way.
      told = heard
      verdict = try await self.verdict(on: zone, busiest, adding: &told)
    }
    var known = known
    var isRefuted = verdict?.refutes(zone, beside: known.zoneProofs) ?? false
    if isRefuted, !isDeep {
      let before = known.zoneKind
      try await askKind(of: busiest.map(\.app), knowing: &known)
      if known.zoneKind == .asked, before != .asked { return try await choose(knowing: &known) }
      isRefuted = verdict?.refutes(zone, beside: known.zoneProofs) ?? false
    }
    if isRefuted, verdict?.refutes(zone, beside: []) == false,
      verdict?.isOwnMidnight(in: zone) == true
    {
      // The days begin where they did, and nobody else's are labelled so: only the labels are others.
      try await archive.forgetProofs(of: server)
      known.zoneProofs = []
      isRefuted = false
    }
    let proofs = known.zoneProofs + [verdict?.proof].compactMap(\.self)
    if isRefuted, known.zoneOrigin == .assumed, configured == nil,
      try await findAnother(than: zone, asking: busiest.map(\.app), labels: labels)
    {
      return
    }
    var named: BucketZone?
    if isRefuted || (known.zoneKind != .asked && !proofs.agree(with: zone, naming: told)) {
      named = proofs.replacement(
        for: zone, naming: told,
        starts: try await archive.activeDayStarts(of: server).filter(zone.startsDay(at:)),
        now: seconds)
    }
    if let configured {
      // It is never replaced without asking. One label alone may be stray.
      let unnamed = told.count { label in
        !ZoneHypothesis.both(of: zone).contains { $0.names(label) }
      }
      if isRefuted || (named != nil && unnamed > 1) {
        throw contradiction(of: configured, found: named)
      }
      named = nil
    }
    if let named {
      try await archive.pin(
        named, of: server, isRefuted ? known.zoneOrigin ?? .assumed : .proved,
        proofs: [verdict?.proof].compactMap(\.self), run: run,
        rule: AppKnowledge.rule(isRecut: false))
      report(.noted("server \(server): days begin at midnight \(named), with daylight saving"))
    } else if isRefuted {
      throw ReadFailure(
        .badAnswer, "its days no longer begin at midnight \(zone)",
        hint: "if the zone in the profile of the key's owner was changed, change it back, or set "
          + "bucket_time_zone of the server \(server) to the new one, and its past is read again")
    } else if let proof = verdict?.proof {
      try await archive.keep(proof, of: server)
    }
  }

  /// The labels that were refused in earlier runs. UTC midnights are refused only of a server whose
  /// days are labelled with their own, so that the starts of the days that are held were labels too.
  private func refusedLabels(in zone: BucketZone) async throws -> Set<BucketLabel> {
    let refused = try await archive.refusedLabels(of: server)
    let isUTC = ZoneHypothesis.Labelling.utcMidnight
    guard refused.contains(where: { isUTC.fits($0.timestamp, in: zone) }) else { return refused }
    let starts = try await archive.activeDayStarts(of: server).filter(zone.startsDay(at:))
    return refused.union(starts.map { BucketLabel(.day, $0 * 1000) })
  }

  /// Whether labels were refused that name buckets of the zone, though not as the server has labelled
  /// them before. It may have been upgraded while nobody used it, so that no proof can tell.
  private func hasOtherLabels(_ known: Archive.KnownServer) async throws -> Bool {
    guard let zone = known.zone else { return false }
    return try await archive.refusedLabels(of: server).contains { label in
      zone.bucket(label.grain, labelled: label.timestamp) != nil
    }
  }

  /// Searches anew for a zone that was assumed and is refuted. Returns whether another one was
  /// found and written.
  private func findAnother(
    than zone: BucketZone, asking apps: [AppID], labels: Set<BucketLabel>
  ) async throws -> Bool {
    guard let finding = try await finding(asking: apps, labels: labels), finding.zone != zone
    else { return false }
    try await archive.pin(
      finding.zone, of: server, finding.isProved ? .proved : .assumed, proofs: finding.proofs,
      isRecut: true, run: run, rule: AppKnowledge.rule(isRecut: true))
    report(
      .warned(
        "server \(server): days begin at midnight \(finding.zone), not \(zone) as was assumed; "
          + "its past is read again\(rereading)"))
    return true
  }

  /// Returns the verdict of the first day that says something, and adds every label that was read
  /// on the way to those told.
  private func verdict(
    on zone: BucketZone, _ busiest: [(app: AppID, day: Day, messages: Double)],
    adding told: inout Set<BucketLabel>
  ) async throws -> ZoneVerdict? {
    guard let first = busiest.first else { return nil }
    let yesterday = zone.day(holding: now).advanced(by: -1)
    // A server that has come to cut its days where it is asked to knows no daylight saving. It shows
    // that by days that begin where the text says and not where the zone has them.
    let search = search(in: hasDaylightSaving(zone) ? .utc : zone)
    var verdict: ZoneVerdict?
    for (app, day, volume) in [(first.app, yesterday, nil)]
      + busiest.prefix(3).map({ ($0.app, $0.day, Optional($0.messages)) })
    {
      do {
        verdict = try await search.confirm(zone, app: app, day: day, volume: volume)
      } catch is ReadFailure {
        // The server would not answer about the app.
        if let reason = await health.reasonToStop() { throw reason }
        continue
      }
      told.formUnion(verdict?.labels ?? [])
      if let verdict, verdict.outcome != .saysNothing { return verdict }
    }
    return verdict
  }
}
