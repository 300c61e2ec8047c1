import AsyncHTTPClient
import FastGPTSimulator
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import Testing

/// The faults that only a socket shows. What hangs ends with the time limit, not with the test.
@Suite(.timeLimit(.minutes(2)))
struct FaultWireTests {
  private let fixture = Fixture.threeDays
  private let genuine: RawResponse

  init() { genuine = fixture.totals() }

  private func spoil(_ name: String, dripInterval: Duration = .milliseconds(1)) throws {
    let setting = Fault.Setting(for: fixture.server.profile, dripInterval: dripInterval)
    let fault = try #require(Fault.named(name, setting))
    fixture.server.reconfigure { $0.interceptor = .faults(.always(fault)) }
  }

  private func wire(
    _ name: String, dripInterval: Duration = .milliseconds(1),
    enough: @escaping @Sendable (WireTranscript) -> Bool = { _ in false }
  ) async throws -> WireTranscript {
    try spoil(name, dripInterval: dripInterval)
    return try await HTTPFront.serving(fixture.server) { base in
      try await WireTranscript(totalsAt: base, enough: enough)
    }
  }

  /// The transcript of a connection whose server shuts down once the client has received enough.
  private func wireAtShutdown(
    enough: @escaping @Sendable (WireTranscript) -> Bool
  ) async throws -> WireTranscript {
    let (heard, announcement) = AsyncStream<Void>.makeStream()
    let client = try await HTTPFront.serving(fixture.server) { base in
      let client = Task {
        try await WireTranscript(totalsAt: base) { wire in
          if enough(wire) { announcement.yield() }
          return false
        }
      }
      if enough(WireTranscript.nothing) {
        while fixture.server.requests.count < 2 { await Task.yield() }
      } else {
        _ = await heard.first { _ in true }
      }
      return client
    }
    return try await client.value
  }

  @Test func `a server shuts down while it keeps silent`() async throws {
    try spoil("hang-before-head")
    let wire = try await wireAtShutdown { _ in true }
    #expect(wire.text == "")
    #expect(wire.end == .closed)
  }

  @Test func `a server shuts down between head and body`() async throws {
    try spoil("hang-after-head")
    let wire = try await wireAtShutdown { !$0.head.isEmpty }
    #expect(wire.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(wire.head.contains("\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\n"))
    #expect(wire.head.lowercased().contains("\r\ncontent-length: \(genuine.body.count)\r\n"))
    #expect(wire.body == "")
    #expect(wire.end == .closed)
  }

  @Test func `a server shuts down while a body drips`() async throws {
    try spoil("slow-drip", dripInterval: .seconds(600))
    let wire = try await wireAtShutdown { !$0.head.isEmpty }
    #expect(wire.body == "")
    #expect(wire.end == .closed)
  }

  @Test func `a server shuts down while a body has no end`() async throws {
    try spoil("endless-body")
    let wire = try await wireAtShutdown { $0.text.utf8.count > 1 << 20 }
    #expect(wire.end != .left)
  }

  @Test func `a server shuts down while nobody reads a body without end`() async throws {
    try spoil("endless-body")
    let asked = fixture.server.requests.count
    let client = try await HTTPFront.serving(fixture.server) { base in
      let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.autoRead, value: false)
        .connect(host: "127.0.0.1", port: base.port ?? 0).get()
      try await client.writeAndFlush(ByteBuffer(string: WireTranscript.request))
      while fixture.server.requests.count == asked { await Task.yield() }
      return client
    }
    // It may know already.
    try? await client.close()
  }

  @Test func `a slow body comes bit by bit, and comes whole`() async throws {
    // A hundred bytes, so that a client would have to miss most of a minute to hear half of them.
    let early = try await wire("slow-drip", dripInterval: .seconds(1)) { !$0.body.isEmpty }
    #expect(genuine.text.hasPrefix(early.body))
    #expect(early.body.utf8.count < genuine.body.count / 2)
    let late = try await wire("slow-drip") { [genuine] in
      $0.body.utf8.count == genuine.body.count
    }
    #expect(late.body == genuine.text)
  }

  @Test func `a connection is reset in the middle of the body`() async throws {
    let wire = try await wire("reset-in-body")
    #expect(wire.end == .reset)
    #expect(wire.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(wire.body == genuine.text.prefix(genuine.body.count / 2))
  }

  @Test func `a body ends before its promised length`() async throws {
    let wire = try await wire("length-too-long")
    #expect(wire.head.contains("\r\nContent-Length: \(genuine.body.count + 100)\r\n"))
    #expect(wire.body == genuine.text)
    #expect(wire.end == .closed)
  }

  @Test func `a body goes on after its promised length`() async throws {
    let wire = try await wire("length-too-short") { [genuine] in
      $0.body.utf8.count >= genuine.body.count
    }
    #expect(wire.head.contains("\r\nContent-Length: \(genuine.body.count / 2)\r\n"))
    #expect(wire.body == genuine.text)
  }

  @Test func `a body without an end comes in chunks`() async throws {
    let wire = try await wire("endless-body") { $0.text.utf8.count > 5 << 20 }
    #expect(wire.head.lowercased().contains("\r\ntransfer-encoding: chunked\r\n"))
    #expect(wire.body.hasPrefix("4000\r\n   "))
    #expect(wire.end == .left)
  }

  /// A client of its own, which unpacks.
  private func unpacked(_ name: String) async throws -> (encoding: [String], body: String) {
    try spoil(name)
    let client = HTTPClient(
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      configuration: HTTPClient.Configuration(decompression: .enabled(limit: .none)))
    let result: Result<(encoding: [String], body: String), any Error>
    do {
      result = .success(
        try await HTTPFront.serving(fixture.server) { base in
          var request = HTTPClientRequest(
            url: base.absoluteString
              + "/api/proApi/core/app/logs/getTotalData?appId=\(Fixture.appID)")
          request.headers.add(name: "Authorization", value: "Bearer secret")
          let response = try await client.execute(request, timeout: .seconds(20))
          let body = try await response.body.collect(upTo: 1 << 20)
          return (response.headers["Content-Encoding"], String(buffer: body))
        })
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  @Test func `a compressed body is the genuine one`() async throws {
    let response = try await unpacked("gzip")
    #expect(response.encoding == ["gzip"])
    #expect(response.body == genuine.text)
  }

  @Test(arguments: ["gzip-corrupted", "gzip-wrong-checksum", "gzip-cut-off"])
  func `a client notices a broken compression`(name: String) async throws {
    await #expect(throws: (any Error).self) { try await unpacked(name) }
  }
}
