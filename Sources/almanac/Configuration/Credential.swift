import AlmanacCore
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
  let environment: [String: String]

  init(environment: [String: String] = Environment.variables) {
    self.environment = environment
  }

  /// The key, white space around it dropped. Throws an ``AlmanacError`` that never shows it.
  func key(of server: Configuration.Server) throws -> String {
    let isOnly = server.name == "default"
    let action = "finding the key of the server \(server.name)"
    if let directory = environment["CREDENTIALS_DIRECTORY"] {
      let file = "\(directory)/fastgpt-api-key" + (isOnly ? "" : "-\(server.name)")
      if FileManager.default.fileExists(atPath: file) {
        return try read(file, action, isPrivate: true)
      }
    }
    let variable = Self.variable(ofServer: server.name)
    if let value = environment[variable] {
      return try trimmed(value, action, "the environment variable \(variable) is empty")
    }
    guard let file = server.keyFile else {
      throw AlmanacError(
        .configuration, action, cause: "there is none",
        hint: "name a file in its `api_key_file`, or set \(variable)")
    }
    return try read(file, action, isPrivate: false)
  }

  /// The environment variable for the key of a server.
  static func variable(ofServer name: String) -> String {
    let suffix = name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return "FASTGPT_API_KEY" + (name == "default" ? "" : "_" + String(suffix))
  }

  /// Only a regular file is read, and only as much as any key has: a pipe would keep the run waiting,
  /// and a device might never end.
  ///
  /// - Parameter isPrivate: whether nobody else gets at the file anyway
  private func read(_ file: String, _ action: String, isPrivate: Bool) throws -> String {
    func refusal(_ cause: String, _ hint: String) -> AlmanacError {
      AlmanacError(.configuration, action, cause: cause, hint: hint)
    }
    let descriptor = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? refusal("there is no file \(file)", "write the key into it, and run `chmod 640 \(file)`")
        : refusal(
          "\(file) cannot be read: \(String(cString: strerror(errno)).lowercased())",
          "check who may read it with `ls -l \(file)`")
    }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw refusal(
        status.st_mode & S_IFMT == S_IFDIR ? "\(file) is a directory" : "\(file) is no plain file",
        "name the file that holds the key")
    }
    guard isPrivate || status.st_mode & 0o007 == 0 else {
      throw refusal(
        "everybody on this host may read \(file) (mode \(String(status.st_mode & 0o777, radix: 8)))",
        "run `chmod o= \(file)`")
    }
    let bytes = try? FileHandle(fileDescriptor: descriptor).read(upToCount: 65_537)
    guard (bytes?.count ?? 0) <= 65_536, let text = String(data: bytes ?? Data(), encoding: .utf8)
    else {
      throw refusal(
        "\(file) holds no text, or far more than a key", "put the key there, alone on one line")
    }
    return try trimmed(text, action, "\(file) is empty")
  }

  private func trimmed(_ text: String, _ action: String, _ ifEmpty: String) throws -> String {
    // Some editors begin a file with a byte-order mark.
    let white = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}"))
    let key = text.trimmingCharacters(in: white)
    guard !key.isEmpty else {
      throw AlmanacError(
        .configuration, action, cause: ifEmpty,
        hint: "put a team-wide API key of FastGPT there")
    }
    return key
  }
}
