import Foundation

/// The check that a path can be that of an archive, which is one lasting file.
package enum ArchivePath {
  package struct Fault: Sendable {
    /// The cause, which does not quote the path.
    package let cause: String
    package let hint: String
  }

  /// The fault in the text of a path; `nil` if it may name a file. The file need not exist.
  ///
  /// SQLite accepts more than paths: an empty text for a temporary file, `:memory:` for no file at
  /// all, and an address, which can turn its locks off.
  package static func fault(in path: String) -> Fault? {
    func fault(_ cause: String) -> Fault {
      Fault(cause: cause, hint: "name a file, such as /var/lib/almanac/almanac.db")
    }
    if path.allSatisfy(\.isWhitespace) { return fault("it is empty") }
    if path.contains("\0") { return fault("it holds a zero byte") }
    if path.hasSuffix("/") { return fault("it names a folder") }
    if path.hasPrefix("~/") { return fault("only a shell knows `~`; the whole path is wanted") }
    if path.hasPrefix(":") {
      return fault(
        "it names no file: to SQLite, a colon at the beginning means something else, and "
          + ":memory: is gone when the program ends")
    }
    if path.lowercased().hasPrefix("file:")
      || path.prefixMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*:\/\//) != nil
    {
      return fault("it is an address, not the path of a file")
    }
    return nil
  }
}
