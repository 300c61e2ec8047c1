/// Which requests meet a fault.
package struct FaultRule: Sendable {
  /// What they meet.
  let fault: Fault
  let scope: Scope
  /// Of the requests in the scope, counted from 1.
  let requests: ClosedRange<Int>

  /// The requests among which a rule counts.
  struct Scope: Sendable, Hashable {
    let appID: String?
    let endpoint: ReceivedRequest.Endpoint?

    func contains(_ request: ReceivedRequest) -> Bool {
      (appID == nil || appID == request.appID)
        && (endpoint == nil || endpoint == request.endpoint)
    }
  }

  /// - Parameters:
  ///   - requests: counted from 1 among those of the app and the endpoint, since the interceptor
  ///     was made
  ///   - appID: nil for every app, requests that name none included
  ///   - endpoint: nil for every one
  package init(
    _ fault: Fault, requests: ClosedRange<Int>, appID: String? = nil,
    endpoint: ReceivedRequest.Endpoint? = nil
  ) {
    self.fault = fault
    self.requests = requests
    scope = Scope(appID: appID, endpoint: endpoint)
  }

  /// Every request meets it.
  package static func always(
    _ fault: Fault, appID: String? = nil, endpoint: ReceivedRequest.Endpoint? = nil
  ) -> FaultRule {
    FaultRule(fault, requests: 1...Int.max, appID: appID, endpoint: endpoint)
  }

  /// One request meets it, the first if nothing else is said.
  package static func once(
    _ fault: Fault, at number: Int = 1, appID: String? = nil,
    endpoint: ReceivedRequest.Endpoint? = nil
  ) -> FaultRule {
    FaultRule(fault, requests: number...number, appID: appID, endpoint: endpoint)
  }

  /// One request after another meets one of them, nil being none; after the last all is well.
  package static func sequence(
    _ faults: [Fault?], appID: String? = nil, endpoint: ReceivedRequest.Endpoint? = nil
  ) -> [FaultRule] {
    zip(1..., faults).compactMap { number, fault in
      fault.map { .once($0, at: number, appID: appID, endpoint: endpoint) }
    }
  }
}
