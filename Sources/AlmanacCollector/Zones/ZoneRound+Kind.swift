import AlmanacCore
import AlmanacStore

// The newest servers cut their days at the offset that the text of a request carries; all others cut
// them in a zone of their own, or refuse such a text (docs/server.md, trap 2).

extension ZoneRound {
  /// The limit on the requests that find a kind and a zone.
  static let mostRequests = ZoneSearch.mostRequests + 14 + 1
  /// The numbers of days that are looked back.
  private static let reaches = [21, 183]
  /// The requests that a run makes first: a range of Unix milliseconds, and the zones in which it is
  /// written.
  static func first(at seconds: Int) -> (range: ClosedRange<Int>, zones: [BucketZone]) {
    (range(back: reaches[0], from: seconds), [offsets.east, offsets.west])
  }

  private static func range(back days: Int, from seconds: Int) -> ClosedRange<Int> {
    (seconds - days * 86_400) * 1000...seconds * 1000
  }

  /// Two offsets that put every instant into days with different labels: own midnights are two hours
  /// apart, or 22 the other way round; UTC midnights are one day apart or two.
  private static let offsets = (
    east: BucketZone(secondsFromUTC: 14 * 3600), west: BucketZone(secondsFromUTC: -12 * 3600)
  )

  /// Asks whether the server cuts its days where it is asked to, and writes what it shows. Without
  /// activity in the last half year it shows nothing.
  ///
  /// - Parameter known: gets what is known of the server then
  func askKind(of apps: [AppID], knowing known: inout Archive.KnownServer) async throws {
    // It may have been told to take offsets since.
    await health.note(offsets: .ignored)
    let kind = try await kind(asking: apps)
    if let kind, kind != known.zoneKind {
      try await archive.write(kind, of: server)
      if let told = try await archive.servers()[server] { known = told }
    }
    await health.note(offsets: .init(known.zoneKind))
  }

  private func kind(asking apps: [AppID]) async throws -> Archive.ZoneKind? {
    let busiest = apps.reduce(into: [AppID]()) { if !$0.contains($1) { $0.append($1) } }.prefix(3)
    for days in Self.reaches {
      let range = Self.range(back: days, from: seconds)
      for app in busiest {
        do {
          guard let kind = try await kind(asking: app, in: range) else { continue }
          // One answer may have been spoilt on its way.
          if kind == .asked, try await self.kind(asking: app, in: range) != .asked { continue }
          return kind
        } catch is ReadFailure {
          // The server would not answer about the app.
          if let reason = await health.reasonToStop() { throw reason }
        }
      }
    }
    return nil
  }

  /// `nil` if there is no activity in the range, or if it changes meanwhile.
  private func kind(
    asking app: AppID, in range: ClosedRange<Int>
  ) async throws -> Archive.ZoneKind? {
    let east = try await oldestLabel(of: app, in: range, writtenIn: Self.offsets.east)
    if await health.offsets == .refused { return .refusing }
    guard let east,
      let west = try await oldestLabel(of: app, in: range, writtenIn: Self.offsets.west)
    else { return nil }
    let hours = Double(west - east) / 3_600_000
    return west == east ? .own : [2, -22, -24, -48].contains(hours) ? .asked : nil
  }

  private func oldestLabel(
    of app: AppID, in range: ClosedRange<Int>, writtenIn zone: BucketZone
  ) async throws -> Int? {
    try await ledger.ask(app, range, in: zone).volumes.filter { $0.value > 0 }.keys.min()
  }

  /// Settles the zone of a server that cuts its days where it is asked to: the configured one is
  /// obeyed, the one that is pinned stays, and without either it is UTC.
  ///
  /// Throws a ``ReadFailure`` for a zone that one offset cannot stand for.
  ///
  /// - Parameter known: gets what is known of the server then
  func choose(knowing known: inout Archive.KnownServer) async throws {
    let zone = configured ?? known.zone ?? .utc
    let fixed = offsets(of: zone)
    if fixed.count > 1 {
      throw ReadFailure(
        .configuration,
        "it cuts days at one fixed offset for each request, and \(zone) has several",
        hint: "set bucket_time_zone of the server \(server) to "
          + fixed.map(\.identifier).joined(separator: " or ")
          + (known.zone == nil ? "" : ", and what it still has of its past is read again"))
    }
    guard zone != known.zone || known.zoneOrigin == .assumed else { return }
    // No proof will come any more of a zone that was assumed.
    let isMoved = try await cutsElsewhere(than: zone, knowing: known)
    let isRecut = isMoved || known.zoneOrigin == .assumed
    try await archive.pin(
      zone, of: server, configured == nil ? .proved : .configured, isRecut: isRecut, run: run,
      rule: AppKnowledge.rule(isRecut: isRecut))
    let rest =
      isRecut
      ? "; its past is read again\(rereading)"
      : configured == nil && known.zone == nil
        ? "; bucket_time_zone can name any other offset" : ""
    report(.noted("server \(server): cuts days where it is asked to, which is \(zone)\(rest)"))
    if let settled = try await archive.servers()[server] { known = settled }
  }

  func hasDaylightSaving(_ zone: BucketZone) -> Bool { offsets(of: zone).count > 1 }

  private func offsets(of zone: BucketZone) -> [BucketZone] {
    zone.fixedOffsets(in: Self.years(around: seconds))
  }

  /// The instants, in Unix seconds, of all that a run may read and of the year to come.
  static func years(around seconds: Int) -> ClosedRange<Int> {
    seconds - 3_700 * 86_400...seconds + 366 * 86_400
  }
}
