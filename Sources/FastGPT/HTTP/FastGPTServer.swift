// FastGPT talks to FastGPT servers. Owns: where a server is and how it is reached (Access/),
// requests, limits and retries (HTTP/), JSON (JSON/), the answers of every server generation
// (Decoding/), the meaning of errors (Errors/). Refuses: to decide what is believed, to store
// anything, to let the key out. It returns an Answer or throws a ReadFailure. Start here, then read
// FastGPTServer+Read.swift.

import AlmanacCore
import Foundation
import Logging

/// One FastGPT server, reached over HTTP with one key.
///
/// All its reads share one concurrency limit and one rate limit. Shut it down when done.
package struct FastGPTServer: Sendable, CustomStringConvertible, CustomReflectable {
  let address: ServerAddress
  let key: APIKey
  let limits: ServerLimits
  let timing: Timing
  let agent: String
  let transport: Transport
  let concurrencyLimit: ConcurrencyLimit
  let rateLimit: RateLimit
  let logger: Logger

  /// - Parameter version: the version of almanac, for the `User-Agent`
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
    concurrencyLimit = ConcurrencyLimit(limits.concurrency)
    rateLimit = RateLimit(requestsPerSecond: limits.requestsPerSecond, timing: timing)
  }

  /// The feed through which a collector reads this server.
  package var feed: Feed {
    Feed(totals: { try await totals($0) }, chart: { try await chart($0) })
  }

  /// Reads the cumulative numbers of an app. Throws a `ReadFailure`, or `CancellationError`.
  package func totals(_ app: AppID) async throws -> TotalsAnswer {
    try await read(.totals(app)) { reader, delivery throws(JSONFault) in
      try TotalsDecoder.decode(&reader, delivery: delivery)
    }
  }

  /// Reads chart data; at a further offset, only the series that tell of retention. Throws a
  /// `ReadFailure`, or `CancellationError`.
  package func chart(_ read: ChartRead) async throws -> Answer {
    // Signs in users and in apps tell what retention is a share of.
    let series: SeriesSet = read.offset > 1 ? [.user, .app] : .all
    return try await self.read(.chart(read)) { reader, delivery throws(JSONFault) in
      try ChartDecoder.decode(&reader, series, delivery: delivery)
    }
  }

  /// Closes the connections; reads under way fail. A second call does nothing.
  package func shutdown() async {
    await transport.shutdown()
  }

  /// The address.
  package var description: String { address.description }

  /// The address alone, so that `dump` reaches nothing else.
  package var customMirror: Mirror { Mirror(self, children: ["address": address.description]) }
}
