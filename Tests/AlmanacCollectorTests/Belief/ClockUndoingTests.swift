import AlmanacCore
import AlmanacStore
import Testing

@testable import AlmanacCollector

/// Runs 4 and 5 had a clock that was ahead; today is 2026-03-20. The last right run began on
/// 2026-03-10, so that days up to the 9th had ended by then. Days were read up to the 20th, and
/// settled up to the 5th.
@Suite struct `The undoing of a clock that was ahead` {
  typealias Table = BeliefTable

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var grain = Grain.day
    var trusted: String? = "03-10"
    var isRetired = false
    var held: [HeldAtUndoing.HeldBucket] = []
    /// Mature cohorts: the day, the offset, and the run that first had an answer.
    var mature: [(day: String, offset: Int, run: Int)] = []
    var erased: [String] = []
    var states: [String] = []
    /// Cohorts that are mature no more, each with its offset.
    var young: [String] = []
    /// The forgotten end, which was 1 February.
    var forgotten: String? = "02-01"
    /// The days up to which figures, then retention at T+1, count as settled and as read.
    var read = ["03-05 03-10", "03-05 03-09"]
  }

  private static func held(
    _ date: String, _ state: BucketState, complete: Int? = 2, settled: Int? = nil,
    expired: Int? = nil, isActive: Bool = true, _ grain: Grain = .day
  ) -> HeldAtUndoing.HeldBucket {
    HeldAtUndoing.HeldBucket(
      Bucket(grain, holding: Table.day(date)), state, completeRun: complete, settledRun: settled,
      expiredRun: expired, isActive: isActive)
  }

  static let buckets = [
    Case(
      testDescription: "A day that has not begun is dropped, whatever it holds",
      held: [held("03-20", .open, complete: nil), held("03-21", .open, complete: nil)],
      erased: ["03-21"]),
    Case(
      testDescription: "Zeros of a day that may not have begun are dropped",
      held: [held("03-12", .settling, complete: 4, isActive: false)], erased: ["03-12"]),
    Case(
      testDescription: "Zeros that a right run has measured stay",
      held: [held("03-12", .settling, complete: 6, isActive: false)]),
    Case(
      testDescription: "The day on which the last right run began had begun: it is opened",
      held: [held("03-10", .settling, complete: 4, isActive: false)],
      states: ["03-10 settling→open"]),
    Case(
      testDescription: "What may have been closed too early is opened",
      held: [
        held("03-12", .settling, complete: 5), held("03-13", .settled, complete: 4, settled: 5),
        held("03-14", .partial, complete: 4),
      ], states: ["03-12 settling→open", "03-13 settled→open", "03-14 partial→open"]),
    Case(
      testDescription: "What had ended when the last right run began stays closed",
      held: [held("03-09", .settling, complete: 4)]),
    Case(
      testDescription: "What a right run has closed since stays closed",
      held: [held("03-12", .settling, complete: 6)]),
    Case(
      testDescription: "Today has not ended, whoever has closed it",
      held: [held("03-20", .settling, complete: 6)], states: ["03-20 settling→open"]),
    Case(
      testDescription: "Of an app that is retired, it is a lower bound", isRetired: true,
      held: [held("03-12", .settling, complete: 4), held("03-20", .partial, complete: nil)],
      states: ["03-12 settling→open", "03-12 open→partial without a run"]),
    Case(
      testDescription: "What was settled too early is settling, and all after it is read again",
      held: [held("03-02", .settled, settled: 3), held("03-04", .settled, settled: 4)],
      states: ["03-04 settled→settling"], read: ["03-04 03-04", "03-04 03-04"]),
    Case(
      testDescription: "What was taken for forgotten is asked for again",
      held: [
        held("01-30", .expired, expired: 2), held("01-31", .expired, expired: 3),
        held("02-01", .expired, settled: 4, expired: 4),
      ], states: ["02-01 expired→settling"], forgotten: "01-31",
      read: ["02-01 02-01", "02-01 02-01"]),
    Case(
      testDescription: "Without a forgotten day left, nothing is forgotten",
      held: [held("02-01", .expired, expired: 4)], states: ["02-01 expired→settling"],
      forgotten: nil, read: ["02-01 02-01", "02-01 02-01"]),
    Case(
      testDescription: "What was closed too early and then taken for forgotten is opened as well",
      held: [
        held("02-01", .expired, expired: 3), held("03-12", .expired, complete: 4, expired: 5),
      ],
      states: ["03-12 expired→settling", "03-12 settling→open"]),
    Case(
      testDescription: "A week that was taken for forgotten leaves the forgotten end, a day's",
      grain: .week, held: [held("02-02", .expired, expired: 4, .week)],
      states: ["02-02 expired→settling"], read: ["02-02 02-02", "02-02 02-02"]),
    Case(
      testDescription: "A week that holds today or the last trusted day is opened", grain: .week,
      held: [
        held("03-02", .settling, complete: 4, .week), held("03-09", .settling, complete: 4, .week),
        held("03-16", .settling, complete: 6, .week), held("03-23", .open, complete: nil, .week),
      ], erased: ["03-23"], states: ["03-09 settling→open", "03-16 settling→open"],
      read: ["03-05 03-09", "03-02 03-02"]),
  ]

  static let others = [
    Case(
      testDescription: "A cohort whose later day may not have ended is not mature",
      mature: [
        ("03-08", 1, 4), ("03-09", 1, 4), ("03-10", 1, 6), ("03-02", 7, 4), ("03-03", 7, 5),
      ],
      young: ["03-09 +1", "03-03 +7"], read: ["03-03 03-03", "03-03 03-03"]),
    Case(
      testDescription: "Nor is one whose later day has not ended, whoever has read it",
      mature: [("03-18", 1, 6), ("03-19", 1, 6), ("03-12", 7, 6), ("03-13", 7, 6)],
      young: ["03-19 +1", "03-13 +7"]),
    Case(
      testDescription: "A dropped day takes its cohorts with it",
      held: [held("03-12", .settling, complete: 4, isActive: false)],
      mature: [("03-12", 1, 4), ("03-13", 1, 4)], erased: ["03-12"], young: ["03-13 +1"]),
    Case(
      testDescription: "Nothing held: all is read again that had not ended when a right run began"),
    Case(
      testDescription: "What was read less far stays so", trusted: "03-19",
      read: ["03-05 03-19", "03-05 03-18"]),
    Case(
      testDescription: "Without a right run, nothing is trusted", trusted: nil,
      held: [
        held("01-02", .settled, complete: 4, settled: 4, isActive: false),
        held("01-03", .settled, complete: 4, settled: 4), held("01-04", .open, complete: nil),
      ], mature: [("01-03", 1, 4)], erased: ["01-02"], states: ["01-03 settled→open"],
      young: ["01-03 +1"], read: ["01-01 01-01", "01-01 01-01"]),
  ]

  @Test(arguments: buckets + others)
  func `takes back what the last right run did not know`(_ story: Case) throws {
    var known = Table.known(forgotten: "02-01")
    known.memory.remembers = 40
    let mark = try #require(known.progress[ReadSeries(.all, .day, offset: 0)])
    let series = [0, 1].map { ReadSeries(.all, story.grain, offset: $0) }
    known.progress = Dictionary(uniqueKeysWithValues: series.map { ($0, mark) })
    let mature = Dictionary(grouping: story.mature, by: \.offset).map { offset, cohorts in
      (
        ReadSeries(.all, story.grain, offset: offset),
        cohorts.map {
          HeldAtUndoing.MatureCohort(
            day: Table.day($0.day), base: .newUsers, users: 3, run: $0.run)
        }
      )
    }
    let changes = ClockUndoing(
      known: known,
      held: HeldAtUndoing(
        buckets: [story.grain: story.held], cohorts: Dictionary(uniqueKeysWithValues: mature),
        isRetired: story.isRetired, ahead: [4, 5], trusted: story.trusted.map { Table.day($0) },
        today: Table.today)
    ).changes()
    #expect(changes.erased.map(\.start.dayText) == story.erased)
    #expect(changes.states.map(\.text) == story.states)
    let young = changes.cohorts.sorted { $0.offset < $1.offset }.flatMap { rows in
      rows.rows.map { "\($0.day.dayText) +\(rows.offset)" }
    }
    #expect(young == story.young)
    // A cohort keeps its users, and loses the answer.
    let unknown = Cohort(base: .newUsers, users: 3, retained: nil, answered: nil, isMature: false)
    #expect(changes.cohorts.flatMap(\.rows).allSatisfy { $0.cohort == unknown })
    let memory = changes.known.memory
    #expect(memory.forgottenThrough?.dayText == story.forgotten)
    let remembersAgain = story.grain == .day && story.states.contains { $0.contains("expired") }
    #expect(memory.remembers == (remembersAgain ? 2 : 40))
    let read = series.compactMap { changes.known.progress[$0] }.map {
      "\($0.watermark.dayText) \($0.highWaterMark.dayText)"
    }
    #expect(read == story.read)
  }

  @Test func `deletes the revisions that such runs have written of what had not ended`() {
    let held = { (trusted: Day?) in
      HeldAtUndoing(isRetired: false, ahead: [4, 5], trusted: trusted, today: Table.today)
    }
    let withdrawn = { (trusted: Day?) in
      ClockUndoing(known: Table.known(), held: held(trusted)).changes().withdrawn
    }
    #expect(
      withdrawn(Table.day("03-11"))
        == zip(Grain.allCases, ["03-11", "03-09", "03-01", "01-01"]).map {
          WithdrawnRevisions(grain: $0, runs: [4, 5], from: Table.day($1))
        })
    #expect(withdrawn(nil).allSatisfy { $0.first == nil })
  }
}

extension StateChange {
  /// `date old→new`.
  fileprivate var text: String {
    "\(bucket.start.dayText) \(old.rawValue)→\(new.rawValue)\(isComplete ? "" : " without a run")"
  }
}
