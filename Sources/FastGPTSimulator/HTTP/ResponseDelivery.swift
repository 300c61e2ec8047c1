import HTTPTypes
import HummingbirdCore
import NIOCore

/// Writes a response to one connection in the way that its `delivery` says. A delivery that breaks
/// off or never ends throws, and Hummingbird then closes the connection.
struct ResponseDelivery {
  let raw: RawResponse
  /// The `Date` header for a response without one.
  let date: String
  let channel: any Channel

  func write(by writer: consuming ResponseWriter) async throws {
    if raw.delay > .zero { try await pause(raw.delay) }
    if raw.delivery == .silence { try await waitInVain() }
    var headers = HTTPFields()
    headers[.date] = date
    for (name, value) in raw.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let response = Response(
      status: HTTPResponse.Status(code: raw.status), headers: headers, body: body)
    try await writer.write(response: response.head, body: response.body)
  }

  private var body: ResponseBody {
    let bytes = ByteBuffer(bytes: raw.body)
    let length = bytes.readableBytes
    switch raw.delivery {
    case .whole: return ResponseBody(byteBuffer: bytes)
    case .closing:
      return ResponseBody(contentLength: length) { writer in
        try await writer.write(bytes)
        // Closing only the output lets the written bytes out first; a full close would drop some.
        try await channel.close(mode: .output)
        try await waitInVain()
      }
    case .silence, .headOnly:
      return ResponseBody(contentLength: length) { _ in try await waitInVain() }
    case .drip(let interval):
      return ResponseBody(contentLength: length) { writer in
        for byte in raw.body {
          try await pause(interval)
          try await writer.write(ByteBuffer(bytes: CollectionOfOne(byte)))
        }
        try await writer.finish(nil)
      }
    case .reset(let count):
      return ResponseBody(contentLength: length) { writer in
        try await writer.write(ByteBuffer(bytes: raw.body.prefix(count)))
        // A client that receives bytes and a reset at once drops the bytes.
        try await pause(.milliseconds(50))
        try await reset()
      }
    case .endless:
      return ResponseBody { writer in
        while true { try await writer.write(bytes) }
      }
    }
  }

  /// Waits, or ends early if the connection closes.
  private func pause(_ duration: Duration) async throws {
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(duration)) {}
    channel.closeFuture.whenComplete { _ in timer.cancel() }
    try await timer.futureResult.get()
  }

  private func waitInVain() async throws {
    // Hummingbird keeps a connection whose client has closed only its output. Here such a client
    // counts as gone.
    try await channel.setOption(.allowRemoteHalfClosure, value: false).get()
    try await channel.closeFuture.get()
    throw CancellationError()
  }

  private func reset() async throws {
    // A linger time of zero makes the kernel send RST instead of FIN.
    if let socket = channel as? any SocketOptionProvider {
      try await socket.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger())
        .get()
    }
    try await channel.close()
    throw CancellationError()
  }

  /// The layout of C's `struct linger`, declared here since only NIO imports its C module.
  private struct Linger {
    let isOn: CInt = 1
    let seconds: CInt = 0
  }
}
