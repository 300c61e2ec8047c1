import AsyncHTTPClient
import Foundation

/// The address of a proxy, with the user and password that it asks for. Its descriptions show only
/// host and port.
package struct ProxyAddress: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The reason why a text is not a usable proxy address. It never repeats the text.
  package struct Fault: Error {
    package let cause: String
    package let hint: String
  }

  private let host: String
  private let port: Int
  private let isSOCKS: Bool
  private let credentials: HTTPClient.Authorization?

  /// Reads `http://user:password@host:port` or `socks5://host:port`. A missing scheme means `http`.
  ///
  /// User and password are percent-decoded. They may hold any character, except that the user may
  /// not hold a colon.
  package init(_ text: String) throws(Fault) {
    var rest = text[...]
    var scheme = "http"
    if let end = text.range(of: "://") {
      scheme = text[..<end.lowerBound].lowercased()
      rest = text[end.upperBound...]
    }
    isSOCKS = try Self.isSOCKS(scheme)
    var login: Substring?
    if let sign = rest.lastIndex(of: "@") {
      login = rest[..<sign]
      rest = rest[rest.index(after: sign)...]
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    (host, port) = try Self.place(rest, usualPort: isSOCKS ? 1080 : 80)
    credentials = try login.map { text throws(Fault) in try Self.credentials(text) }
    if isSOCKS, credentials != nil {
      throw Fault(
        cause: "a SOCKS proxy that wants a user and a password cannot be used",
        hint: "name one that wants none, or an http:// proxy")
    }
  }

  /// Host and port.
  package var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// Host and port.
  package var debugDescription: String { description }

  /// Host and port, so that `dump` has nothing else to show.
  package var customMirror: Mirror { Mirror(self, children: ["address": description]) }

  /// Whether it holds a user and a password.
  package var hasCredentials: Bool { credentials != nil }

  var setting: HTTPClient.Configuration.Proxy {
    isSOCKS
      ? .socksServer(host: host, port: port)
      : .server(host: host, port: port, authorization: credentials)
  }

  private static func isSOCKS(_ scheme: String) throws(Fault) -> Bool {
    switch scheme {
    case "http": false
    case "socks5", "socks5h": true
    case "https":
      throw Fault(
        cause: "a proxy that is itself reached by TLS cannot be used",
        hint:
          "name its http:// address: what goes through it to an https server is encrypted anyway")
    default:
      throw Fault(
        cause: "its scheme is neither http nor socks5",
        hint: "write it like http://proxy.example.org:3128")
    }
  }

  private static func place(
    _ text: Substring, usualPort: Int
  ) throws(Fault) -> (host: String, port: Int) {
    let fault = Fault(
      cause: "it is not a host and a port", hint: "write it like http://proxy.example.org:3128")
    var host = text
    var rest = text[text.endIndex...]
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      rest = text[colon...]
    }
    let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"/?#[]\\".utf8.contains($0) }
    guard !host.isEmpty, isName, host.contains(":") == text.hasPrefix("[") else { throw fault }
    guard !rest.isEmpty else { return (String(host), usualPort) }
    guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else {
      throw fault
    }
    return (String(host), port)
  }

  private static func credentials(_ text: Substring) throws(Fault) -> HTTPClient.Authorization {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = parts[0].removingPercentEncoding,
      let password = (parts.count > 1 ? parts[1] : "").removingPercentEncoding
    else {
      throw Fault(
        cause: "its user or password holds a % without two hexadecimal digits after it",
        hint: "write a % itself as %25")
    }
    guard !user.contains(":") else {
      throw Fault(
        cause: "its user holds a colon, and a proxy would take what follows for the password",
        hint: "ask for a user without one")
    }
    return .basic(username: user, password: password)
  }
}
