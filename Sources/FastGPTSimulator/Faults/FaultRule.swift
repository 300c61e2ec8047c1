/// The requests that meet a fault.
package struct FaultRule: Sendable {
  let fault: Fault
  let target: FaultTarget
  /// The numbers of the requests, counted from 1 among those of the target.
  let requests: ClosedRange<Int>

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
    target = FaultTarget(appID: appID, endpoint: endpoint)
  }

  /// Lets every request meet the fault.
  package static func always(
    _ fault: Fault, appID: String? = nil, endpoint: ReceivedRequest.Endpoint? = nil
  ) -> FaultRule {
    FaultRule(fault, requests: 1...Int.max, appID: appID, endpoint: endpoint)
  }

  /// Lets one request meet the fault, the first unless another is named.
  package static func once(
    _ fault: Fault, at number: Int = 1, appID: String? = nil,
    endpoint: ReceivedRequest.Endpoint? = nil
  ) -> FaultRule {
    FaultRule(fault, requests: number...number, appID: appID, endpoint: endpoint)
  }

  /// Lets one request after another meet one fault each; `nil` leaves a request alone.
  package static func sequence(
    _ faults: [Fault?], appID: String? = nil, endpoint: ReceivedRequest.Endpoint? = nil
  ) -> [FaultRule] {
    zip(1..., faults).compactMap { number, fault in
      fault.map { .once($0, at: number, appID: appID, endpoint: endpoint) }
    }
  }
}
