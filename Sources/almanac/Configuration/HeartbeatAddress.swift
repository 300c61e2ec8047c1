import AlmanacCore
import FastGPT
import Foundation

/// The address that a monitor watches: it is called when a run begins and when it ends.
///
/// It is a secret like the key, since whoever knows it can call, too. No description shows it.
struct HeartbeatAddress: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The reason why a text is no such address. It never repeats the text.
  struct Fault: Error {
    let cause: String
    let hint: String
  }

  /// The words that stand for what is known at the end.
  private static let exitCode = "{exit_code}"
  private static let status = "{status}"

  private let text: String
  /// Scheme, host and port alone.
  let server: ServerAddress

  /// Reads an address of http or https. `{exit_code}` and `{status}` in it stand for the exit code,
  /// and for `up` or `down`.
  init(_ text: String) throws(Fault) {
    let hint = "write it like https://hc-ping.com/… or https://…/api/push/…?status={status}"
    let filled = Self.filled(text, 0)
    if let open = filled.firstIndex(of: "{"), filled[open...].contains("}") {
      throw Fault(
        cause: "it has a word in braces that is not known here",
        hint: "known are {exit_code} and {status}")
    }
    guard let parts = URLComponents(string: filled, encodingInvalidCharacters: false),
      let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = parts.host, !host.isEmpty
    else { throw Fault(cause: "it is no address of http or https", hint: hint) }
    guard parts.user == nil, parts.password == nil else {
      throw Fault(cause: "it holds a user name, which is not sent", hint: hint)
    }
    let port = parts.port.map { ":\($0)" } ?? ""
    do {
      server = try ServerAddress("\(scheme)://\(host)\(port)", allowPlainHTTP: true)
    } catch {
      throw Fault(cause: "its host or port cannot be used", hint: hint)
    }
    self.text = text
  }

  private static func filled(_ text: String, _ code: Int32) -> String {
    text.replacing(exitCode, with: "\(code)").replacing(status, with: code == 0 ? "up" : "down")
  }

  private var isTemplate: Bool { text.contains(Self.exitCode) || text.contains(Self.status) }

  /// The address for the start of a run, as Healthchecks has it; `nil` for an address with words in
  /// braces, whose monitor knows of ends alone.
  var start: String? { isTemplate ? nil : appending("start") }

  /// The address for the end of a run.
  func end(_ code: Int32) -> String {
    isTemplate ? Self.filled(text, code) : appending("\(code)")
  }

  /// The address with a further part of its path, before its query.
  private func appending(_ part: String) -> String {
    let end = text.firstIndex { $0 == "?" || $0 == "#" } ?? text.endIndex
    let path = text[..<end]
    return path + (path.hasSuffix("/") ? "" : "/") + part + text[end...]
  }

  var description: String { "[not shown]" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [:]) }
}
