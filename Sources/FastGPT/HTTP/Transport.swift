import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Synchronization

/// Exchanges HTTP requests for responses, bounded in time and size.
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
    // Node.js closes a connection after five idle seconds. Ours closes earlier, so that no request
    // is written at that moment.
    settings.connectionPool.idleTimeout = .seconds(4)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, limits.concurrency)
    // FastGPTServer counts, spaces and reports retries itself.
    settings.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
    timeout = limits.timeout
    maximumBodyBytes = limits.maximumBodyBytes
  }

  /// Sends a request and receives the whole of its response.
  ///
  /// The time limit holds from the first byte sent to the last one received, however slowly they
  /// come. Throws a ``FailedAttempt``, or `CancellationError` as soon as the task is cancelled.
  func exchange(_ request: HTTPClientRequest) async throws -> Reply {
    let receiving = Task { try await receive(request) }
    let isLate = Mutex(false)
    return try await withTaskCancellationHandler {
      let timer = HTTPClient.defaultEventLoopGroup.any().scheduleTask(in: TimeAmount(timeout)) {
        isLate.withLock { $0 = true }
        receiving.cancel()
      }
      defer { timer.cancel() }
      do {
        return try await receiving.value
      } catch {
        // A cancelled request may fail with any error, but the cause is the cancellation.
        try Task.checkCancellation()
        if isLate.withLock({ $0 }) { throw late }
        throw error as? FailedAttempt ?? FailedAttempt.connecting(error, to: host, through: proxy)
      }
    } onCancel: {
      receiving.cancel()
    }
  }

  private var late: FailedAttempt {
    FailedAttempt(
      .unreachable,
      cause:
        "no whole answer from \(FailedAttempt.place(host, through: proxy)) within \(timeout.words)",
      isTransient: true)
  }

  /// Closes the connections. Requests that are under way fail.
  func shutdown() async {
    // It fails only if the client has been shut down before.
    try? await client.shutdown()
  }

  private func receive(_ request: HTTPClientRequest) async throws -> Reply {
    // The caller keeps the time; this longer limit is only a safeguard.
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
    } catch let failed as FailedAttempt {
      throw failed
    } catch NIOHTTPDecompression.DecompressionError.limit {
      throw tooLarge(reply)
    } catch {
      throw FailedAttempt.receiving(error, of: reply)
    }
    // The body of a cancelled request may end as if it were whole.
    try Task.checkCancellation()
    return reply
  }

  private func tooLarge(_ reply: Reply) -> FailedAttempt {
    FailedAttempt(
      .badAnswer,
      cause: "the answer is larger than \(maximumBodyBytes) bytes (HTTP \(reply.status))",
      reply: reply)
  }
}

extension Duration {
  /// The duration in seconds, such as `30 s` or `0.25 s`.
  var words: String {
    let (seconds, attoseconds) = components
    return attoseconds == 0
      ? "\(seconds) s" : "\(Double(seconds) + Double(attoseconds) / 1e18) s"
  }
}
