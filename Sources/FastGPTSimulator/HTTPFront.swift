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
  /// Answers at a free port of 127.0.0.1 while `body` runs, and is gone when it returns.
  ///
  /// Responses that are still held back then are never sent.
  /// - Parameter body: gets the address that the paths of the API go behind
  /// - Throws: what `body` throws, or why the port could not be opened
  package static func serving<T>(
    _ simulated: SimulatedServer, body: (_ base: URL) async throws -> T
  ) async throws -> T {
    let (ports, announcement) = AsyncStream<Int>.makeStream()
    let delays = ResponseDelays()
    let server = Server(
      childChannelSetup: HTTP1Channel { request, writer, _ in
        let response = try await respond(to: request, by: simulated, delays)
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { announcement.yield(port) }
        announcement.finish()
      },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "FastGPTSimulator") { _ in SwiftLogNoOpLogHandler() }
    )
    // No child of this task: NIO traps when a server is cancelled that has just accepted a
    // connection. It is closed below in every case.
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
    delays.end()
    try? await server.shutdownGracefully()
    _ = await running.result
    return try result.get()
  }

  private static func respond(
    to request: Request, by simulated: SimulatedServer, _ delays: ResponseDelays
  ) async throws -> Response {
    let body = try await request.body.collect(upTo: 1 << 20)
    let raw = simulated.respond(
      method: request.method.rawValue,
      target: request.head.path ?? "/",
      authorization: request.headers[.authorization],
      body: Array(body.readableBytesView)
    )
    if raw.delay > .zero { try await delays.wait(for: raw.delay) }
    var headers = HTTPFields()
    headers[.date] = simulated.profile.clock().httpDate
    for (name, value) in raw.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return Response(
      status: HTTPResponse.Status(code: raw.status),
      headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: raw.body))
    )
  }
}

extension Date {
  /// As in a `Date` header, to the second.
  fileprivate var httpDate: String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return formatted(
      VerbatimFormatStyle(
        format: """
          \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \
          \(year: .padded(4)) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\
          \(minute: .twoDigits):\(second: .twoDigits) GMT
          """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: calendar))
  }
}
