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

/// Finds the key of a server in systemd's credentials, the environment or a file.
///
/// The first one that is found wins. It is an error if that cannot be used.
struct Credential {
  /// A key, and where it was found.
  struct Key: Sendable {
    /// The key without the white space around it.
    let text: String
    /// The variable or file that held it; never the key.
    let source: String

    /// The key for requests. Throws an ``AlmanacError`` that names the source if no request can
    /// carry the key.
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

  /// Finds the key. Throws an ``AlmanacError`` that never shows it.
  func key(of server: Configuration.Server) throws -> Key {
    let isOnly = server.name == "default"
    let finding = Finding(server: server.name)
    if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty {
      let name = "fastgpt-api-key" + (isOnly ? "" : "-\(server.name)")
      let (file, source) = ("\(directory)/\(name)", "$CREDENTIALS_DIRECTORY/\(name)")
      if try finding.isThere(file, named: source) {
        return try finding.key(in: file, source: source, isPrivate: true)
      }
    }
    let variable = Self.variable(ofServer: server.name)
    if let value = environment[variable] {
      return try finding.key(value, source: "$\(variable)")
    }
    guard let file = server.keyFile else {
      throw finding.refusal(
        "there is none", hint: "name a file in its `api_key_file`, or set \(variable)")
    }
    // The configured path may be the key itself, unless there is such a file.
    guard try finding.isThere(file, named: server.keyPlace) else {
      throw finding.refusal(
        "\(server.keyPlace) names a file that does not exist",
        hint:
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

    func refusal(_ cause: String, hint: String) -> AlmanacError {
      AlmanacError(
        .configuration, "finding the key of the server \(server)", cause: cause, hint: hint)
    }

    /// Whether the file exists. A link that leads nowhere counts, and fails when it is read. Throws
    /// an ``AlmanacError`` if this user may not see it.
    func isThere(_ file: String, named source: String) throws -> Bool {
      switch FileSight(file) {
      case .there: return true
      case .absent:
        var status = stat()
        return lstat(file, &status) == 0
      case .hidden(let cause, let hint): throw refusal("\(source): \(cause)", hint: hint)
      }
    }

    /// - Parameter isPrivate: whether other users cannot get at the file anyway
    func key(in file: String, source: String, isPrivate: Bool) throws -> Key {
      let text: String
      do throws(SecretFile.Fault) {
        text = try SecretFile.read(file, isPrivate: isPrivate)
      } catch {
        throw refusal(error.cause(source), hint: error.hint(file, holding: "the key"))
      }
      return try key(text, source: source)
    }

    func key(_ text: String, source: String) throws -> Key {
      // Some editors begin a file with a byte-order mark.
      let white = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}"))
      let key = text.trimmingCharacters(in: white)
      guard !key.isEmpty else {
        throw refusal("\(source) is empty", hint: "put a team-wide API key of FastGPT there")
      }
      return Key(text: key, source: source)
    }
  }
}

extension Credential {
  /// The hint for a read-only mount. No container can change a Secret of Kubernetes, not even as
  /// root.
  private static let secret =
    "it lies on a read-only mount; if that is a Secret of Kubernetes, give its volume "
    + "`defaultMode: 0440` and the pod's `securityContext` an `fsGroup`"

  /// The hint for a file that everybody may read.
  static func hint(toClose file: String, isReadOnly: Bool) -> String {
    isReadOnly ? secret + "; otherwise copy it to where it can be closed" : "run `chmod o= \(file)`"
  }

  /// The hint for a file that this user may not read.
  static func hint(toRead file: String, isReadOnly: Bool) -> String {
    if isReadOnly { return secret }
    let owner = try? FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int
    guard owner == 0 else { return FileSight.hint(toOpen: file) }
    return
      "give it to the user that runs this, `sudo chown \(FileSight.thisUser) \(file)`; systemd's "
      + "LoadCredential hands over one of root's"
  }

  /// Whether a file lies on a read-only mount.
  static func isReadOnly(_ file: String) -> Bool {
    var system = statvfs()
    // 1 is ST_RDONLY, whose type is not the same everywhere.
    return statvfs(file, &system) == 0 && system.f_flag & 1 != 0
  }
}
