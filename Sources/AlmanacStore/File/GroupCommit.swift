import AlmanacCore
import GRDB
import Synchronization

/// Gathers writes that come at the same time, and commits them together.
///
/// A commit costs more than most of the writes in it. Each write still takes effect wholly or not at
/// all: if one of a group fails, the group is rolled back, and each of its writes runs once more,
/// alone. A body may therefore run twice, and must do nothing but write.
final class GroupCommit: Sendable {
  private let queue: DatabaseQueue
  private let state = Mutex(State())

  private struct State {
    /// The writes that no group has taken yet, in order of arrival.
    var waiting: [Write] = []
    var nextTicket = 0
    /// Whether a group is under way, which looks for waiting writes when it is done.
    var isRunning = false
  }

  private struct Write: Sendable {
    let ticket: Int
    /// Whether it has to be on disk when it returns.
    let isDurable: Bool
    let run: @Sendable (Database) throws -> Void
    /// Resumes the caller; with an error if nothing was written.
    let end: @Sendable ((any Error)?) -> Void
  }

  init(_ queue: DatabaseQueue) { self.queue = queue }

  /// The number of writes that wait for their group.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Runs a body in a transaction, and returns when it is committed. A cancelled task throws
  /// `CancellationError` unless the body has begun; a body that has begun is never broken off.
  ///
  /// - Parameter isDurable: whether the commit, and all before it, has to be on disk
  func write<T: Sendable>(
    isDurable: Bool = false, _ body: @escaping @Sendable (Database) throws -> T
  ) async throws -> T {
    try Task.checkCancellation()
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<T, any Error>) in
        let result = Mutex<T?>(nil)
        enqueue(
          Write(ticket: ticket, isDurable: isDurable) { db in
            let value = try body(db)
            result.withLock { $0 = value }
          } end: { error in
            if let value = result.withLock({ $0 }), error == nil {
              continuation.resume(returning: value)
            } else {
              continuation.resume(throwing: error ?? CancellationError())
            }
          })
        // The handler below finds no write if it runs before this line.
        if Task.isCancelled { cancel(ticket) }
      }
    } onCancel: {
      cancel(ticket)
    }
  }

  private func enqueue(_ write: Write) {
    let begins = state.withLock { state in
      state.waiting.append(write)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if begins { runNextGroup() }
  }

  private func cancel(_ ticket: Int) {
    let cancelled = state.withLock { state in
      state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
    }
    cancelled?.end(CancellationError())
  }

  /// Runs all that waits when its turn on the connection comes. Reads take their turn between groups.
  private func runNextGroup() {
    queue.asyncWriteWithoutTransaction { [self] db in
      let group = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      run(group, db)
      let isDone = state.withLock { state in
        if state.waiting.isEmpty { state.isRunning = false }
        return !state.isRunning
      }
      if !isDone { runNextGroup() }
    }
  }

  private func run(_ group: [Write], _ db: Database) {
    guard !group.isEmpty else { return }
    do {
      try commit(group, db)
      for write in group { write.end(nil) }
    } catch {
      guard group.count > 1 else { return group[0].end(error) }
      for write in group { run([write], db) }
    }
  }

  private func commit(_ group: [Write], _ db: Database) throws {
    let isDurable = group.contains(where: \.isDurable)
    if isDurable { try db.execute(sql: "PRAGMA synchronous = FULL") }
    defer { if isDurable { try? db.execute(sql: "PRAGMA synchronous = NORMAL") } }
    try Stage.committing.measured {
      try db.inTransaction(.immediate) {
        try Stage.writing.measured(within: .committing) {
          for write in group { try write.run(db) }
        }
        return .commit
      }
    }
  }
}
