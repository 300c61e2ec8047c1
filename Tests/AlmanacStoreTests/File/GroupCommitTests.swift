import Foundation
import GRDB
import Synchronization
import Testing

@testable import AlmanacStore

@Suite struct `Writes that come at the same time` {
  private let queue: DatabaseQueue
  private let commits: GroupCommit
  private let counter = CommitCounter()

  init() throws {
    queue = try DatabaseQueue()
    try queue.write {
      try $0.execute(sql: "CREATE TABLE number (n INTEGER PRIMARY KEY CHECK (n < 100))")
    }
    queue.add(transactionObserver: counter)
    commits = GroupCommit(queue)
  }

  private func numbers() throws -> [Int] {
    try queue.read { try Int.fetchAll($0, sql: "SELECT n FROM number ORDER BY n") }
  }

  private func insert(_ number: Int) async throws -> Int {
    try await commits.write { db in
      try db.execute(sql: "INSERT INTO number VALUES (?)", arguments: [number])
      return number
    }
  }

  /// Begins writes while the connection is busy, so that all of them are one group.
  ///
  /// - Parameter meanwhile: what else happens before the connection is free
  private func together(
    _ count: Int, meanwhile: ([Task<Int, any Error>]) async -> Void = { _ in },
    _ work: @escaping @Sendable (Int) async throws -> Int
  ) async -> [Task<Int, any Error>] {
    let gate = DispatchSemaphore(value: 0)
    queue.asyncWriteWithoutTransaction { _ in gate.wait() }
    let tasks = (0..<count).map { number in Task { try await work(number) } }
    while commits.waitingCount < count { await Task.yield() }
    await meanwhile(tasks)
    gate.signal()
    return tasks
  }

  @Test func `are committed together`() async throws {
    let tasks = await together(50) { try await insert($0) }
    for (number, task) in tasks.enumerated() { #expect(try await task.value == number) }
    #expect(try numbers() == Array(0..<50))
    #expect(counter.commits == 1)
  }

  /// The group undoes what a failing write has done before its fault, and nobody else notices.
  @Test func `are written each by itself if one of them fails`() async throws {
    let tasks = await together(9) { number in
      guard number == 4 else { return try await insert(number) }
      return try await commits.write { db in
        try db.execute(sql: "INSERT INTO number VALUES (40), (41)")
        try db.execute(sql: "INSERT INTO number VALUES (100)")
        return number
      }
    }
    for (number, task) in tasks.enumerated() {
      if number == 4 {
        await #expect(throws: DatabaseError.self) { try await task.value }
      } else {
        #expect(try await task.value == number)
      }
    }
    #expect(try numbers() == [0, 1, 2, 3, 5, 6, 7, 8])
  }

  /// SQLite itself rolls the transaction back when the disk is full.
  @Test func `survive a full disk, as far as there is room`() async throws {
    try await queue.writeWithoutTransaction { db in
      try db.execute(sql: "CREATE TABLE blob (b BLOB)")
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages + 3)")
    }
    let tasks = await together(6) { number in
      guard number % 2 == 0 else { return try await insert(number) }
      return try await commits.write { db in
        try db.execute(sql: "INSERT INTO blob VALUES (zeroblob(100000))")
        return number
      }
    }
    for (number, task) in tasks.enumerated() {
      if number % 2 == 0 {
        let error = await #expect(throws: DatabaseError.self) { try await task.value }
        #expect(error?.resultCode == .SQLITE_FULL)
      } else {
        #expect(try await task.value == number)
      }
    }
    #expect(try numbers() == [1, 3, 5])
  }

  @Test func `go on without one whose task is cancelled`() async throws {
    let tasks = await together(3) { tasks in
      tasks[1].cancel()
      while commits.waitingCount > 2 { await Task.yield() }
    } _: {
      try await insert($0)
    }
    #expect(try await tasks[0].value == 0)
    await #expect(throws: CancellationError.self) { try await tasks[1].value }
    #expect(try await tasks[2].value == 2)
    #expect(try numbers() == [0, 2])
  }

  @Test func `of a cancelled task never begin`() async throws {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await insert(1)
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try numbers() == [])
  }

  /// A write that has to be on disk takes those along that came with it.
  @Test func `are on disk together if one of them has to be`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db")
    defer { try? FileManager.default.removeItem(at: file) }
    let queue = try DatabaseQueue(path: file.path)
    try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
    let commits = GroupCommit(queue)
    let level = { @Sendable (db: Database) in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
    #expect(try await commits.write { try level($0) } == 1)
    #expect(try await commits.write(isDurable: true) { try level($0) } == 2)
    #expect(try await commits.write { try level($0) } == 1)
    await #expect(throws: DatabaseError.self) {
      try await commits.write(isDurable: true) { try $0.execute(sql: "SELECT * FROM nothing") }
    }
    #expect(try await commits.write { try level($0) } == 1)
  }
}

private final class CommitCounter: TransactionObserver, Sendable {
  private let count = Mutex(0)

  var commits: Int { count.withLock { $0 } }

  func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
  func databaseDidChange(with event: DatabaseEvent) {}
  func databaseDidCommit(_ db: Database) { count.withLock { $0 += 1 } }
  func databaseDidRollback(_ db: Database) {}
}
