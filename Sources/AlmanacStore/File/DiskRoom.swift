import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The room on the file system of a file.
enum DiskRoom {
  /// The bytes that are free in the folder of a file.
  static func free(beside path: String) throws -> Int {
    var status = statvfs()
    guard statvfs(path.folder, &status) == 0 else {
      throw AlmanacError(
        .unusableArchive, "looking for room beside \(path)",
        cause: String(cString: strerror(errno)).lowercased(),
        hint: "check the folder with `df \(path.folder)`")
    }
    let (bytes, isHuge) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return isHuge ? .max : bytes
  }

  /// Whole megabytes, or gigabytes where there are many.
  static func words(on bytes: Int) -> String {
    bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
  }
}

extension String {
  /// The folder of a file, with a slash at its end.
  var folder: String { lastIndex(of: "/").map { String(self[...$0]) } ?? "./" }
}
