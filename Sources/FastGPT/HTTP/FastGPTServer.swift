// FastGPT owns what the server says: requests, wire shapes of every generation, validation,
// authorization, transport and retry. It returns Answers and throws ReadFailures. It refuses to
// decide what of an answer is believed, to keep anything, and to let the key out.

import AlmanacCore
import Foundation
import Logging

/// One FastGPT server, reached over HTTP with one key.
///
/// All its reads share one bound on concurrency and one pace. Shut it down when done.
package struct FastGPTServer: Sendable, CustomStringConvertible, CustomReflectable {
  let address: ServerAddress
  let key: APIKey
  let limits: ServerLimits
  let timing: Timing
  let agent: String
  let transport: Transport
  let turnstile: Turnstile
  let pace: Pace
  let logger: Logger

  /// - Parameter version: almanac's own, for the `User-Agent`.
  package init(
    address: ServerAddress, key: APIKey, route: Route = Route(),
    limits: ServerLimits = ServerLimits(), version: String, timing: Timing = .real, logger: Logger
  ) {
    self.address = address
    self.key = key
    self.limits = limits
    self.timing = timing
    self.logger = logger
    agent = "almanac/\(version)"
    transport = Transport(to: address.host, by: route, limits: limits)
    turnstile = Turnstile(places: limits.concurrency)
    pace = Pace(requestsPerSecond: limits.requestsPerSecond, timing: timing)
  }

  /// The way to this server for a collector.
  package var feed: Feed {
    Feed(totals: { try await totals($0) }, chart: { try await chart($0) })
  }

  /// The cumulative numbers of an app. Throws a `ReadFailure`, or `CancellationError`.
  package func totals(_ app: AppID) async throws -> TotalsAnswer {
    try await read(.totals(app)) { bytes, data, delivery throws(JSONFault) in
      try TotalsDecoder.decode(bytes, at: data, delivery: delivery)
    }
  }

  /// The chart data that a read asks for. Throws a `ReadFailure`, or `CancellationError`.
  package func chart(_ read: ChartRead) async throws -> Answer {
    try await self.read(.chart(read)) { bytes, data, delivery throws(JSONFault) in
      try ChartDecoder.decode(bytes, at: data, delivery: delivery)
    }
  }

  /// Closes the connections; reads that are under way fail. May be called again.
  package func shutdown() async {
    await transport.shutdown()
  }

  /// The address.
  package var description: String { address.description }

  /// The address alone, so that `dump` reaches nothing else.
  package var customMirror: Mirror { Mirror(self, children: ["address": address.description]) }
}
