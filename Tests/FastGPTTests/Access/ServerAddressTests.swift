import AlmanacCore
import Testing

@testable import FastGPT

struct ServerAddressTests {
  @Test(arguments: [
    ("https://cloud.fastgpt.cn", "https://cloud.fastgpt.cn"),
    ("https://cloud.fastgpt.cn/", "https://cloud.fastgpt.cn"),
    ("HTTPS://cloud.fastgpt.cn/api", "https://cloud.fastgpt.cn"),
    ("https://cloud.fastgpt.cn:8443/x//api//", "https://cloud.fastgpt.cn:8443/x"),
    ("https://example.com/myapi", "https://example.com/myapi"),
    ("https://[2001:db8::1]:3000", "https://[2001:db8::1]:3000"),
    ("http://localhost:3000", "http://localhost:3000"),
    ("http://127.0.0.1:3000/api", "http://127.0.0.1:3000"),
    ("http://127.8.9.10", "http://127.8.9.10"),
    ("http://[::1]:3000", "http://[::1]:3000"),
  ])
  func `addresses that are taken`(_ text: String, _ shown: String) throws {
    #expect(try ServerAddress(text).description == shown)
  }

  @Test(arguments: [
    "http://example.com", "http://10.0.0.1:3000", "http://localhost.example.com",
    "http://127.0.0.1.example.com", "http://127.1", "http://128.0.0.1", "http://[::2]",
    "http://0.0.0.0",
  ])
  func `the key does not travel in plain sight`(_ text: String) throws {
    let error = try #require(throws: AlmanacError.self) { try ServerAddress(text) }
    #expect(error.code == .configuration)
    #expect(error.cause.contains("plain http"))
    #expect(try ServerAddress(text, allowPlainHTTP: true).description == text)
  }

  @Test(arguments: [
    "", " ", "cloud.fastgpt.cn", "https://", "https:///path", "ftp://example.com",
    "file:///etc/passwd", "https://user@example.com", "https://user:secret@example.com",
    "https://:secret@example.com", "https://example.com?x=1", "https://example.com#x",
    "https://exa mple.com", "https://example.com:0", "https://example.com:70000",
    "https://example.com\r\nX: y", "unix://socket",
  ])
  func `addresses that are refused`(_ text: String) throws {
    let error = try #require(throws: AlmanacError.self) {
      try ServerAddress(text, allowPlainHTTP: true)
    }
    #expect(error.code == .configuration)
    #expect(error.action.hasPrefix("using the server address"))
    #expect(!error.description.contains("secret"))
    #expect(!error.hint.isEmpty)
  }
}
