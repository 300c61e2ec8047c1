/// The records of one app, indexed for fast reading: instants as integers, users and sources as
/// small numbers, and for each record the previous one of its user.
struct AppLog: Sendable {
  /// The records in order of time.
  let records: [ChatRecord]
  /// The instant of each record, ascending.
  let times: [EpochMilliseconds]
  /// The user of each record, numbered from 0 in order of first appearance.
  let users: [Int32]
  let userCount: Int
  /// The source of each record, as an index into `sourceNames`.
  let sources: [Int32]
  let sourceNames: [ExactText]
  /// The index of the same user's previous record for each record, or -1. A user is new at a record
  /// whose previous one does not exist or is no longer visible.
  let previous: [Int32]

  init(_ records: [ChatRecord]) {
    self.records = records
    var userNumbers: [ExactText: Int32] = [:]
    var sourceNumbers: [ExactText: Int32] = [:]
    var names: [ExactText] = []
    var lastRecord: [Int32] = []
    var users: [Int32] = []
    var sources: [Int32] = []
    var previous: [Int32] = []
    let count = records.count
    users.reserveCapacity(count)
    sources.reserveCapacity(count)
    previous.reserveCapacity(count)
    for (position, record) in records.enumerated() {
      let userID = ExactText(record.userID)
      let user = userNumbers[userID] ?? Int32(lastRecord.count)
      if Int(user) == lastRecord.count {
        userNumbers[userID] = user
        lastRecord.append(-1)
      }
      let name = ExactText(record.source)
      let source = sourceNumbers[name] ?? Int32(names.count)
      if Int(source) == names.count {
        sourceNumbers[name] = source
        names.append(name)
      }
      users.append(user)
      sources.append(source)
      previous.append(lastRecord[Int(user)])
      lastRecord[Int(user)] = Int32(position)
    }
    times = records.map(\.time.epochMilliseconds)
    self.users = users
    self.sources = sources
    self.previous = previous
    userCount = lastRecord.count
    sourceNames = names
  }

  /// The records that a server knows of at `now`. Later ones have not happened yet, and those older
  /// than `keepsDays` are deleted. Every figure is counted from these records.
  func visible(at now: EpochMilliseconds, keepsDays: Int?) -> Range<Int> {
    let end = firstIndex(after: now)
    guard let keepsDays else { return 0..<end }
    return min(firstIndex(after: now - keepsDays * 86_400_000 - 1), end)..<end
  }

  /// The records of `range`, both ends inclusive, among `visible`.
  func indices(in range: ClosedRange<EpochMilliseconds>, of visible: Range<Int>) -> Range<Int> {
    let found = firstIndex(after: range.lowerBound - 1)..<firstIndex(after: range.upperBound)
    return found.clamped(to: visible)
  }

  /// The first record later than `instant`.
  func firstIndex(after instant: EpochMilliseconds) -> Int {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] > instant { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
