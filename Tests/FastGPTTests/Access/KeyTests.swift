import AlmanacCore
import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import FastGPT

@Suite(.timeLimit(.minutes(5)))
struct KeyTests {
  static let key = TestClient.secret

  /// The key in the spellings that encoders use.
  static var spellings: [String] {
    [
      key,
      key.replacing("/", with: "\\/"),
      key.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!,
      key.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!.lowercased(),
      key.unicodeScalars.map { "\\u00" + String($0.value, radix: 16) }.joined(),
      key.unicodeScalars.map { "\\u00" + String($0.value, radix: 16).uppercased() }.joined(),
      // Some characters alone are escaped, the second one among them.
      key.unicodeScalars.enumerated().map { place, character in
        place % 2 == 0 ? String(character) : "%" + String(character.value, radix: 16)
      }.joined(),
    ]
  }

  @Test(arguments: spellings)
  func `the key is redacted however it is written`(_ spelling: String) throws {
    let key = try APIKey(Self.key)
    #expect(key.redacting("<\(spelling)>\(spelling)") == "<[key]>[key]")
    #expect(key.redacting(spelling.dropLast() + "!") == spelling.dropLast() + "!")
    #expect(key.redacting(String(spelling.dropLast())) == spelling.dropLast())
  }

  /// Base64 of the key occurs in `Authorization: Basic`, in tokens and in addresses.
  @Test(arguments: ["", "a", "ab", "Bearer ", "team:"])
  func `the key is redacted in Base64 too, whatever stands before it`(_ before: String) throws {
    let key = try APIKey(Self.key)
    for behind in ["", "c", "cd", "\n"] {
      let text = Data((before + Self.key + behind).utf8).base64EncodedString()
      let inNames = text.replacing("+", with: "-").replacing("/", with: "_")
      for spelling in [
        text, inNames, text.replacing("/", with: "\\/"),
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!,
      ] {
        let redacted = key.redacting("<\(spelling)>")
        #expect(redacted.contains("[key]"))
        // The rest belongs to the text around the key.
        #expect(redacted.count <= 40, "\(redacted)")
      }
    }
  }

  @Test
  func `bytes without the key stay as they are`() throws {
    let key = try APIKey("\\\\%%aa")
    for text in ["", "\\", "%", "%a", "\\u00", "\\u002", "aaaa%2", "\\\\%%a"] {
      #expect(key.redacting(text) == text)
    }
  }

  @Test
  func `a server that repeats the key finds it in nothing that leaves this room`() async throws {
    for spelling in Self.spellings {
      for status in [200, 500, 502, 302] {
        let body = #"{"code":500,"statusText":"\#(spelling)","message":"Bearer \#(spelling)"}"#
        let failure = try await TestClient.failure(
          .json(body, status: status, headers: ["Location": "https://\(Self.key)/\(Self.key)"]))
        expectNoKey(in: String(describing: failure))
        expectNoKey(in: failure.cause)
        expectNoKey(in: String(decoding: failure.delivery.body, as: UTF8.self))
        expectNoKey(in: dumped(failure))
        #expect(!failure.delivery.body.isEmpty)
      }
    }
  }

  @Test
  func `a key among the names of an answer is redacted there too`() async throws {
    let body = Fixture.envelope(
      user: #"{"timestamp":1758585600000,"summary":{"sourceCountMap":{"\#(Self.key)":1}}}"#,
      chat: #"{"timestamp":1758585600000,"summary":{"\#(Self.key)":1}}"#)
    // Redacting a message before the data moves the data.
    let moved = body.replacing(#""message":"""#, with: #""message":"\#(Self.key)""#)
    try await TestClient.run(answer: .always(.json(moved))) { client, _ in
      let answer = try await client.chart(Fixture.read())
      #expect(answer.observations[0].usersBySource == ["[key]": 1])
      #expect(answer.observations[0].further.map(\.name) == ["[key]"])
      expectNoKey(in: String(decoding: answer.delivery.body, as: UTF8.self))
    }
  }

  @Test
  func `a key as short as a number leaves the numbers alone`() async throws {
    try await TestClient.run(secret: "1", answer: .always(.json(Fixture.chart))) { client, _ in
      let answer = try await client.chart(Fixture.read())
      #expect(answer.observations[0].figures[.userCount] == 1)
      #expect(!answer.delivery.body.contains(UInt8(ascii: "1")))
    }
    let failure = try await TestClient.failure(secret: "1", .json("1st of all: no"))
    #expect(String(decoding: failure.delivery.body, as: UTF8.self) == "[key]st of all: no")
  }

  @Test
  func `what is kept of a body that is no answer is a megabyte at most`() async throws {
    let body = String(repeating: "x", count: (1 << 20) - 5) + Self.key + "tail"
    let failure = try await TestClient.failure(.json(body))
    #expect(failure.delivery.body.count == 1 << 20)
    #expect(String(decoding: failure.delivery.body.suffix(6), as: UTF8.self) == "x[key]")
  }

  @Test
  func `nothing that holds the key shows it`() async throws {
    let key = try APIKey(Self.key)
    #expect("\(key)" == "[key]")
    #expect(String(reflecting: key) == "[key]")
    expectNoKey(in: dumped(key))
    try await TestClient.run(answer: .always(.silence)) { client, _ in
      expectNoKey(in: "\(client)")
      expectNoKey(in: String(reflecting: client))
      expectNoKey(in: dumped(client))
    }
  }

  @Test
  func `the log of a read has its server, app and fate, and no key`() async throws {
    let lines = NIOLockedValueBox<[String]>([])
    let answers = TestAnswers.by { _, count in
      count == 0 ? .json(#"{"code":500,"message":"\#(Self.key)"}"#) : .json(Fixture.chart)
    }
    try await TestServer.run(answers) { server in
      var logger = Logger(label: "test") { _ in LogRecorder(lines: lines) }
      logger.logLevel = .trace
      let client = FastGPTServer(
        address: try ServerAddress(server.url), key: try APIKey(Self.key),
        limits: TestClient.limits,
        version: "1", timing: VirtualTime().timing, logger: logger)
      _ = try await client.chart(Fixture.read())
      await client.shutdown()
    }
    let log = lines.withLockedValue { $0.joined(separator: "\n") }
    expectNoKey(in: log)
    #expect(log.contains("getChartData"))
    #expect(log.contains(Fixture.app.text))
    #expect(log.contains("[key]"))
  }

  @Test(arguments: [
    "", " ", "two words", "Bearer abc", "line\nbreak", "cr\rlf\n", "tab\t", "nul\0", "schlüssel",
    "\u{7F}", "密钥",
  ])
  func `a key that could not stand in a header is refused unseen`(_ text: String) throws {
    let error = try #require(throws: AlmanacError.self) { try APIKey(text) }
    #expect(error.code == .configuration)
    if text.count > 3, !text.hasPrefix("Bearer") { #expect(!error.description.contains(text)) }
    #expect(!error.description.contains("abc"))
  }

  private func expectNoKey(in text: String, _ location: SourceLocation = #_sourceLocation) {
    for spelling in Self.spellings {
      #expect(!text.contains(spelling), sourceLocation: location)
    }
    #expect(!text.contains("odd"), sourceLocation: location)
  }

  private func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }
}

private struct LogRecorder: LogHandler {
  let lines: NIOLockedValueBox<[String]>
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.withLockedValue { $0.append("\(event.message) \(event.metadata ?? [:])") }
  }
}
