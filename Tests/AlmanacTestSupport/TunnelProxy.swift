import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// A proxy on a port of its own that opens tunnels, as HTTP's CONNECT asks for them.
package struct TunnelProxy: Sendable {
  /// The reaction to a request for a tunnel.
  package enum Manner: Sendable {
    case opens
    /// Opens those that come with this `Proxy-Authorization`, and answers the others with 407.
    case wants(String)
    case answers(Int)
    case closes
  }

  /// A tunnel that was asked for.
  package struct Request: Sendable, Hashable {
    package let target: String
    package let authorization: String?
    /// Every header, lest one hold what it should not.
    package let headers: String
  }

  package let port: Int
  private let log: NIOLockedValueBox<[Request]>

  /// Every request so far.
  package var requests: [Request] { log.withLockedValue { $0 } }

  /// Runs a proxy for as long as `body` does.
  package static func serving<Result>(
    _ manner: Manner = .opens, _ body: (TunnelProxy) async throws -> Result
  ) async throws -> Result {
    let log = NIOLockedValueBox<[Request]>([])
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let decoder = ByteToMessageHandler(HTTPRequestDecoder())
          let opener = TunnelOpener(decoder: decoder, manner: manner, log: log)
          try channel.pipeline.syncOperations.addHandlers([decoder, opener])
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      let result = try await body(
        TunnelProxy(port: channel.localAddress?.port ?? 0, log: log))
      try await channel.close()
      return result
    } catch {
      try await channel.close()
      throw error
    }
  }
}

private final class TunnelOpener: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
  private let manner: TunnelProxy.Manner
  private let log: NIOLockedValueBox<[TunnelProxy.Request]>
  private var head: HTTPRequestHead?

  init(
    decoder: ByteToMessageHandler<HTTPRequestDecoder>, manner: TunnelProxy.Manner,
    log: NIOLockedValueBox<[TunnelProxy.Request]>
  ) {
    self.decoder = decoder
    self.manner = manner
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      let authorization = head.headers.first(name: "Proxy-Authorization")
      log.withLockedValue {
        $0.append(
          TunnelProxy.Request(
            target: head.uri, authorization: authorization, headers: "\(head.headers)"))
      }
      guard head.method == .CONNECT else { return answer(405, context) }
      switch manner {
      case .wants(let wanted) where authorization != wanted: answer(407, context)
      case .opens, .wants: open(head.uri, context)
      case .answers(let status): answer(status, context)
      case .closes: context.close(promise: nil)
      }
    }
  }

  private func answer(_ status: Int, _ context: ChannelHandlerContext) {
    let text = "HTTP/1.1 \(status) Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    context.channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    context.close(promise: nil)
  }

  private func open(_ target: String, _ context: ChannelHandlerContext) {
    let parts = target.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]) else { return answer(400, context) }
    let client = context.channel
    let pipeline = context.pipeline.syncOperations
    let (decoder, opener) = (
      NIOLoopBound(decoder, eventLoop: client.eventLoop),
      NIOLoopBound(self, eventLoop: client.eventLoop)
    )
    let loopBound = NIOLoopBound(pipeline, eventLoop: client.eventLoop)
    Relay.connect(to: String(parts[0]), port, for: client).flatMap { upstream in
      loopBound.value.removeHandler(decoder.value).flatMap {
        loopBound.value.removeHandler(opener.value)
      }.flatMapThrowing {
        try loopBound.value.addHandler(Relay(to: upstream))
      }
    }.whenComplete { result in
      switch result {
      case .success:
        client.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
      case .failure:
        let text = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        client.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in
          client.close(promise: nil)
        }
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
