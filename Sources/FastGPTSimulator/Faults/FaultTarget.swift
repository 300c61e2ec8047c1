/// The requests among which a fault rule counts.
struct FaultTarget: Sendable, Hashable {
  /// `nil` for every app, and for requests that name none.
  let appID: String?
  /// `nil` for every endpoint.
  let endpoint: ReceivedRequest.Endpoint?

  func contains(_ request: ReceivedRequest) -> Bool {
    (appID == nil || appID == request.appID)
      && (endpoint == nil || endpoint == request.endpoint)
  }
}
