import Foundation

/// The one path of a file, whatever symbolic links lead to it.
///
/// A file that does not exist yet has one too: links are followed to the place where it would be
/// made. A path that cannot be followed stays as it was written.
package enum CanonicalPath {
  package static func of(_ path: String) -> String {
    var path = path
    // The kernel follows as many links, too.
    for _ in 0..<40 {
      if let resolved = realpath(path, nil) {
        defer { free(resolved) }
        return String(cString: resolved)
      }
      let (folder, name) = split(path)
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        guard !name.isEmpty, let resolved = realpath(folder, nil) else { return path }
        defer { free(resolved) }
        let real = String(cString: resolved)
        return real == "/" ? "/\(name)" : "\(real)/\(name)"
      }
      path = target.hasPrefix("/") ? target : "\(folder)/\(target)"
    }
    return path
  }

  /// Splits a path into its folder, `.` if it has none, and its last name, which is empty after a
  /// final slash.
  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
  }
}
