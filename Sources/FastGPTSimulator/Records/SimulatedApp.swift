import Foundation

/// One application on the simulated server, with its whole conversation log.
package struct SimulatedApp: Sendable, Hashable {
  /// 24 hexadecimal digits.
  package let id: String
  /// The name, which the two endpoints do not use; it serves to configure a client.
  package let name: String
  /// The records before any change, in order of `time`, then of `id`.
  package let records: [ChatRecord]
  /// The changes of the records, in order of time.
  package let changes: [RecordChange]

  /// Takes records and changes in any order.
  package init(
    id: String, name: String, records: [ChatRecord] = [], changes: [RecordChange] = []
  ) {
    self.id = id
    self.name = name
    self.records = Self.sorted(records)
    self.changes = changes.sorted { ($0.at, $0.record) < ($1.at, $1.record) }
  }

  /// The records as they are at an instant, without later ones. Deletion by a server is not
  /// applied.
  ///
  /// A record exists from its first `time` on; for a conversation written in one piece that is its
  /// end. Instants are compared in whole milliseconds, as the server does.
  package func records(at now: Date) -> [ChatRecord] {
    records(afterChanges: changesBy(now)).filter {
      $0.time.epochMilliseconds <= now.epochMilliseconds
    }
  }

  /// The number of changes up to an instant.
  func changesBy(_ now: Date) -> Int {
    let now = now.epochMilliseconds
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].at.epochMilliseconds <= now { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The records after the first `count` changes.
  func records(afterChanges count: Int) -> [ChatRecord] {
    guard count > 0 else { return records }
    var changesOf: [String: [RecordChange]] = [:]
    for change in changes.prefix(count) { changesOf[change.record, default: []].append(change) }
    return Self.sorted(
      records.compactMap { record in
        guard let changes = changesOf[record.id] else { return record }
        if changes.contains(where: \.removes) { return nil }
        var record = record
        for change in changes { change.apply(to: &record) }
        return record
      })
  }

  private static func sorted(_ records: [ChatRecord]) -> [ChatRecord] {
    records.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
  }
}
