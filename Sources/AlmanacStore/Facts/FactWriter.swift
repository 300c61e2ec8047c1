import AlmanacCore
import Foundation
import GRDB

/// Writes figures of one app, source and grain where they differ from what is held, and keeps
/// both values of a complete bucket that changed.
///
/// Every fact goes through here, so no writer can forget a revision. Buckets are named by their
/// place in the list of days that the writer was made with. Flush it after the last one.
struct FactWriter {
  private let db: Database
  private let app: Int
  private let source: Int
  private let grain: Grain
  private let run: Int
  private let revision: Revision
  private let days: [Int]
  private let tables: [FactTable]
  private let tellsAll: Bool
  private var rows: [RowBatch] = []

  /// What is held of each day.
  private(set) var held: [Figures?]

  /// A writer at the belief's grain, unless another is named.
  ///
  /// - Parameters:
  ///   - tables: those that the figures to come belong to
  ///   - tellsAll: whether the figures to come are all that there is to know, but for users by source
  ///   - days: the first days of the buckets to come, ascending
  init(
    _ db: Database, _ belief: Belief, _ entry: LedgerEntry, source: Int, grain: Grain? = nil,
    tables: [FactTable] = FactTable.allCases, tellsAll: Bool = true, days: [Int]
  ) throws {
    self.db = db
    self.source = source
    self.tables = tables
    self.tellsAll = tellsAll
    self.days = days
    app = belief.app
    run = entry.run
    self.grain = grain ?? belief.grain
    revision = Revision(belief, entry, source)
    held = Array(repeating: nil, count: days.count)
    for table in tables {
      rows.append(try RowBatch(db, table.upsert))
      try readHeld(table)
    }
  }

  private mutating func readHeld(_ table: FactTable) throws {
    guard let first = days.first, let last = days.last else { return }
    var rows = try BoundStatement(db, table.select)
    rows.bind(app)
    rows.bind(source)
    rows.bind(grain.rawValue)
    rows.bind(first)
    rows.bind(last)
    let figures = table.figures
    try rows.forEach(of: days) { place, row in
      var known = held[place] ?? Figures()
      for index in figures.indices {
        if let value = row.real(orNull: Int32(index + 1)) { known[figures[index]] = value }
      }
      held[place] = known
    }
  }

  /// How the figures of one bucket compare with those that were held.
  enum Change {
    case none, new, revised

    /// Of two, the one that says more.
    static func += (left: inout Change, right: Change) {
      if left == .none || right == .revised { left = right }
    }
  }

  /// Figures that are unknown leave those that are held, and so do smaller ones where they may
  /// only raise. Retention is a ``CohortWriter``'s.
  mutating func write(
    _ figures: Figures, at place: Int, _ hold: Archive.Hold
  ) throws -> Change {
    let old = held[place]
    if old == nil, hold.trust == .raises, figures.isEmpty { return .none }
    var new = figures
    if let old { new = figures.filled(from: isStale(hold) ? staying(of: old) : old) }
    if hold.trust == .raises, let old { new = new.raised(to: old) }
    new[.retentionUserCount] = nil
    guard new != old else { return .none }
    held[place] = new
    let day = days[place]
    for (index, table) in tables.enumerated() {
      // The user's row carries the run, and is what the views begin with.
      guard table == .user || table.figures.contains(where: { new[$0] != old?[$0] }) else {
        continue
      }
      rows[index].bind(app)
      rows[index].bind(source)
      rows[index].bind(grain.rawValue)
      rows[index].bind(day)
      for figure in table.figures {
        if figure.isCount {
          try rows[index].bind(count: new[figure])
        } else {
          rows[index].bind(new[figure])
        }
      }
      if table == .user { rows[index].bind(run) }
      try rows[index].endRow()
    }
    guard hold.completeRun != nil else { return .new }
    return try revise(old ?? Figures(), new, Day(number: day), hold) ? .revised : .new
  }

  /// Whether a figure that an answer leaves out is worth nothing, since it is one of a bucket that
  /// had not ended.
  private func isStale(_ hold: Archive.Hold) -> Bool {
    tellsAll && hold.isOpen && hold.trust == .whole
  }

  /// Users by source come with the answer about all of them, and before that about the source.
  private func staying(of old: Figures) -> Figures {
    var staying = Figures()
    if source != 0 { staying[.userCount] = old[.userCount] }
    return staying
  }

  mutating func flush() throws {
    for index in rows.indices { try rows[index].flush() }
  }

  /// Keeps both values of each figure that changed in a complete bucket.
  private func revise(
    _ old: Figures, _ new: Figures, _ day: Day, _ hold: Archive.Hold
  ) throws -> Bool {
    var isRevised = false
    for figure in Figure.allCases
    where old[figure] != new[figure] && revision.isDue(old[figure], hold) {
      if old[figure] != nil { isRevised = true }
      try revision.record(
        db, figure.name, old[figure], new[figure], Bucket(grain, holding: day))
    }
    return isRevised
  }
}
