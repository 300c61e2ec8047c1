import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression

/// One HTTP exchange, bounded in time and size.
struct Transport: Sendable {
  private let client: HTTPClient
  private let host: String
  private let proxy: ProxyAddress?
  private let timeout: Duration
  private let maximumBodyBytes: Int

  init(to host: String, by route: Route, limits: ServerLimits) {
    self.host = host
    proxy = route.proxy
    var settings = HTTPClient.Configuration()
    settings.proxy = route.proxy?.setting
    settings.tlsConfiguration = route.authorities.setting
    settings.httpVersion = .http1Only
    settings.redirectConfiguration = .disallow
    settings.decompression = .enabled(limit: .size(limits.maximumBodyBytes))
    settings.timeout.connect = .seconds(10)
    // Node.js closes a connection that was idle for five seconds; one of ours must not be
    // written to at that moment.
    settings.connectionPool.idleTimeout = .seconds(4)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, limits.concurrency)
    // Retries are counted, spaced and reported here.
    settings.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
    timeout = limits.timeout
    maximumBodyBytes = limits.maximumBodyBytes
  }

  /// Sends a request and receives the whole of its response.
  ///
  /// The time limit holds from the first byte sent to the last one received, however slowly they
  /// come. Throws a ``Setback``, or `CancellationError` as soon as the task is cancelled.
  func exchange(_ request: HTTPClientRequest) async throws -> Reply {
    do {
      return try await withThrowingTaskGroup(of: Reply?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await receive(request) }
        group.addTask {
          try await Task.sleep(for: timeout)
          return nil
        }
        guard let reply = try await group.next() ?? nil else {
          throw Setback(
            .unreachable,
            "no whole answer from \(Setback.place(host, proxy)) within \(timeout.words)",
            isPassing: true)
        }
        return reply
      }
    } catch {
      // Whatever a cancelled request failed with, it failed because it was cancelled.
      try Task.checkCancellation()
      throw error as? Setback ?? Setback.connecting(error, to: host, through: proxy)
    }
  }

  /// Closes the connections. Requests that are under way fail.
  func shutdown() async {
    // The only failure is a client that has been shut down before.
    try? await client.shutdown()
  }

  private func receive(_ request: HTTPClientRequest) async throws -> Reply {
    // The group's other task keeps the time; this one is for its being lost.
    let response = try await client.execute(request, timeout: TimeAmount(timeout * 2))
    var reply = Reply(status: Int(response.status.code))
    reply.retryAfter = response.headers.first(name: "Retry-After")
    reply.date = response.headers.first(name: "Date")
    reply.location = response.headers.first(name: "Location")
    if let length = response.headers.first(name: "Content-Length").flatMap({ UInt($0) }) {
      guard length <= maximumBodyBytes else { throw tooLarge(reply) }
      reply.body.reserveCapacity(Int(length))
    }
    do {
      for try await part in response.body {
        guard part.readableBytes <= maximumBodyBytes - reply.body.count else {
          throw tooLarge(reply)
        }
        part.withUnsafeReadableBytes { reply.body.append(contentsOf: $0) }
      }
    } catch let setback as Setback {
      throw setback
    } catch NIOHTTPDecompression.DecompressionError.limit {
      throw tooLarge(reply)
    } catch {
      throw Setback.receiving(error, reply)
    }
    // A cancelled body may end as if it were whole.
    try Task.checkCancellation()
    return reply
  }

  private func tooLarge(_ reply: Reply) -> Setback {
    Setback(
      .badAnswer,
      "the answer is larger than \(maximumBodyBytes) bytes (HTTP \(reply.status))", reply: reply)
  }
}

extension Duration {
  /// `30 s`, `0.25 s`.
  var words: String {
    let (seconds, attoseconds) = components
    return attoseconds == 0
      ? "\(seconds) s" : "\(Double(seconds) + Double(attoseconds) / 1e18) s"
  }
}
