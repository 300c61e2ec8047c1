import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// Puts a simulated server on a real socket.
///
/// It stands on Hummingbird's `Server` and not on its `Application`, which would overwrite the
/// `Date` header with the wall clock's and announce itself in the log.
package enum HTTPFront {
  /// Answers at a free port of 127.0.0.1 while `body` runs, and stops when `body` returns.
  /// Responses that are not sent by then are dropped.
  ///
  /// - Parameter body: receives the address that the API paths are appended to
  /// - Throws: the error of `body`, or the reason why no port could be opened
  package static func serving<T>(
    _ simulated: SimulatedServer, body: (_ base: URL) async throws -> T
  ) async throws -> T {
    let (ports, announcement) = AsyncStream<Int>.makeStream()
    let connections = BusyConnections()
    let server = Server(
      childChannelSetup: HTTP1Channel { request, writer, channel in
        try connections.begin(channel)
        defer { connections.finish(channel) }
        let raw = try await respond(to: request, by: simulated)
        let date = simulated.profile.clock().httpDate
        try await ResponseDelivery(raw: raw, date: date, channel: channel).write(by: writer)
      },
      configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { announcement.yield(port) }
        announcement.finish()
      },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "FastGPTSimulator") { _ in SwiftLogNoOpLogHandler() }
    )
    // The server is not a child of this task, since NIO traps if a server is cancelled just after
    // it accepted a connection. The code below closes it in every case.
    let running = Task {
      defer { announcement.finish() }
      try await server.run()
    }
    let announced = await ports.first { _ in true }
    let result: Result<T, any Error>
    do {
      try Task.checkCancellation()
      guard let port = announced, let base = URL(string: "http://127.0.0.1:\(port)") else {
        try await running.value
        throw CancellationError()
      }
      result = .success(try await body(base))
    } catch {
      result = .failure(error)
    }
    connections.closeAll()
    try? await server.shutdownGracefully()
    _ = await running.result
    return try result.get()
  }

  private static func respond(
    to request: Request, by simulated: SimulatedServer
  ) async throws -> RawResponse {
    let body = try await request.body.collect(upTo: 1 << 20)
    return simulated.respond(
      method: request.method.rawValue,
      target: request.head.path ?? "/",
      authorization: request.headers[.authorization],
      body: Array(body.readableBytesView)
    )
  }
}
