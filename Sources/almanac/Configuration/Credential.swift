import AlmanacCore
import Foundation

/// Where the key of a server is looked for: systemd's credentials, the environment, a file. The
/// first that is found wins, and if it cannot be used it is an error.
struct Credential {
  let environment: [String: String]

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.environment = environment
  }

  /// The key, white space around it dropped. Throws an ``AlmanacError`` that never shows it.
  func key(of server: Configuration.Server) throws -> String {
    let isOnly = server.name == "default"
    let action = "finding the key of the server \(server.name)"
    if let directory = environment["CREDENTIALS_DIRECTORY"] {
      let file = "\(directory)/fastgpt-api-key" + (isOnly ? "" : "-\(server.name)")
      if FileManager.default.fileExists(atPath: file) { return try read(file, action) }
    }
    let suffix = server.name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    let variable = "FASTGPT_API_KEY" + (isOnly ? "" : "_" + String(suffix))
    if let value = environment[variable] {
      return try trimmed(value, action, "the environment variable \(variable) is empty")
    }
    guard let file = server.keyFile else {
      throw AlmanacError(
        .configuration, action, cause: "there is none",
        hint: "name a file in its `api_key_file`, or set \(variable)")
    }
    try checkPrivate(file, action)
    return try read(file, action)
  }

  private func checkPrivate(_ file: String, _ action: String) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue else { return }
    guard mode & 0o007 == 0 else {
      throw AlmanacError(
        .configuration, action,
        cause: "everybody on this host may read \(file) (mode \(String(mode, radix: 8)))",
        hint: "run `chmod o= \(file)`")
    }
  }

  private func read(_ file: String, _ action: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else {
      throw AlmanacError(
        .configuration, action, cause: "there is no file \(file)",
        hint: "write the key into it, and run `chmod 640 \(file)`")
    }
    guard !isDirectory.boolValue else {
      throw AlmanacError(
        .configuration, action, cause: "\(file) is a directory",
        hint: "name the file that holds the key")
    }
    guard let bytes = FileManager.default.contents(atPath: file), bytes.count <= 65_536,
      let text = String(data: bytes, encoding: .utf8)
    else {
      throw AlmanacError(
        .configuration, action, cause: "\(file) cannot be read, or holds no text",
        hint: "check who may read it with `ls -l \(file)`")
    }
    return try trimmed(text, action, "\(file) is empty")
  }

  private func trimmed(_ text: String, _ action: String, _ ifEmpty: String) throws -> String {
    let key = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !key.isEmpty else {
      throw AlmanacError(
        .configuration, action, cause: ifEmpty,
        hint: "put a team-wide API key of FastGPT there")
    }
    return key
  }
}
