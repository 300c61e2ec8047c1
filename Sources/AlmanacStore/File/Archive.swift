import AlmanacCore
import CSQLite
import Foundation
import GRDB
import GRDBSQLite

// AlmanacStore owns the archive file: its schema, every SQL statement, the lock. It refuses to
// know what a figure means, where an answer came from, and whether it should be believed.

/// The archive: one SQLite file.
///
/// One writer at a time (``ArchiveLock``); readers need no lock and no write permission.
package struct Archive: Sendable {
  package let path: String
  let queue: DatabaseQueue
  private let commits: GroupCommit
  /// Whether the newest run was broken off and its log is gone; see ``CrashRecovery``.
  package var hasLostLog = false
  /// Whether `almanac demo` made it, with apps that it has invented.
  package private(set) var isDemo = false
  /// The state of a file that is read as one that nobody writes to; `nil` for others.
  private(set) var still: ImmutableFile?

  private init(
    path: String, queue: DatabaseQueue, hasLostLog: Bool = false, isDemo: Bool = false,
    still: ImmutableFile? = nil
  ) {
    self.path = path
    self.queue = queue
    commits = GroupCommit(queue)
    self.hasLostLog = hasLostLog
    self.isDemo = isDemo
    self.still = still
  }

  /// Opens the archive for writing; makes it if there is none, and brings its schema up to date.
  ///
  /// Throws an ``AlmanacError`` for a file that is no archive, is damaged, or is of a newer
  /// almanac, where there is no room to bring its schema up to date, and if asked to for a demo's;
  /// such a file is left as it is.
  ///
  /// A backup that is written to is one no longer, so that no later backup replaces it.
  ///
  /// - Parameter announce: called before an archive of an older schema is rewritten, and after that
  package static func openForWriting(
    path: String, refusingDemo: Bool = false,
    announce: (SchemaUpgrade.Stage, SchemaUpgrade) -> Void = { _, _ in }
  ) throws -> Archive {
    let action = "opening the archive \(path)"
    try checkFile(path, action)
    return try translatingErrors(action, path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration(readOnly: false))
      try queue.inDatabase { db in
        try Schema.check(db, action, path, maySet: true)
        if refusingDemo, try holdsDemo(db) { throw refusalOfDemo(path) }
        try CrashRecovery.checkNames(db, action, path)
      }
      let hasLostLog = try queue.inDatabase { db in try CrashRecovery.check(db, action, path) }
      try queue.inDatabase { db in
        // Readers of the file's group can open it only while the side files are there.
        try db.execute(sql: "PRAGMA journal_mode = WAL")
      }
      if let upgrade = try SchemaUpgrade(queue, path) {
        try upgrade.checkRoom()
        announce(.begins, upgrade)
        try upgrade.run(queue)
        announce(.ended, upgrade)
      } else {
        try Schema.migrate(queue)
      }
      try queue.write { db in
        guard try Schema.isBackup(db) else { return }
        try mark(db, as: Schema.applicationID)
        try renew(db)
      }
      if hasLostLog { try queue.write(CrashRecovery.restore) }
      queue.inDatabase(emptyLog)
      return Archive(path: path, queue: queue, hasLostLog: hasLostLog)
    }
  }

  /// Opens the archive for questions. Never migrates: an older schema is refused with a hint.
  package static func openForReading(path: String) throws -> Archive {
    let action = "opening the archive \(path)"
    try checkReadable(path, action)
    return try translatingErrors(action, path) {
      let (queue, still) = try queueForReading(path)
      let isDemo = try queue.inDatabase { db in
        try Schema.check(db, action, path, maySet: false)
        try CrashRecovery.checkNames(db, action, path)
        return try holdsDemo(db)
      }
      return Archive(path: path, queue: queue, isDemo: isDemo, still: still)
    }
  }

  /// The queue for questions. If the side files are missing and cannot be made, it reads the file
  /// as one that nobody writes to.
  ///
  /// - Parameter holdsTransaction: whether a transaction may outlive an access
  static func queueForReading(
    _ path: String, holdsTransaction: Bool = false
  ) throws -> (DatabaseQueue, ImmutableFile?) {
    var configuration = configuration(readOnly: true)
    configuration.allowsUnsafeTransactions = holdsTransaction
    do {
      return (try DatabaseQueue(path: path, configuration: configuration), nil)
    } catch let error as DatabaseError
      where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode)
    {
      guard let still = ImmutableFile(path),
        let queue = try? DatabaseQueue(path: still.address, configuration: configuration)
      else { throw error }
      return (queue, still)
    }
  }

  static func configuration(
    readOnly: Bool, enforcesKeys: Bool = false
  ) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(Double(patience) / 1000)
    // Checking foreign keys takes as long as writing the facts does. They are declared, the tests
    // enforce them, and `PRAGMA foreign_key_check` can check a file.
    configuration.foreignKeysEnabled = enforcesKeys
    configuration.label = "almanac"
    if !readOnly {
      configuration.prepareDatabase { db in
        keepLog(db.sqliteConnection)
        // A commit need not be on disk when it returns; see `writeToDisk`.
        try db.execute(sql: "PRAGMA synchronous = NORMAL")
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
      }
    }
    return configuration
  }

  /// Makes a connection leave the log as it is when it closes.
  static func keepLog(_ connection: SQLiteConnection?) {
    var on: Int32 = 1
    _ = sqlite3_file_control(connection, nil, SQLITE_FCNTL_PERSIST_WAL, &on)
    _ = almanac_no_checkpoint_on_close(connection)
  }

  /// Whether there is a file of that name. Throws an ``AlmanacError`` if this process may not see
  /// it.
  package static func isThere(_ path: String) throws -> Bool {
    try isThere(path, "opening the archive \(path)")
  }

  static func isThere(_ path: String, _ action: String) throws -> Bool {
    switch FileSight(path) {
    case .there: return true
    case .absent: return false
    case .hidden(let cause, let hint):
      throw AlmanacError(.unusableArchive, action, cause: cause, hint: hint)
    }
  }

  static func checkReadable(_ path: String, _ action: String) throws {
    guard try isThere(path, action) else {
      throw AlmanacError(
        .unusableArchive, action, cause: "there is no such file",
        hint: "run `almanac collect` first, or name the file with --database")
    }
    try checkFile(path, action)
    if let denial = FileSight.denial(ofReading: path) {
      throw AlmanacError(.unusableArchive, action, cause: denial.cause, hint: denial.hint)
    }
  }

  /// Throws an ``AlmanacError`` if the path cannot be that of a file. SQLite itself takes any file
  /// that is empty or absent, and says less about the others.
  static func checkFile(_ path: String, _ action: String) throws {
    var status = stat()
    if stat(path, &status) == 0 {
      let kind = status.st_mode & S_IFMT
      guard kind == S_IFREG else {
        throw AlmanacError(
          .unusableArchive, action,
          cause: kind == S_IFDIR ? "it is a directory" : "it is a device or a pipe, and no file",
          hint: kind == S_IFDIR
            ? "name a file, such as \(path)/almanac.db" : "name a file")
      }
      return
    }
    let folder = CanonicalPath.of(path).folder
    guard try isThere(path, action) || isThere(folder, action) else {
      throw AlmanacError(
        .unusableArchive, action, cause: "the directory \(folder) does not exist",
        hint: "make it with `mkdir -p \(folder)`")
    }
  }

  /// Puts what SQLite says into words that name the file and the next step.
  static func translatingErrors<T>(
    _ action: String, _ path: String, _ body: () throws -> T
  ) throws -> T {
    do {
      return try body()
    } catch {
      throw translation(of: error, action, path)
    }
  }

  /// The error for a person. GRDB translates the interruption of its own statements; statements
  /// that are bound by hand leave that to this function.
  private static func translation(
    of error: any Error, _ action: String, _ path: String
  ) -> any Error {
    switch error {
    case let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT:
      CancellationError()
    case let error as DatabaseError:
      AlmanacError(
        .unusableArchive, action, cause: cause(of: error), hint: hint(for: error.resultCode, path))
    case is RowDecodingError:
      // The row and the statement follow the dash; they are left out.
      AlmanacError(
        .unusableArchive, action,
        cause: "\(error)".components(separatedBy: " - ")[0],
        hint: hint(for: .SQLITE_CORRUPT, path))
    default: error
    }
  }

  /// SQLite's own words. A backup leaves its error with neither of its two connections, and the
  /// message says that there is none.
  private static func cause(of error: DatabaseError) -> String {
    if let message = error.message, message != "not an error" { return message }
    return String(cString: sqlite3_errstr(error.resultCode.rawValue))
  }

  private static func hint(for code: ResultCode, _ path: String) -> String {
    switch code {
    case .SQLITE_NOTADB:
      "\(path) is no SQLite file, or its head is damaged, and it was left as it is; name another "
        + "with --database, or put a backup in its place with `almanac restore`"
    case .SQLITE_CORRUPT:
      "look with `sqlite3 \(path) 'PRAGMA quick_check'`; put a backup in its place with "
        + "`almanac restore`, which moves \(path)-wal away with it, or save what can be read with "
        + "`sqlite3 \(path) .recover`"
    case .SQLITE_FULL, .SQLITE_IOERR:
      "make room on the disk, or raise a limit on the size of files (`df`, `ulimit -f`), and run "
        + "again; what was committed is kept"
    case .SQLITE_CANTOPEN where ["-wal", "-shm"].contains { !fileExists(path + $0) }:
      "\(path)-wal or \(path)-shm is gone; whoever may write the archive makes it anew with "
        + "`almanac migrate --database \(path)`"
    case .SQLITE_READONLY where CrashRecovery.size(path + "-journal") > 0:
      "a program was killed while it wrote; whoever may write the archive mends it with "
        + "`almanac migrate --database \(path)`"
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
      "check who may read and write \(path) and its directory with `ls -l`"
    case .SQLITE_BUSY:
      "another program holds the file locked; try again when it is done"
    default:
      "check the file with `sqlite3 \(path) 'PRAGMA quick_check'`"
    }
  }

  /// Moves what was committed from the log into the archive and empties the log, as far as present
  /// readers allow. Waits for no reader. What cannot be moved is safe in the log, too.
  static func emptyLog(_ db: Database) {
    sqlite3_busy_timeout(db.sqliteConnection, 0)
    sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    sqlite3_busy_timeout(db.sqliteConnection, patience)
  }

  private static func fileExists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }

  /// The time to wait for another program's lock, in milliseconds.
  private static let patience: Int32 = 10_000

  /// Runs one transaction. It is on disk when this returns, and so are all before it. A power cut
  /// may take transactions that are not on disk yet, the newest first; the next run reads their
  /// answers again.
  func writeToDisk(
    _ action: @autoclosure () -> String, _ body: @escaping @Sendable (Database) throws -> Void
  ) async throws {
    do {
      try await commits.write(isDurable: true, body)
    } catch {
      throw Self.translation(of: error, "\(action()) to \(path)", path)
    }
  }

  /// Runs one transaction: all of it is written, or nothing. It may be committed together with
  /// others, and run twice; see ``GroupCommit``.
  func write<T: Sendable>(
    _ action: @autoclosure () -> String, _ body: @escaping @Sendable (Database) throws -> T
  ) async throws -> T {
    do {
      return try await commits.write(body)
    } catch {
      throw Self.translation(of: error, "\(action()) to \(path)", path)
    }
  }

  /// Reads the archive as it is at one moment.
  func read<T: Sendable>(
    _ action: @autoclosure () -> String, _ body: @escaping @Sendable (Database) throws -> T
  ) async throws -> T {
    do {
      // Nobody else changes what the holder of the lock reads, so it needs no transaction. GRDB's
      // transaction would prepare every statement anew.
      let found = try await queue.configuration.readonly ? queue.read(body) : queue.unsafeRead(body)
      try still?.checkUnchanged()
      return found
    } catch {
      throw Self.translation(of: error, "\(action()) from \(path)", path)
    }
  }

  /// Reads in the same way, but on the calling thread, for a caller that has nothing else to do.
  func readHere<T>(
    _ action: @autoclosure () -> String, _ body: (Database) throws -> T
  ) throws -> T {
    do {
      let found = try queue.configuration.readonly ? queue.read(body) : queue.unsafeRead(body)
      try still?.checkUnchanged()
      return found
    } catch {
      throw Self.translation(of: error, "\(action()) from \(path)", path)
    }
  }
}

extension Archive {
  /// An archive that lives as long as the value, with the newest schema.
  package static func inMemory() throws -> Archive {
    let queue = try DatabaseQueue(
      configuration: configuration(readOnly: false, enforcesKeys: true))
    try Schema.migrate(queue)
    return Archive(path: ":memory:", queue: queue)
  }

  /// The number of the newest migration that a file has. Throws as opening it does.
  package static func schemaVersion(path: String) throws -> Int {
    let action = "opening the archive \(path)"
    try checkReadable(path, action)
    return try translatingErrors(action, path) {
      try DatabaseQueue(path: path, configuration: configuration(readOnly: true)).read { db in
        try Schema.check(db, action, path, maySet: true)
        let version = try Schema.version(db)
        guard version > 0 else { throw Schema.emptiness(action) }
        return version
      }
    }
  }
}
