import NIOCore
import NIOPosix
import NIOSSL

/// Gives all that comes in one connection to another, and closes it with it.
final class Relay: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel

  init(to other: any Channel) {
    self.other = other
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// A connection to a port of some host whose answers go to a client.
  static func connect(
    to host: String, _ port: Int, for client: any Channel
  ) -> EventLoopFuture<any Channel> {
    ClientBootstrap(group: client.eventLoop)
      .channelInitializer { upstream in
        upstream.eventLoop.makeCompletedFuture {
          try upstream.pipeline.syncOperations.addHandler(Relay(to: client))
        }
      }
      .connect(host: host, port: port)
  }
}

/// TLS with the certificate of ``PrivateAuthority`` in front of a server that speaks none.
package enum TLSFront {
  /// Runs `body` with the port of `127.0.0.1` on which TLS leads to another.
  package static func serving<Result>(
    _ plainPort: Int, _ body: (Int) async throws -> Result
  ) async throws -> Result {
    let context = try PrivateAuthority.serverContext()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      // A connection is read from when this is done.
      .childChannelInitializer { client in
        Relay.connect(to: "127.0.0.1", plainPort, for: client).flatMap { upstream in
          client.eventLoop.makeCompletedFuture {
            let pipeline = client.pipeline.syncOperations
            try pipeline.addHandlers([NIOSSLServerHandler(context: context), Relay(to: upstream)])
          }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      let result = try await body(channel.localAddress?.port ?? 0)
      try await channel.close()
      return result
    } catch {
      try await channel.close()
      throw error
    }
  }
}
