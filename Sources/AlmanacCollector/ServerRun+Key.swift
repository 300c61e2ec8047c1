import AlmanacCore
import AlmanacStore
import Foundation

/// Whose key it is. An App key answers for its own app whatever app is asked about, and whoever
/// trusts it files one app's figures under every app.
extension ServerRun {
  /// The first request to a server asks for the totals of an app that cannot exist. An error of
  /// FastGPT clears the key; figures show that it is bound to an app, and nothing is stored.
  ///
  /// Whose totals are all 0 cannot be told until an app has others.
  ///
  /// - Parameter keys: of the apps in the archive
  func checkKey(_ keys: [AppID: Int], _ outcomes: inout Outcomes) async throws {
    guard let first = apps.first else { return }
    do {
      let totals = try await askTotals(of: .nobody, for: first, keys, &outcomes)
      if totals.isAboveZero { return await health.stop(Self.boundToAnApp) }
    } catch let failure as ReadFailure {
      guard failure.isAboutTheApp else { return await health.stop(failure) }
      // An answer without data is neither.
      guard failure.kind == .badAnswer else { return }
    }
    for app in apps {
      do {
        if try await askTotals(of: app.id, for: app, keys, &outcomes).isAboveZero { return }
      } catch let failure as ReadFailure {
        await health.note(failure, of: app.id)
        if await health.reasonToStop() != nil { return }
      }
    }
    report(
      .warned(
        "server \(name): it cannot be told yet whether the key is bound to one app, since all its "
          + "totals are 0; the next run asks again"))
  }

  /// The next thing to do is to get a key of the other kind; what an earlier run has collected with
  /// this one is one app's figures under several names.
  private static let boundToAnApp = ReadFailure(
    .key,
    "the key is an App key: it answers for the one app that it was made in, whatever app is asked "
      + "about",
    hint: "use a personal or team key instead (in FastGPT: Account, API Keys). If an earlier run "
      + "collected with this key, `almanac remove` the apps that hold another app's figures")

  /// One request for totals that are only looked at, and its line of the ledger under an app.
  private func askTotals(
    of id: AppID, for app: App, _ keys: [AppID: Int], _ outcomes: inout Outcomes
  ) async throws -> TotalsAnswer {
    let start = ContinuousClock.now
    let entry = { (delivery: Delivery, failure: ReadFailure?) in
      LedgerEntry(
        run: run, app: keys[app.id] ?? 0, about: nil, since: start, answeredAt: clock.now(),
        delivery: delivery, failure: failure)
    }
    outcomes[app].requests += 1
    do {
      let totals = try await feed.totals(id)
      await health.noteAnswer()
      // Another app's totals are not kept.
      let isForeign = id == .nobody && totals.isAboveZero
      var delivery = totals.delivery
      if isForeign { delivery.body = [] }
      try await archive.record(entry(delivery, isForeign ? Self.boundToAnApp : nil))
      return totals
    } catch let failure as ReadFailure {
      let isAsWanted = id == .nobody && failure.isAboutTheApp
      if isAsWanted { await health.noteAnswer() }
      try await archive.record(entry(failure.delivery, isAsWanted ? nil : failure))
      throw failure
    }
  }
}

extension ReadFailure {
  /// Whether FastGPT has looked for the app, so that the key is good.
  fileprivate var isAboutTheApp: Bool { isFromFastGPT && kind != .key && kind != .account }
}
