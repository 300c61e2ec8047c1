import AlmanacCore
import AlmanacStore
import Foundation

/// The check of the server's key. An App key answers for its own app, whatever app is asked about.
/// Trusting it would file one app's figures under every app.
extension ServerRun {
  /// Asks for the totals of an app that cannot exist, before anything else. An error of FastGPT
  /// shows that the key is good. Totals above 0 prove that it is bound to one app: the server's
  /// apps stop, and nothing is stored.
  ///
  /// These totals may all be 0. The configured apps are then asked about, and the first one with
  /// totals above 0 shows that the key is good, provided that the app that cannot exist still has
  /// none. Without such an app there is a warning, and the next run asks again.
  ///
  /// - Parameter keys: the apps' keys in the archive
  func checkKey(_ keys: [AppID: Int], _ outcomes: inout Outcomes) async throws {
    guard let first = apps.first, try await !isCleared(by: first, keys, &outcomes),
      await health.reasonToStop() == nil
    else { return }
    for app in apps {
      do {
        guard try await askTotals(of: app.id, for: app, keys, &outcomes).isAboveZero else {
          continue
        }
        // These totals may have come after the app that cannot exist was asked about.
        if try await isCleared(by: app, keys, &outcomes) { return }
        if await health.reasonToStop() == nil { await health.clearKey() }
        return
      } catch let failure as ReadFailure {
        await health.note(failure, of: app.id)
        if await health.reasonToStop() != nil { return }
      }
    }
    report(
      .warned(
        "server \(name): nobody can tell yet whether its key is bound to one app, since no app has "
          + "totals above 0; the next run asks again"))
  }

  /// Whether an error of FastGPT shows that the key is good. Totals above 0 stop the server, and so
  /// does an answer that is neither an error nor totals.
  private func isCleared(
    by app: App, _ keys: [AppID: Int], _ outcomes: inout Outcomes
  ) async throws -> Bool {
    do {
      let totals = try await askTotals(of: .nobody, for: app, keys, &outcomes)
      if totals.isAboveZero {
        await health.stop(Self.appKey)
      } else if !totals.tellsAny {
        await health.stop(ReadFailure(.badAnswer, "the answer holds no totals"))
      }
      return false
    } catch let failure as ReadFailure {
      guard failure.isAboutTheApp else {
        await health.stop(failure.explained)
        return false
      }
      await health.clearKey()
      return true
    }
  }

  /// The failure of a server with an App key. An earlier run with such a key has stored one app's
  /// figures under several names.
  private static let appKey = ReadFailure(
    .key,
    "the key is an App key: it answers for the one app that it was made in, whatever app is asked "
      + "about",
    hint: "use a personal or team key instead (in FastGPT: Account, API Keys). If an earlier run "
      + "collected with this key, `almanac remove` the apps that hold another app's figures")

  /// Asks for totals that are looked at and not stored. The request is recorded under an app.
  private func askTotals(
    of id: AppID, for app: App, _ keys: [AppID: Int], _ outcomes: inout Outcomes
  ) async throws -> TotalsAnswer {
    let start = ContinuousClock.now
    let entry = { (delivery: Delivery, failure: ReadFailure?) in
      RequestRecord(
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
      try await archive.record(entry(delivery, isForeign ? Self.appKey : nil))
      return totals
    } catch let failure as ReadFailure {
      let isWanted = id == .nobody && failure.isAboutTheApp
      if isWanted { await health.noteAnswer() }
      try await archive.record(entry(failure.delivery, isWanted ? nil : failure))
      throw failure
    }
  }
}

extension ReadFailure {
  /// Whether FastGPT has looked for the app, so that the key is good.
  fileprivate var isAboutTheApp: Bool { isFromFastGPT && kind != .key && kind != .account }

  /// The same failure with a hint about gateways that replace FastGPT's errors by pages of their
  /// own. One of these errors is wanted here.
  fileprivate var explained: ReadFailure {
    guard kind == .unreachable, status == 500, !isFromFastGPT else { return self }
    return ReadFailure(
      kind, cause, obstacle: obstacle,
      hint: "FastGPT answers with status 500 and JSON where an app does not exist; if a gateway "
        + "replaces that by a page of its own (nginx: proxy_intercept_errors), switch it off",
      status: status, delivery: delivery)
  }
}
