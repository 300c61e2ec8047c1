import AlmanacCore
import AlmanacStore
import Crypto
import Foundation
import SystemPackage

/// The public views as files in a folder, one for each view and year, and a manifest that is written
/// last.
package struct FileExport {
  /// The form of the files.
  package enum Form: Sendable, Equatable {
    case csv(isForSpreadsheets: Bool)
    case jsonl

    var ending: String { self == .jsonl ? "jsonl" : "csv" }
  }

  private let moment: ArchiveMoment
  private let folder: String
  private let form: Form
  private let version: String
  private let action: String

  /// - Parameters:
  ///   - folder: made if there is none; one that holds files of somebody else under our names is
  ///     refused
  ///   - version: almanac's
  package init(of moment: ArchiveMoment, into folder: String, as form: Form, version: String) {
    self.moment = moment
    self.folder = folder
    self.form = form
    self.version = version
    action = "exporting \(moment.path) to \(folder.isEmpty ? "\"\"" : folder)"
  }

  /// Writes what differs from what the folder holds, and deletes files that are no longer wanted.
  ///
  /// Every file is written aside first. Until all have their names, the manifest says that it is not
  /// complete. Throws an ``AlmanacError``.
  ///
  /// - Returns: the manifest, and how many of its files were written anew
  package func write() throws -> (manifest: Manifest, written: Int) {
    let lock = try describingErrors { try openedFolder() }
    defer { close(lock) }
    let held = try Manifest.read(from: folder, action)
    guard held == nil || held?.format == form.ending else {
      throw AlmanacError(
        .unusableArchive, action, cause: "it holds an export as \(held?.format ?? "")",
        hint: "name another folder; this one was left as it is")
    }
    guard held == nil || held?.isDemo == moment.mark.isDemo else {
      throw AlmanacError(
        .unusableArchive, action,
        cause: moment.mark.isDemo
          ? "it holds figures of real apps, and these are a demo's"
          : "it holds the invented figures of a demo",
        hint: "name another folder; this one was left as it is")
    }
    let known = Dictionary(
      // A manifest that somebody has written must not name a file elsewhere.
      (held?.files ?? []).filter { !$0.name.contains("/") }.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first })
    let wanted = try files()
    var names = wanted.map(\.name)
    try refuseOthers(names.filter { known[$0] == nil })
    removeLeftovers(of: Set(names).union(known.keys).union([Manifest.name]))
    let suffix = ".\(UUID().uuidString.prefix(8)).partial"
    var manifest = Manifest(moment.mark, format: form.ending, almanac: version)
    var written: [String] = []
    do {
      for (name, table, year) in wanted {
        let file = try describingErrors { try write(table, year, name, aside: name + suffix) }
        guard file.rows > 0 || year == nil else {
          try? remove(name + suffix)
          continue
        }
        manifest.files.append(file)
        let isHeld = held?.isComplete == true && known[name] == file && isThere(file)
        if isHeld { try? remove(name + suffix) } else { written.append(name) }
      }
      names = manifest.files.map(\.name)
      try describingErrors {
        var unfinished = manifest
        unfinished.isComplete = false
        unfinished.files += known.values.filter { !names.contains($0.name) }
        if !written.isEmpty || held != manifest { try put(unfinished) }
        for name in written { try rename(name + suffix, name) }
        for name in known.keys where !names.contains(name) { try? remove(name) }
        try put(manifest)
        // Names are on disk with their folder. Not every file system takes that.
        _ = fsync(lock)
      }
    } catch {
      for (name, _, _) in wanted { try? remove(name + suffix) }
      throw error
    }
    return (manifest, written.count)
  }

  /// The files that there may be, in order; one of a year without rows is left out.
  private func files() throws -> [(name: String, table: PublicTable, year: Int?)] {
    try moment.tables.flatMap { table -> [(String, PublicTable, Int?)] in
      guard table.year != nil else { return [("\(table.name).\(form.ending)", table, nil)] }
      return try moment.years(of: table).map {
        ("\(table.name)-\(String(format: "%04d", $0)).\(form.ending)", table, $0)
      }
    }
  }

  private func write(
    _ table: PublicTable, _ year: Int?, _ name: String, aside: String
  ) throws -> Manifest.File {
    var stream = try HashedFile(path(aside))
    switch form {
    case .csv(let isForSpreadsheets):
      try write(table, year, as: CommaSeparated(isForSpreadsheets: isForSpreadsheets), to: &stream)
    case .jsonl: try write(table, year, as: JSONObjects(), to: &stream)
    }
    return try stream.finish(name: name, view: table.name, year: year)
  }

  private func write(
    _ table: PublicTable, _ year: Int?, as encoder: some RowEncoder, to stream: inout HashedFile
  ) throws {
    var encoder = encoder
    var head: [UInt8] = []
    encoder.begin(table, into: &head)
    try stream.write(head)
    let parts: [ArchiveMoment.Part] =
      if let year {
        table.isByApp ? moment.apps.map { .year(year, app: $0) } : [.year(year, app: nil)]
      } else {
        moment.parts(of: table)
      }
    for part in parts {
      // The same rows make the same file.
      stream.rows += try stream.write(
        table, part, of: moment, isOrdered: true, as: &encoder)
    }
  }

  private func refuseOthers(_ names: [String]) throws {
    guard let other = names.first(where: { FileManager.default.fileExists(atPath: path($0)) })
    else { return }
    throw AlmanacError(
      .unusableArchive, action, cause: "it holds \(other), which no manifest of almanac names",
      hint: "name another folder, or move that file away; this folder was left as it is")
  }

  /// The folder, made if there is none, and locked against a second export for as long as it is open.
  private func openedFolder() throws -> Int32 {
    if !FileManager.default.fileExists(atPath: folder), mkdir(folder, 0o777) != 0 {
      throw Errno(rawValue: errno)
    }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    // Not every file system has locks; there, two exports at a time may both fail.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw AlmanacError(
        .locked, action, cause: "another export writes there",
        hint: "try again when it is done, or name another folder")
    }
    return descriptor
  }

  /// Deletes what an export that was killed has left of our files.
  private func removeLeftovers(of names: Set<String>) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let own = name.wholeMatch(of: /(.+)\.[0-9A-F]{8}\.partial/),
        names.contains(String(own.1))
      else { continue }
      try? remove(name)
    }
  }

  private func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Whether the folder has the file as it was written.
  private func isThere(_ file: Manifest.File) -> Bool {
    guard let reader = FileHandle(forReadingAtPath: path(file.name)) else { return false }
    defer { try? reader.close() }
    var hash = SHA256()
    do {
      while let part = try reader.read(upToCount: 1 << 20), !part.isEmpty {
        hash.update(data: part)
      }
    } catch {
      return false
    }
    return hash.finalize().hexadecimal == file.sha256
  }

  private func put(_ manifest: Manifest) throws {
    let aside = Manifest.name + ".\(UUID().uuidString.prefix(8)).partial"
    var stream = try HashedFile(path(aside))
    try stream.write(manifest.text)
    _ = try stream.finish(name: aside, view: "", year: nil)
    try rename(aside, Manifest.name)
  }

  private func rename(_ old: String, _ new: String) throws {
    guard Foundation.rename(path(old), path(new)) == 0 else { throw Errno(rawValue: errno) }
  }

  private func remove(_ name: String) throws {
    guard unlink(path(name)) == 0 else { throw Errno(rawValue: errno) }
  }

  private func describingErrors<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as Errno {
      throw AlmanacError(
        .unusableArchive, action, cause: error.description.lowercased(),
        hint: error.nextStep
          + ", and export again; the manifest says whether what the folder holds is complete")
    }
  }
}

extension Errno {
  /// The next step for somebody who wants to write to a folder.
  fileprivate var nextStep: String {
    switch self {
    case .noSpace, .diskQuotaExceeded: "make room (`df`)"
    case .permissionDenied, .notPermitted, .readOnlyFileSystem:
      "let this user write to the folder (`ls -ld`), or name another one"
    case .noSuchFileOrDirectory: "make the folder above it first (`mkdir -p`)"
    case .notDirectory: "name a folder, since a part of that path is a file"
    default: "check that the folder has room and may be written to (`ls -ld`, `df`)"
    }
  }
}

/// A file that is written once, and the checksum of what was written.
private struct HashedFile: ByteStream {
  var rows = 0
  private var bytes = 0
  private var hash = SHA256()
  private let file: FileDescriptor

  init(_ path: String) throws(Errno) {
    do {
      file = try .open(
        FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o666))
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  mutating func write(_ part: [UInt8]) throws {
    try file.writeAll(part)
    hash.update(data: part)
    bytes += part.count
  }

  /// Puts the file on disk and closes it.
  func finish(name: String, view: String, year: Int?) throws -> Manifest.File {
    guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    try file.close()
    return Manifest.File(
      name: name, view: view, year: year, rows: rows, bytes: bytes,
      sha256: hash.finalize().hexadecimal)
  }
}

extension SHA256.Digest {
  fileprivate var hexadecimal: String {
    map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
