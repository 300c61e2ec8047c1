import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that holds a secret, alone: a key, or a proxy's address with a password.
enum SecretFile {
  /// The reason why a file is not used.
  enum Fault: Error {
    case unreadable(String)
    case directory
    case special
    /// Everybody may read it; the mode in octal.
    case open(String)
    case noText

    /// - Parameter source: the name of the file in a message
    func cause(_ source: String) -> String {
      switch self {
      case .unreadable(let cause): "\(source) cannot be read: \(cause)"
      case .directory: "\(source) is a directory"
      case .special: "\(source) is no plain file"
      case .open(let mode): "everybody on this host may read \(source), mode \(mode)"
      case .noText: "\(source) holds no text, or far more than belongs there"
      }
    }

    /// - Parameter secret: what the file should hold
    func hint(_ path: String, holding secret: String) -> String {
      switch self {
      // A path that leads nowhere may be the secret itself, and is not quoted.
      case .unreadable where access(path, F_OK) != 0:
        "name a file that holds \(secret), and that this user may read"
      case .unreadable:
        Credential.hint(toRead: path, isReadOnly: Credential.isReadOnly(path))
      case .directory, .special: "name the file that holds \(secret)"
      case .open: Credential.hint(toClose: path, isReadOnly: Credential.isReadOnly(path))
      case .noText: "put \(secret) there, alone on one line"
      }
    }
  }

  /// Reads a regular file, and only as much as any secret has. A pipe would keep the run waiting,
  /// and a device might never end.
  ///
  /// - Parameter isPrivate: whether other users cannot get at the file anyway
  static func read(_ path: String, isPrivate: Bool = false) throws(Fault) -> String {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unreadable(String(cString: strerror(errno)).lowercased())
    }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw status.st_mode & S_IFMT == S_IFDIR ? .directory : .special
    }
    guard isPrivate || status.st_mode & 0o007 == 0 else {
      throw .open(String(status.st_mode & 0o777, radix: 8))
    }
    let bytes = try? FileHandle(fileDescriptor: descriptor).read(upToCount: 65_537)
    guard (bytes?.count ?? 0) <= 65_536, let text = String(data: bytes ?? Data(), encoding: .utf8)
    else { throw .noText }
    return text
  }
}
