import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One request that a test server received.
struct TestRequest: Sendable {
  var method: String
  var path: String
  var headers: HTTPHeaders
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
}

/// The reaction to a request. Bytes are written as they are, so that they may be wrong.
enum TestResponse: Sendable {
  case whole(status: Int = 200, headers: [String: String] = [:], body: [UInt8])
  /// A head that promises more than comes before the connection closes.
  case cutOff(promised: Int, body: String)
  /// Chunks of a thousand spaces, as many as the client takes.
  case endless
  /// One space of body after another, for as long as the connection stands.
  case drip
  /// Nothing at all.
  case silence
  case close

  static func json(
    _ body: String, status: Int = 200, headers: [String: String] = [:]
  ) -> TestResponse {
    var headers = headers
    headers["Content-Type"] = "application/json; charset=utf-8"
    return .whole(status: status, headers: headers, body: Array(body.utf8))
  }

  static func html(_ status: Int, headers: [String: String] = [:]) -> TestResponse {
    .whole(
      status: status, headers: headers,
      body: Array("<!DOCTYPE html>\n<html><title>Sign in</title></html>".utf8))
  }
}

/// The response to each request, chosen by the request and the number of earlier ones.
struct TestAnswers: Sendable {
  let next: @Sendable (TestRequest, Int) async -> TestResponse

  static func by(
    _ next: @escaping @Sendable (TestRequest, Int) async -> TestResponse
  ) -> TestAnswers {
    TestAnswers(next: next)
  }

  static func always(_ response: TestResponse) -> TestAnswers {
    TestAnswers { _, _ in response }
  }
}

/// An HTTP server on a port of its own that sends scripted responses.
struct TestServer: Sendable {
  private let channel: any Channel
  private let log: NIOLockedValueBox<[TestRequest]>
  private let lost: NIOLockedValueBox<Int>

  var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
  /// Every request so far, in the order in which they came.
  var requests: [TestRequest] { log.withLockedValue { $0 } }
  /// The number of connections that have ended.
  var closedConnections: Int { lost.withLockedValue { $0 } }

  /// Runs a server for as long as `body` does.
  static func run<Result>(
    _ answers: TestAnswers, tls: NIOSSLContext? = nil,
    _ body: (TestServer) async throws -> Result
  ) async throws -> Result {
    let log = NIOLockedValueBox<[TestRequest]>([])
    let lost = NIOLockedValueBox(0)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.addHandlers([
            ByteToMessageHandler(HTTPRequestDecoder()),
            Answerer(log: log, lost: lost, answers: answers),
          ])
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let server = TestServer(channel: channel, log: log, lost: lost)
    do {
      let result = try await body(server)
      try await channel.close()
      return result
    } catch {
      try await channel.close()
      throw error
    }
  }
}

private final class Answerer: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let log: NIOLockedValueBox<[TestRequest]>
  private let lost: NIOLockedValueBox<Int>
  private let answers: TestAnswers
  private var request: TestRequest?

  init(
    log: NIOLockedValueBox<[TestRequest]>, lost: NIOLockedValueBox<Int>,
    answers: TestAnswers
  ) {
    self.log = log
    self.lost = lost
    self.answers = answers
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = TestRequest(
        method: head.method.rawValue, path: head.uri, headers: head.headers, body: [])
    case .body(let part):
      request?.body.append(contentsOf: part.readableBytesView)
    case .end:
      guard let request else { return }
      self.request = nil
      let count = log.withLockedValue { log in
        log.append(request)
        return log.count - 1
      }
      let channel = context.channel
      Task { [answers] in write(await answers.next(request, count), to: channel) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    lost.withLockedValue { $0 += 1 }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

private func write(_ response: TestResponse, to channel: any Channel) {
  func send(_ text: String) {
    channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
  }
  switch response {
  case .whole(let status, let headers, let body):
    var head = "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    channel.writeAndFlush(ByteBuffer(bytes: Array((head + "\r\n").utf8) + body), promise: nil)
  case .cutOff(let promised, let body):
    channel.writeAndFlush(
      ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: \(promised)\r\n\r\n" + body)
    ).whenComplete { _ in channel.close(promise: nil) }
  case .drip:
    send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    let drops = channel.eventLoop.scheduleRepeatedTask(
      initialDelay: .milliseconds(5), delay: .milliseconds(5)
    ) { _ in
      channel.writeAndFlush(ByteBuffer(string: " "), promise: nil)
    }
    channel.closeFuture.whenComplete { _ in drops.cancel() }
  case .endless:
    let chunk = "3e8\r\n" + String(repeating: " ", count: 1000) + "\r\n"
    send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    @Sendable func more() {
      channel.writeAndFlush(ByteBuffer(string: chunk)).whenSuccess { more() }
    }
    channel.eventLoop.execute { more() }
  case .silence: break
  case .close: channel.close(promise: nil)
  }
}
