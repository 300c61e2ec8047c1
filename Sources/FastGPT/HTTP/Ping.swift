import AsyncHTTPClient
import Foundation
import NIOHTTP1

/// A GET to somebody who only wants to be called, such as a monitor. No error shows its address.
package struct Ping: Sendable {
  /// The reason why a call did not arrive.
  package struct Failure: Error, Sendable {
    /// One line, without the address.
    package let cause: String
  }

  private let address: String
  private let route: Route
  private let agent: String

  /// - Parameter version: the version of almanac, for the `User-Agent`
  package init(to address: String, by route: Route, version: String) {
    self.address = address
    self.route = route
    agent = "almanac/\(version)"
  }

  /// Makes the call. Throws a ``Failure`` unless it is answered with a status of success in time.
  package func send(within timeout: Duration) async throws(Failure) {
    var limits = ServerLimits()
    limits.timeout = timeout
    limits.maximumBodyBytes = 1 << 20
    let transport = Transport(to: "the monitor", by: route, limits: limits)
    var request = HTTPClientRequest(url: address)
    request.headers = ["User-Agent": agent, "Accept": "*/*"]
    let answer: Result<Reply, any Error>
    do {
      answer = .success(try await transport.exchange(request))
    } catch {
      answer = .failure(error)
    }
    await transport.shutdown()
    switch answer {
    case .success(let reply) where (200..<300).contains(reply.status): return
    case .success(let reply): throw Failure(cause: "the monitor answers with HTTP \(reply.status)")
    case .failure(let failed as FailedAttempt): throw Failure(cause: failed.cause)
    case .failure: throw Failure(cause: "it was broken off")
    }
  }
}
