import AlmanacCore
import AlmanacStore
import Testing

@testable import AlmanacCollector

@Suite struct `Retention that is believed` {
  typealias Table = BeliefTable

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var isMeasured = false
    var held: Cohort?
    let users: Double
    /// The server's answer for the cohort of 2026-03-18, of which the next day has ended.
    let answered: Double
    let retained: Int?
    /// Whether this answer is the first to show that the server measures.
    var learns = false
  }

  static let cases = [
    Case(testDescription: "Only zeros so far: not measured", users: 3, answered: 0, retained: nil),
    Case(
      testDescription: "Measured: a zero is a zero", isMeasured: true, users: 3, answered: 0,
      retained: 0),
    Case(
      testDescription: "The first above zero shows that zeros are measured", users: 3, answered: 1,
      retained: 1, learns: true),
    Case(testDescription: "Of nobody, nobody comes back", users: 0, answered: 0, retained: 0),
  ]

  @Test(arguments: cases)
  func `is known once it is mature and measured`(_ story: Case) {
    let read = Table.read("03-18", "03-20")
    var held = Held(read.window)
    held.isRetentionMeasured = story.isMeasured
    let outcome = Belief(
      of: Table.answer(
        ["03-18": story.users, "03-19": 1, "03-20": 1],
        retained: ["03-18": story.answered]),
      to: read, at: Table.moment(), knowing: Table.known(), base: .activeUsers,
      held: [held]
    ).outcome()
    let cohorts = outcome.changes.cohorts.flatMap(\.rows)
    #expect(cohorts.map(\.day.dayText) == ["03-18", "03-19", "03-20"])
    #expect(cohorts.map(\.cohort.isMature) == [true, false, false])
    #expect(cohorts.last?.cohort.answered == nil)
    #expect(cohorts.first?.cohort.answered == Int(story.answered))
    #expect(cohorts.first?.cohort.retained == story.retained)
    #expect((outcome.changes.measured == .day) == story.learns)
  }

  /// All else of the bucket was asked for at offset 1, with the same answer.
  @Test func `is all that is believed of a further offset`() {
    let read = Table.read("03-04", "03-06", offset: 7)
    let outcome = Belief(
      of: Table.answer(["03-03": 1, "03-04": 5, "03-06": 2], retained: ["03-04": 2]), to: read,
      at: Table.moment(), knowing: Table.known(), base: .activeUsers,
      held: [Table.held(read, ["03-04": (.settled, 3), "03-05": (.settling, 0)])]
    ).outcome()
    #expect(outcome.rows == [] && outcome.chats == [] && outcome.revisions == [])
    #expect(outcome.changes.known.first == Table.day("03-01"))
    let cohorts = outcome.changes.cohorts.flatMap(\.rows)
    #expect(cohorts.map(\.day.dayText) == ["03-04", "03-05", "03-06"])
    #expect(cohorts.map(\.cohort.retained) == [2, nil, nil])
    #expect(cohorts.map(\.cohort.users) == [5, 0, 2])
    let moved = outcome.changes.known.progress.filter { $0.key.offset != 0 }
    #expect(moved.keys.map(\.offset) == [7])
    #expect(
      outcome.changes.known.progress[ReadSeries(.all, .day, offset: 0)]
        == Table.known().progress[ReadSeries(.all, .day, offset: 0)])
  }
}
