import Foundation
import NIOCore
import NIOPosix

/// The bytes received over one connection, as no HTTP client shows them.
struct WireTranscript {
  enum End {
    /// The client left first.
    case left
    case closed
    case reset
  }

  private(set) var text = ""
  private(set) var end = End.closed

  var head: Substring { text.range(of: "\r\n\r\n").map { text[..<$0.upperBound] } ?? "" }
  var body: Substring { text[head.endIndex...] }

  /// Asks for the fixture's totals, and listens until the server ends it, or the client has enough.
  init(
    totalsAt base: URL, enough: @escaping @Sendable (WireTranscript) -> Bool = { _ in false }
  ) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: base.port ?? 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    self = try await channel.executeThenClose { inbound, outbound in
      var wire = WireTranscript()
      try await outbound.write(ByteBuffer(string: Self.request))
      do {
        for try await part in inbound {
          wire.text += String(buffer: part)
          if enough(wire) {
            wire.end = .left
            break
          }
        }
      } catch let error as IOError where error.errnoCode == ECONNRESET {
        wire.end = .reset
      }
      return wire
    }
  }

  private init() {}

  /// A transcript before the first byte.
  static let nothing = WireTranscript()

  static let request = """
    GET /api/proApi/core/app/logs/getTotalData?appId=\(Fixture.appID) HTTP/1.1\r
    Host: 127.0.0.1\r
    Authorization: Bearer secret\r
    \r

    """
}
