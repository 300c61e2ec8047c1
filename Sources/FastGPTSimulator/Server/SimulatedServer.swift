// FastGPTSimulator answers as a FastGPT server does.
// Owns: the log of an app (Records/), its charts (Aggregation/), validation, keys and generations
// (Server/), JSON (JSON/), the socket (HTTP/), failures on purpose (Faults/), demo apps (Demo/).
// Refuses: the types of every other target, so that it cannot share their mistakes (Foundation's
// calendar cuts the buckets), and the wall clock, since the time is a parameter.
// Start here, then read Aggregation/ChartAggregator.swift.

import Foundation
import NIOConcurrencyHelpers

/// The app-log API of a FastGPT server, over apps whose records are known.
package final class SimulatedServer: Sendable {
  private struct State {
    var profile: ServerProfile
    var apps: [String: SimulatedApp]
    /// The newest log of each app, with the number of changes applied to it.
    var logs: [String: (changes: Int, log: AppLog)] = [:]
    var requests: [ReceivedRequest] = []
    var requestsSoFar = 0
    /// Successful responses by request, if the profile remembers them.
    var remembered: [ExactText: RawResponse] = [:]
  }

  private let state: NIOLockedValueBox<State>
  private let cutters = NIOLockedValueBox<[TimeZone: BucketCutter]>([:])

  /// Serves the apps; the later of two apps with one id counts.
  package init(profile: ServerProfile, apps: [SimulatedApp]) {
    let apps = Dictionary(apps.map { ($0.id, $0) }) { _, later in later }
    state = NIOLockedValueBox(State(profile: profile, apps: apps))
  }

  /// The present behaviour of the server.
  package var profile: ServerProfile { state.withLockedValue { $0.profile } }

  /// Changes the server's behaviour for every request from now on.
  package func reconfigure(_ change: (inout ServerProfile) -> Void) {
    state.withLockedValue { change(&$0.profile) }
  }

  /// Every request so far in order of arrival, refused ones included.
  package var requests: [ReceivedRequest] { state.withLockedValue { $0.requests } }

  /// Empties the list of requests; their numbers go on.
  package func forgetRequests() {
    state.withLockedValue { $0.requests = [] }
  }

  /// The app with all its records, also those that lie in the future.
  package func app(_ id: String) -> SimulatedApp? {
    state.withLockedValue { $0.apps[id] }
  }

  /// Adds an app, or replaces the one with its id.
  package func install(_ app: SimulatedApp) {
    state.withLockedValue { state in
      state.apps[app.id] = app
      state.logs[app.id] = nil
    }
  }

  /// Deletes an app; requests for it fail from now on.
  package func remove(_ id: String) {
    state.withLockedValue { state in
      state.apps[id] = nil
      state.logs[id] = nil
    }
  }

  /// Rewrites an app's past. Does nothing for an app that the server lacks.
  package func changeRecords(of id: String, _ change: (inout [ChatRecord]) -> Void) {
    guard let app = app(id) else { return }
    var records = app.records
    change(&records)
    install(SimulatedApp(id: id, name: app.name, records: records, changes: app.changes))
  }

  /// Answers one HTTP request without a socket.
  ///
  /// - Parameters:
  ///   - target: path and query
  ///   - authorization: the header's whole value
  package func respond(
    method: String, target: String, authorization: String?, body: [UInt8]
  ) -> RawResponse {
    let parsed = ParsedRequest(method: method, target: target, body: body)
    let (profile, request) = state.withLockedValue { state in
      state.requestsSoFar += 1
      let request = ReceivedRequest(
        number: state.requestsSoFar, endpoint: parsed.endpoint,
        hasValidKey: state.profile.accepts(authorization), body: parsed.content)
      state.requests.append(request)
      return (state.profile, request)
    }
    let genuine: RawResponse
    let asked = ExactText(
      "\(authorization ?? "") \(target) " + String(decoding: body, as: UTF8.self))
    if profile.remembersAnswers, request.hasValidKey,
      let known = state.withLockedValue({ $0.remembered[asked] })
    {
      genuine = known
    } else {
      do throws(ServerFailure) {
        genuine = try answer(
          parsed, to: request, by: profile, authorization: authorization)
        if profile.remembersAnswers { state.withLockedValue { $0.remembered[asked] = genuine } }
      } catch {
        genuine = .failure(error)
      }
    }
    return profile.interceptor?.replacement(request, genuine) ?? genuine
  }

  /// Answers in FastGPT's order: it validates the body before the key, and the key before the app.
  private func answer(
    _ parsed: ParsedRequest, to request: ReceivedRequest, by profile: ServerProfile,
    authorization: String?
  ) throws(ServerFailure) -> RawResponse {
    if case .unknown = parsed.endpoint { return RawResponse(status: 404, html: "404 Not Found") }
    guard profile.hasAppLogs else { throw .lacksAppLogs(path: parsed.path) }
    let clock = profile.clock()
    let now = clock.epochMilliseconds
    var validation = RequestValidation(
      body: parsed.content, knownSources: profile.knownSources,
      takesOffsets: !profile.quirks.contains(.refusesOffsets))
    if parsed.endpoint == .totals {
      let appID = try validation.appID()
      let log = try log(
        of: appID, at: clock, for: request, authorization: authorization, by: profile)
      let totals = Totals(
        of: log, visible: log.visible(at: now, keepsDays: profile.keepsDays),
        countsConversations: profile.totalsCountConversations)
      return .success(totals.wire(for: profile))
    }
    let question = try validation.question()
    let log = try log(
      of: question.appID, at: clock, for: request, authorization: authorization, by: profile)
    let cutter = cutter(for: profile.zone(for: question))
    let aggregator = ChartAggregator(
      log: log, visible: log.visible(at: now, keepsDays: profile.keepsDays), cutter: cutter,
      retainsNewUsers: profile.generation == .older,
      mapsSourcesOfApps: profile.generation == .older, labels: profile.labels)
    var answer = aggregator.answer(question)
    profile.quirks.spoil(&answer, to: question)
    return .success(answer.wire(for: profile))
  }

  /// The cutter of a zone, shared by all requests, since it keeps the boundaries that it found.
  private func cutter(for zone: TimeZone) -> BucketCutter {
    cutters.withLockedValue { cutters in
      let cutter = cutters[zone] ?? BucketCutter(zone: zone)
      cutters[zone] = cutter
      return cutter
    }
  }

  private func log(
    of asked: String, at now: Date, for request: ReceivedRequest, authorization: String?,
    by profile: ServerProfile
  ) throws(ServerFailure) -> AppLog {
    guard let authorization, authorization.hasPrefix("Bearer ") else { throw .missingKey }
    guard request.hasValidKey else { throw .wrongKey }
    let appID = profile.appKeys[String(authorization.dropFirst("Bearer ".count))] ?? asked
    let log = state.withLockedValue { state -> AppLog? in
      guard let app = state.apps[appID] else { return nil }
      let changes = app.changesBy(now)
      if let known = state.logs[appID], known.changes == changes { return known.log }
      let log = AppLog(app.records(afterChanges: changes))
      state.logs[appID] = (changes, log)
      return log
    }
    guard let log else { throw .unknownApp }
    return log
  }
}
