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
}
