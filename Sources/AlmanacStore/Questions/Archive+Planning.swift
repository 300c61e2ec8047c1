import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Archive {
  /// Opens the archive as a run would find it, so that the run can be planned. If there is none
  /// yet, this is an empty archive in memory. Makes no file and writes nothing.
  ///
  /// Throws the ``AlmanacError`` that a run would end with before its first request: another run
  /// holds the lock, or the file cannot be used or written to.
  package static func openForPlanning(path: String) throws -> Archive {
    let action = "opening the archive \(path)"
    try checkFile(path, action)
    try ArchiveLock.checkFree(database: path)
    let isThere = FileManager.default.fileExists(atPath: path)
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    for file in isThere ? [path, folder] : [folder] where access(file, W_OK) != 0 {
      throw AlmanacError(
        .unusableArchive, action,
        cause: "\(file) may not be written to: \(String(cString: strerror(errno)).lowercased())",
        hint: "check who may write \(path) and its directory with `ls -l`")
    }
    // A run turns an empty file into an archive, too.
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard isThere, size != 0 else { return try inMemory() }
    var archive = try openForReading(path: path)
    archive.hasLostLog = try archive.readHere("opening the archive") { db in
      try CrashRecovery.examine(db, action, path) && CrashRecovery.logSize(path) == 0
    }
    return archive
  }
}
