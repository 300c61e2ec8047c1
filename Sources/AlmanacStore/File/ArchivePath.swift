import Foundation

/// Whether a path can be that of an archive, which is one file that stays.
package enum ArchivePath {
  package struct Fault: Sendable {
    /// Does not quote the path.
    package let cause: String
    package let hint: String
  }

  /// What is wrong with a path as a text; `nil` where it may name a file, which need not be there.
  ///
  /// SQLite takes more than paths: nothing for a file that is gone when it is closed, `:memory:` for
  /// none at all, and an address, which can turn its locks off.
  package static func fault(in path: String) -> Fault? {
    func fault(_ cause: String) -> Fault {
      Fault(cause: cause, hint: "name a file, such as /var/lib/almanac/almanac.db")
    }
    if path.allSatisfy(\.isWhitespace) { return fault("it is empty") }
    if path.contains("\0") { return fault("it holds a zero byte") }
    if path.hasSuffix("/") { return fault("it names a folder") }
    if path.hasPrefix(":") {
      return fault(
        "it names no file: what begins with a colon means something else to SQLite, and "
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
