import Foundation
import NIOConcurrencyHelpers

/// A FastGPT server's app-log API, over apps whose records are known.
///
/// This target owns what such a server answers: validation, authorization, envelopes, aggregation,
/// and demo apps to aggregate. It refuses everything of almanac's own, so that it cannot share our
/// mistakes: Foundation's calendar cuts its buckets, and it knows no other target's types. It also
/// refuses the wall clock: what time it is, is always a parameter.
package final class SimulatedServer: Sendable {
  private struct State {
    var profile: ServerProfile
    var logs: [String: AppLog]
    var requests: [ReceivedRequest] = []
    var requestsSoFar = 0
  }

  private let state: NIOLockedValueBox<State>
  private let cutters = NIOLockedValueBox<[TimeZone: BucketCutter]>([:])

  /// Of two apps with one id, the later one counts.
  package init(profile: ServerProfile, apps: [SimulatedApp]) {
    let logs = Dictionary(apps.map { ($0.id, AppLog($0)) }) { _, later in later }
    state = NIOLockedValueBox(State(profile: profile, logs: logs))
  }

  /// How the server behaves now.
  package var profile: ServerProfile { state.withLockedValue { $0.profile } }

  /// Changes the server's behaviour for every request from now on.
  package func reconfigure(_ change: (inout ServerProfile) -> Void) {
    state.withLockedValue { change(&$0.profile) }
  }

  /// Every request so far, in order of arrival, those without effect included.
  package var requests: [ReceivedRequest] { state.withLockedValue { $0.requests } }

  /// Empties the list of requests; their numbers go on.
  package func forgetRequests() {
    state.withLockedValue { $0.requests = [] }
  }

  /// The app as it is now, whether or not its records have happened yet.
  package func app(_ id: String) -> SimulatedApp? {
    state.withLockedValue { $0.logs[id]?.app }
  }

  /// Adds an app, or replaces the one with its id.
  package func install(_ app: SimulatedApp) {
    let log = AppLog(app)
    state.withLockedValue { $0.logs[app.id] = log }
  }

  /// Deletes an app; requests for it fail from now on.
  package func remove(_ id: String) {
    state.withLockedValue { $0.logs[id] = nil }
  }

  /// Rewrites an app's past. Does nothing for an app that the server lacks.
  package func changeRecords(of id: String, _ change: (inout [ChatRecord]) -> Void) {
    guard let app = app(id) else { return }
    var records = app.records
    change(&records)
    install(SimulatedApp(id: id, name: app.name, records: records))
  }

  /// Answers one request as it stands in HTTP, without a socket.
  ///
  /// - Parameters:
  ///   - target: path and query
  ///   - authorization: the header's whole value
  package func respond(
    method: String, target: String, authorization: String?, body: [UInt8]
  ) -> RawResponse {
    let call = IncomingCall(method: method, target: target, body: body)
    let (profile, request) = state.withLockedValue { state in
      state.requestsSoFar += 1
      let request = ReceivedRequest(
        number: state.requestsSoFar, endpoint: call.endpoint,
        hasValidKey: authorization == "Bearer \(state.profile.key)", body: call.content)
      state.requests.append(request)
      return (state.profile, request)
    }
    let genuine: RawResponse
    do throws(ServerFailure) {
      genuine = try answer(call, request, profile, authorization)
    } catch {
      genuine = .failure(error)
    }
    return profile.interceptor?.replacement(request, genuine) ?? genuine
  }

  /// In the server's order: the body is validated before the key, the key before the app.
  private func answer(
    _ call: IncomingCall, _ request: ReceivedRequest, _ profile: ServerProfile,
    _ authorization: String?
  ) throws(ServerFailure) -> RawResponse {
    if case .unknown = call.endpoint { return RawResponse(status: 404, html: "404 Not Found") }
    guard profile.hasAppLogs else { throw .lacksAppLogs(path: call.path) }
    let now = profile.clock().epochMilliseconds
    var validation = RequestValidation(body: call.content, knownSources: profile.knownSources)
    if call.endpoint == .totals {
      let appID = try validation.appID()
      let log = try log(of: appID, request, authorization)
      return .success(Totals(of: log, visible: log.visible(at: now)).wire)
    }
    let question = try validation.question()
    let log = try log(of: question.appID, request, authorization)
    let aggregator = ChartAggregator(
      log: log, visible: log.visible(at: now), cutter: cutter(profile.zone))
    return .success(aggregator.answer(question).wire)
  }

  /// One for each zone, since it keeps the boundaries that it found.
  private func cutter(_ zone: TimeZone) -> BucketCutter {
    cutters.withLockedValue { cutters in
      let cutter = cutters[zone] ?? BucketCutter(zone: zone)
      cutters[zone] = cutter
      return cutter
    }
  }

  private func log(
    of appID: String, _ request: ReceivedRequest, _ authorization: String?
  ) throws(ServerFailure) -> AppLog {
    guard let authorization, authorization.hasPrefix("Bearer ") else { throw .missingKey }
    guard request.hasValidKey else { throw .wrongKey }
    guard let log = state.withLockedValue({ $0.logs[appID] }) else { throw .unknownApp }
    return log
  }
}
