import AlmanacCore
import AlmanacStore
import Testing

@testable import AlmanacCollector

/// The end of an app's reading. Days from 2026-03-01 to 2026-03-05 are expected; today is the 6th.
@Suite struct `The end of a reading` {
  typealias Table = BeliefTable

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let held: [String]
    var open: [String] = []
    var openHasUsers = true
    var forgotten: String?
    var refused: [String] = []
    var unplaced: (String, String)?
    var failed: (String, String)?
    var gaps: [String] = []
    var partial: [String] = []
  }

  static let cases = [
    Case(
      testDescription: "All held: no gap", held: ["03-01", "03-02", "03-03", "03-04", "03-05"]),
    Case(
      testDescription: "Neighbours are one gap", held: ["03-01", "03-04"],
      gaps: ["03-02 03-03 never read", "03-05 03-05 never read"]),
    Case(
      testDescription: "A failed read counts before a refusal", held: ["03-01", "03-05"],
      refused: ["03-02", "03-03"], failed: ("03-03", "03-04"),
      gaps: ["03-02 03-02 refused", "03-03 03-04 failed"]),
    Case(
      testDescription: "Beside a bucket that cannot be placed, absence proves nothing",
      held: ["03-01", "03-05"], unplaced: ("03-03", "03-04"),
      gaps: ["03-02 03-02 never read", "03-03 03-04 refused"]),
    Case(
      testDescription: "A day that was only read open is not known once it has ended",
      held: ["03-01", "03-02", "03-03", "03-04"], open: ["03-05"],
      gaps: ["03-05 03-05 never read"]),
    Case(
      testDescription: "If its start is forgotten, it stays as a lower bound",
      held: ["03-01", "03-02", "03-03", "03-04"], open: ["03-05"], forgotten: "03-05",
      partial: ["03-05"]),
    Case(
      testDescription: "Unless nothing was seen of it",
      held: ["03-01", "03-02", "03-03", "03-04"], open: ["03-05"], openHasUsers: false,
      forgotten: "03-05", gaps: ["03-05 03-05 never read"]),
  ]

  @Test(arguments: cases)
  func `says of each day why it is missing`(_ story: Case) {
    let range = { (ends: (String, String)) in Table.day(ends.0)...Table.day(ends.1) }
    let bucket = { (date: String) in Bucket(.day, holding: Table.day(date)) }
    let known = Table.known(forgotten: story.forgotten)
    let expected = Closing.expected(of: known, [.day], before: Table.day("03-06"))
    let held = HeldAtClose(
      expected: expected,
      missing: expected.flatMap(\.buckets).filter {
        !(story.held + story.open).contains($0.start.dayText)
      },
      open: story.open.map { HeldAtClose.OpenBucket(bucket($0), hasUsers: story.openHasUsers) },
      refused: Set(story.refused.map(bucket)),
      unplaced: story.unplaced.map { [.day: [range($0)]] } ?? [:])
    let changes = Closing(
      known: known, held: held, today: Table.day("03-06"),
      failed: story.failed.map { [.day: [Range(range($0))]] } ?? [:]
    ).changes(isWhole: true)
    #expect(
      changes.gaps?.map { "\($0.first.dayText) \($0.last.dayText) \($0.reason.rawValue)" }
        == story.gaps)
    #expect(changes.states.map(\.bucket.start.dayText) == story.partial)
    #expect(
      changes.dropped.map(\.start.dayText) == story.open.filter { !story.partial.contains($0) })
  }
}
