import AlmanacCore
import AlmanacStore
import Foundation

/// One server's zone in one run: what is asked about it, and what becomes of it.
struct ZoneRound {
  let server: String
  let configured: BucketZone?
  let archive: Archive
  let now: Date
  /// Apps that the run may ask about.
  let allowed: Set<AppID>
  let health: ServerHealth
  let ledger: ZoneLedger
  /// Tells a person.
  let report: @Sendable (RunEvent) -> Void

  private var seconds: Int { Int(now.timeIntervalSince1970.rounded(.down)) }
  private var search: ZoneSearch { ZoneSearch(now: seconds) { try await ledger.ask($0, $1) } }

  /// - Parameters:
  ///   - probed: apps whose past was looked at in this run, busiest first
  ///   - labels: the timestamps of their quarters
  func settle(_ probed: [AppID], _ labels: Set<Int>) async throws {
    guard let known = try await archive.servers()[server] else { return }
    guard let zone = known.zone, configured == nil || configured == zone else {
      let busiest = try await archive.busiestDays(of: server, since: recently).map(\.app)
      let apps = (probed + busiest).filter(allowed.contains)
      return try await find(apps, labels, known)
    }
    if known.zoneOrigin == .assumed, !probed.isEmpty {
      // The whole past of an app is at hand, and may prove what was assumed.
      return try await find(probed.filter(allowed.contains), labels, known)
    }
    try await prove(zone, known, labels)
  }

  /// Far enough back for every weekday, near enough for the clocks of the season.
  private var recently: Day { BucketZone.utc.day(holding: now).advanced(by: -21) }

  private func find(
    _ apps: [AppID], _ labels: Set<Int>, _ known: Archive.KnownServer
  ) async throws {
    let finding: ZoneFinding?
    do {
      finding = try await self.finding(apps, labels)
    } catch let failure as ReadFailure {
      // The apps that could have told have failed; their own reads do so too, or are left out.
      guard await health.reasonToStop() == nil,
        known.zone == nil || configured == nil || configured == known.zone
      else { throw failure }
      return
    }
    guard let finding else {
      // Without any activity there is nothing to cut; only what is configured can be known.
      if let configured, known.zone == nil {
        try await archive.pin(configured, of: server, .configured)
      }
      return
    }
    if let configured, finding.zone != configured {
      throw contradiction(of: configured, finding.isProved ? finding.zone : nil)
    }
    if let held = known.zone, known.zoneOrigin == .proved, !finding.isProved {
      throw ReadFailure(
        .configuration,
        "its bucket_time_zone is \(finding.zone); the archive's buckets of it are cut in \(held), "
          + "and its answers do not prove the other",
        hint: "set bucket_time_zone of the server \(server) to \(held) or auto, or begin a new "
          + "archive")
    }
    // An app that has come from another server has days that were cut there.
    let starts = try await archive.activeDayStarts(of: server)
    let isRecut = starts.contains { finding.zone.start(of: finding.zone.day(holding: $0)) != $0 }
    try await archive.pin(
      finding.zone, of: server,
      finding.isProved ? .proved : configured == nil ? .assumed : .configured,
      proofs: finding.proofs.map(\.record), isRecut: isRecut)
    guard known.zone != finding.zone || (known.zoneOrigin != .proved && finding.isProved) else {
      return
    }
    let how = finding.isProved ? "" : " (not proved: activity does not decide it)"
    let found =
      "server \(server): days begin at midnight \(finding.zone)\(how)"
      + (isRecut ? "; its past is read again" : "")
    report(finding.isProved && !isRecut ? .noted(found) : .warned(found))
  }

  /// What the configuration says is disproved.
  private func contradiction(of configured: BucketZone, _ found: BucketZone?) -> ReadFailure {
    ReadFailure(
      .configuration,
      "its bucket_time_zone is \(configured), and its answers "
        + (found.map { "prove that days begin at midnight \($0)" } ?? "contradict it"),
      hint: "set bucket_time_zone of the server \(server) to "
        + (found.map { "\($0), or to auto" } ?? "auto"))
  }

  /// Of an app that the server would not answer about the next ones are asked. Answers that
  /// contradict every zone may be one that was spoilt on its way, so they are asked for once more.
  private func finding(_ apps: [AppID], _ labels: Set<Int>) async throws -> ZoneFinding? {
    var left = apps.reduce(into: [AppID]()) { if !$0.contains($1) { $0.append($1) } }
    var isSecond = false
    while true {
      do {
        return try await search.find(
          apps: Array(left.prefix(3)), labels: labels, configured: configured)
      } catch is ZoneContradiction {
        guard isSecond else {
          isSecond = true
          continue
        }
        let failure = ReadFailure(
          .badAnswer,
          "its timestamps name days that no time zone has: what its days span cannot be known",
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

  /// Yesterday shows a clock that has changed; if it was quiet, the busiest day of late.
  private func prove(
    _ zone: BucketZone, _ known: Archive.KnownServer, _ labels: Set<Int>
  ) async throws {
    let busiest = try await archive.busiestDays(of: server, since: recently)
      .filter { allowed.contains($0.app) }
    guard let first = busiest.first else { return }
    let look = { () async throws -> ZoneVerdict? in
      let yesterday = zone.day(holding: now).advanced(by: -1)
      let verdict = try await confirm(zone, first.app, yesterday, nil)
      if let verdict, verdict.outcome != .saysNothing { return verdict }
      for candidate in busiest.prefix(3) {
        let verdict = try await confirm(zone, candidate.app, candidate.day, candidate.messages)
        if let verdict, verdict.outcome != .saysNothing { return verdict }
      }
      return verdict
    }
    var verdict = try await look()
    // One answer may have been spoilt on its way.
    if verdict?.outcome == .contradicts { verdict = try await look() }
    guard let verdict, let proof = verdict.proof else { return }
    // A server that has labelled days with their own midnight does not begin to use UTC's.
    let all = known.zoneProofs.map(ZoneProof.init) + [proof]
    if verdict.outcome == .agrees, all.agree(with: zone) {
      return try await archive.keep([proof.record], of: server)
    }
    try await overturn(zone, known, proof, busiest.map(\.app), labels)
  }

  /// `nil` where the server would not answer about the app.
  private func confirm(
    _ zone: BucketZone, _ app: AppID, _ day: Day, _ volume: Double?
  ) async throws -> ZoneVerdict? {
    do {
      return try await search.confirm(zone, app: app, day: day, volume: volume)
    } catch is ReadFailure {
      if let reason = await health.reasonToStop() { throw reason }
      return nil
    }
  }

  private func overturn(
    _ zone: BucketZone, _ known: Archive.KnownServer, _ proof: ZoneProof, _ apps: [AppID],
    _ labels: Set<Int>
  ) async throws {
    if known.zoneOrigin == .assumed, configured == nil,
      let finding = try await finding(apps, labels),
      finding.zone != zone
    {
      try await archive.pin(
        finding.zone, of: server, finding.isProved ? .proved : .assumed,
        proofs: finding.proofs.map(\.record), isRecut: true)
      report(
        .warned(
          "server \(server): days begin at midnight \(finding.zone), not \(zone) as was "
            + "assumed; its past is read again"))
      return
    }
    let proofs = known.zoneProofs.map(ZoneProof.init) + [proof]
    let named = ZoneFinding.replacement(for: zone, proofs: proofs, now: seconds)
    // What the configuration says is not replaced behind its back.
    if let configured { throw contradiction(of: configured, named) }
    if let named {
      try await archive.pin(
        named, of: server, known.zoneOrigin ?? .assumed, proofs: [proof.record])
      report(.noted("server \(server): days begin at midnight \(named), with daylight saving"))
      return
    }
    throw ReadFailure(
      .badAnswer, "its days no longer begin at midnight \(zone)",
      hint: "if the zone in the profile of the key's owner was changed, change it back, or set "
        + "bucket_time_zone of the server \(server) to the new one, and its past is read again")
  }
}

extension ZoneProof {
  init(_ record: Archive.ZoneRecord) {
    self.init(
      instants: record.instants, labels: Set(record.labels), partial: Set(record.partial))
  }

  var record: Archive.ZoneRecord {
    Archive.ZoneRecord(instants: instants, labels: labels, partial: partial)
  }
}
