import AsyncHTTPClient
import Foundation
import Testing

@testable import FastGPT

@Suite struct `The address of a proxy` {
  @Test(arguments: [
    ("http://proxy:3128", "proxy:3128"), ("proxy:3128", "proxy:3128"), ("proxy", "proxy:80"),
    ("HTTP://Proxy.example.org:8080/", "Proxy.example.org:8080"),
    ("http://[2001:db8::1]:3128", "[2001:db8::1]:3128"), ("[::1]", "[::1]:80"),
    ("socks5://127.0.0.1:9050", "127.0.0.1:9050"), ("socks5h://tor", "tor:1080"),
    ("http://user:geheim@proxy:3128", "proxy:3128"),
  ])
  func `shows host and port alone`(_ text: String, _ shown: String) throws {
    let address = try ProxyAddress(text)
    #expect("\(address)" == shown)
    #expect(String(reflecting: address) == shown)
    var dumped = ""
    dump(Route(proxy: address), to: &dumped)
    #expect(dumped.contains(shown) && !dumped.contains("geheim"))
  }

  @Test(arguments: [
    ("http://ann:geheim@proxy:1", "ann:geheim"), ("http://ann@proxy:1", "ann:"),
    ("ann:ge%3Aheim%40%25@proxy:1", "ann:ge:heim@%"),
    ("http://ann:a@b#c/d?e:f@proxy:1", "ann:a@b#c/d?e:f"),
    ("http://D%C3%B6:%E4%BD%A0@proxy:1", "Dö:你"), ("http://:pass@proxy:1", ":pass"),
  ])
  func `holds user and password, percent-decoded`(_ text: String, _ login: String) throws {
    let address = try ProxyAddress(text)
    #expect(address.hasCredentials)
    let header = "Basic " + Data(login.utf8).base64EncodedString()
    #expect(address.setting.authorization?.headerValue == header)
    #expect("\(address)" == "proxy:1")
  }

  @Test(arguments: [
    "", "http://", "https://geheim@proxy:3128", "socks4://proxy:1", "ftp://geheim:geheim@proxy",
    "http://proxy:0", "http://proxy:65536", "http://proxy:99999999999999999999", "http://proxy:",
    "http://proxy:geheim", "http://proxy:3128/geheim", "http://proxy geheim:3128", "::1:3128",
    "http://[::1", "http://[::1]3128", "http://ann:ge%heim@proxy:1", "http://ann:geheim%@proxy:1",
    "http://a%3Ab:geheim@proxy:1", "socks5://ann:geheim@proxy:1080", "http://ann:geheim@",
    "http://proxy:-1", "http://proxy?geheim:1", "http://proxy\n:1",
  ])
  func `is refused in words that do not repeat it`(_ text: String) throws {
    let fault = try #require(throws: ProxyAddress.Fault.self) { try ProxyAddress(text) }
    #expect(!fault.cause.isEmpty && !fault.hint.isEmpty)
    #expect(!"\(fault)".contains("geheim"))
  }
}

@Suite struct `Servers without a proxy` {
  @Test(arguments: [
    ("example.org", "https://example.org", true), ("example.org", "https://api.example.org", true),
    ("example.org", "https://badexample.org", false), ("Example.ORG", "https://EXAMPLE.org", true),
    ("example.org.", "https://example.org", true), ("example.org", "https://example.org.", true),
    (".example.org", "https://api.example.org", true),
    (".example.org", "https://example.org", false),
    ("*.example.org", "https://a.b.example.org", true),
    ("*.example.org", "https://example.org", false), ("*", "https://example.org", true),
    ("a.org, example.org", "https://example.org", true), ("a.org b.org", "https://b.org", true),
    ("example.org:443", "https://example.org", true),
    ("example.org:8443", "https://example.org", false),
    ("example.org:8443", "https://example.org:8443/fastgpt", true),
    ("10.0.0.0/8", "https://10.1.2.3", true), ("10.0.0.0/8", "https://11.1.2.3", false),
    ("10.1.2.3", "https://10.1.2.3", true), ("10.1.2.3:443", "https://10.1.2.3", true),
    ("10.1.2.3:80", "https://10.1.2.3", false), ("10.1.2.128/25", "https://10.1.2.127", false),
    ("0.0.0.0/0", "https://10.1.2.3", true), ("0.0.0.0/0", "https://example.org", false),
    ("fd00::/8", "https://[fd12::1]", true), ("fd00::/8", "https://[fe80::1]", false),
    ("[::1]:8443", "https://[::1]:8443", true), ("::1", "https://[0:0:0:0:0:0:0:1]", true),
    ("127.0.0.1", "https://[::ffff:127.0.0.1]", true), ("0.0.1", "https://127.0.0.1", false),
    ("localhost", "http://localhost:3000", true), ("127.0.0.0/8", "http://127.9.9.9", true),
    ("", "http://localhost", false), ("", "http://127.0.0.1", false),
    ("10.0.0.0/33", "https://10.0.0.1", false), ("10.0.0.0/x", "https://10.0.0.1", false),
    ("/,:,[],.,*.,:443,example.org:99999999999999999999", "https://example.org", false),
  ])
  func `are those that the variable names`(_ text: String, _ url: String, _ isCovered: Bool) throws
  {
    #expect(NoProxy(text).covers(try ServerAddress(url)) == isCovered)
  }
}
