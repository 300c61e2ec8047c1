import AlmanacCore
import AlmanacStore
import FastGPT
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the key of a server is looked for: systemd's credentials, the environment, a file. The
/// first that is found wins, and if it cannot be used it is an error.
struct Credential {
  /// A key, and where it was found.
  struct Key: Sendable {
    /// White space around it dropped.
    let text: String
    /// Variable or file, never the key.
    let source: String

    /// Throws an ``AlmanacError`` with the source for a key that no request can carry.
    func usable() throws -> APIKey {
      do {
        return try APIKey(text)
      } catch let error as AlmanacError {
        throw AlmanacError(
          error.code, "using the key from \(source)", cause: error.cause, hint: error.hint)
      }
    }
  }

  let environment: [String: String]

  init(environment: [String: String] = Environment.variables) {
    self.environment = environment
  }

  /// Throws an ``AlmanacError`` that never shows the key.
  func key(of server: Configuration.Server) throws -> Key {
    let isOnly = server.name == "default"
    let finding = Finding(server: server.name)
    if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
      let name = "fastgpt-api-key" + (isOnly ? "" : "-\(server.name)")
      let (file, source) = ("\(directory)/\(name)", "$CREDENTIALS_DIRECTORY/\(name)")
      if try finding.isThere(file, source) {
        return try finding.key(in: file, source: source, isPrivate: true)
      }
    }
    let variable = Self.variable(ofServer: server.name)
    if let value = environment[variable] {
      return try finding.key(value, source: "$\(variable)")
    }
    guard let file = server.keyFile else {
      throw finding.refusal(
        "there is none", "name a file in its `api_key_file`, or set \(variable)")
    }
    // What stands there may be the key itself, until there is a file of that name.
    guard try finding.isThere(file, server.keyPlace) else {
      throw finding.refusal(
        "there is no file of the name that stands at \(server.keyPlace)",
        "write the key into a file, alone, run `chmod 600` on it and write its name there; if the "
          + "key itself stands there, take it out")
    }
    return try finding.key(in: file, source: "\(file) (\(server.keyPlace))", isPrivate: false)
  }

  /// The environment variable for the key of a server.
  static func variable(ofServer name: String) -> String {
    let suffix = name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return "FASTGPT_API_KEY" + (name == "default" ? "" : "_" + String(suffix))
  }

  /// The search for one server's key.
  private struct Finding {
    let server: String

    func refusal(_ cause: String, _ hint: String) -> AlmanacError {
      AlmanacError(
        .configuration, "finding the key of the server \(server)", cause: cause, hint: hint)
    }

    /// A link that leads nowhere is there too, and found wanting. Throws an ``AlmanacError`` where it
    /// may not be seen.
    func isThere(_ file: String, _ source: String) throws -> Bool {
      switch FileSight(file) {
      case .there: return true
      case .absent:
        var status = stat()
        return lstat(file, &status) == 0
      case .hidden(let cause, let hint): throw refusal("\(source): \(cause)", hint)
      }
    }

    /// - Parameter isPrivate: whether nobody else gets at the file anyway
    func key(in file: String, source: String, isPrivate: Bool) throws -> Key {
      let text: String
      do throws(SecretFile.Fault) {
        text = try SecretFile.read(file, isPrivate: isPrivate)
      } catch {
        throw refusal(error.cause(source), error.hint(file, holding: "the key"))
      }
      return try key(text, source: source)
    }

    func key(_ text: String, source: String) throws -> Key {
      // Some editors begin a file with a byte-order mark.
      let white = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}"))
      let key = text.trimmingCharacters(in: white)
      guard !key.isEmpty else {
        throw refusal("\(source) is empty", "put a team-wide API key of FastGPT there")
      }
      return Key(text: key, source: source)
    }
  }
}

extension Credential {
  /// A Secret of Kubernetes is mounted so that no container changes it, root's neither.
  private static let secret =
    "it lies on a read-only mount; if that is a Secret of Kubernetes, give its volume "
    + "`defaultMode: 0440` and the pod's `securityContext` an `fsGroup`"

  /// How a file that everybody may read is closed.
  static func hint(toClose file: String, isReadOnly: Bool) -> String {
    isReadOnly ? secret + "; otherwise copy it to where it can be closed" : "run `chmod o= \(file)`"
  }

  /// How this user gets to read a file.
  static func hint(toRead file: String, isReadOnly: Bool) -> String {
    isReadOnly ? secret : FileSight.hint(toOpen: file)
  }

  /// Whether the mount that a file lies on is.
  static func isReadOnly(_ file: String) -> Bool {
    var system = statvfs()
    // ST_RDONLY, which is not the same kind of constant everywhere.
    return statvfs(file, &system) == 0 && system.f_flag & 1 != 0
  }
}
