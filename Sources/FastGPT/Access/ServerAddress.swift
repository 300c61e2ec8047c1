import AlmanacCore
import Foundation

/// The address of a FastGPT server.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  /// Scheme, host, port and path prefix, without a slash at the end.
  package let description: String
  /// The host, for messages.
  package let host: String
  package let port: Int
  package let usesTLS: Bool

  /// Reads the `url` of a server from the configuration.
  ///
  /// A path prefix is kept. A slash at the end is dropped, and so is a last `/api`, since FastGPT's
  /// own pages show the address with it. Throws an ``AlmanacError`` for a scheme other than http or
  /// https, and for a user, query or fragment. Throws one for `http` to another machine too, unless
  /// `allowPlainHTTP` is set, since anybody on the way could read the key.
  package init(_ text: String, allowPlainHTTP: Bool = false) throws {
    guard let parts = URLComponents(string: text, encodingInvalidCharacters: false),
      let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty
    else {
      throw Self.refusal(
        of: nil, cause: "it is not an address", hint: "write it like https://cloud.fastgpt.cn")
    }
    let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    let shown = bare.contains(":") ? "[\(bare)]" : bare
    let port = parts.port.map { ":\($0)" } ?? ""
    guard scheme == "https" || scheme == "http" else {
      throw Self.refusal(
        of: shown, cause: "the scheme \(scheme) is not supported",
        hint: "write https://\(shown)\(port)")
    }
    guard parts.user == nil, parts.password == nil else {
      throw Self.refusal(
        of: shown, cause: "it holds a user name",
        hint: "drop it: the key is all that FastGPT asks for")
    }
    guard parts.query == nil, parts.fragment == nil else {
      throw Self.refusal(
        of: shown, cause: "it holds a query or a fragment",
        hint: "end it before the question mark or hash")
    }
    if let port = parts.port, !(1...65_535).contains(port) {
      throw Self.refusal(
        of: shown, cause: "there is no port \(port)", hint: "name one from 1 to 65535")
    }
    guard scheme == "https" || allowPlainHTTP || Self.isLoopback(bare) else {
      throw Self.refusal(
        of: shown, cause: "plain http would show the key to everybody on the way",
        hint: "write https://\(shown)\(port), or set allow_plain_http if nobody else is on the way")
    }
    var path = parts.percentEncodedPath
    while path.hasSuffix("/") { path.removeLast() }
    if path.hasSuffix("/api") { path.removeLast(4) }
    while path.hasSuffix("/") { path.removeLast() }
    description = "\(scheme)://\(shown)\(port)\(path)"
    self.host = bare
    usesTLS = scheme == "https"
    self.port = parts.port ?? (usesTLS ? 443 : 80)
  }

  /// The address of one endpoint.
  func url(appending path: String) -> String { description + path }

  private static func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1"].contains(host.lowercased()) { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && !numbers.contains(nil) && numbers[0] == 127
  }

  private static func refusal(of host: String?, cause: String, hint: String) -> AlmanacError {
    AlmanacError(
      .configuration, "using the server address" + (host.map { " of \($0)" } ?? ""),
      cause: cause, hint: hint)
  }
}
