import AlmanacCore
import AlmanacStore
import Testing

@testable import AlmanacCollector

/// The belief in one answer, as tables: what is held, what is answered, what follows. No file, no
/// server and no clock take part.
@Suite struct `What is believed of an answer` {
  typealias Table = BeliefTable

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// State and conversations of days that are held.
    var held: [String: (state: BucketState, chats: Double)] = [:]
    var forgotten: String?
    /// Whether what is held was cut in another zone.
    var isRecut = false
    /// Conversations by day.
    let answer: [String: Double]
    /// Rows of buckets that are written.
    var rows: [String] = []
    /// Days whose figures are written.
    var chats: [String] = []
    var revisions: [String] = []
    /// Other buckets whose state changes.
    var states: [String] = []
    var forgottenThen: String?
  }

  /// Reads of 2026-03-04 to 2026-03-06 by an app that was first active on 2026-03-01.
  static let cases = [
    Case(
      testDescription: "Nothing held: each day is stored, absent ones as zeros",
      answer: ["03-04": 3, "03-06": 2],
      rows: ["03-04 settled", "03-05 settling", "03-06 settling"],
      chats: ["03-04 3", "03-05 0", "03-06 2"]),
    Case(
      testDescription: "The same again: nothing is written",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 0), "03-06": (.settling, 2)],
      answer: ["03-04": 3, "03-06": 2]),
    Case(
      testDescription: "A settling day that fell is revised, and never silently",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 9), "03-06": (.settling, 2)],
      answer: ["03-04": 3, "03-05": 7, "03-06": 2],
      chats: ["03-05 7"],
      revisions: ["03-05 users 9→7 fell", "03-05 chats 9→7 fell"]),
    Case(
      testDescription: "A day that settled meanwhile changes its state alone",
      held: ["03-04": (.settling, 3), "03-05": (.settling, 0), "03-06": (.settling, 2)],
      answer: ["03-04": 3, "03-06": 2],
      rows: ["03-04 settled"]),
    Case(
      testDescription: "An open day that ended takes the final figures, without a revision",
      held: ["03-04": (.settled, 3), "03-05": (.open, 4), "03-06": (.settling, 2)],
      answer: ["03-04": 3, "03-05": 6, "03-06": 2],
      rows: ["03-05 settling"], chats: ["03-05 6"]),
    Case(
      testDescription: "Held activity that is gone with nothing older left is forgotten",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      answer: ["03-05": 4, "03-06": 2],
      states: ["03-04 settled→expired"], forgottenThen: "03-04"),
    Case(
      testDescription: "Whole days at or before the forgotten end keep their figures",
      held: ["03-04": (.expired, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-04",
      answer: ["03-05": 4, "03-06": 2],
      forgottenThen: "03-04"),
    Case(
      testDescription: "So they do where the server still has a smaller rest of them",
      held: ["03-04": (.expired, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-04",
      answer: ["03-04": 1, "03-05": 4, "03-06": 2],
      forgottenThen: "03-04"),
    Case(
      testDescription: "A partial day at the forgotten end does not fall",
      held: ["03-04": (.partial, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-04",
      answer: ["03-04": 1, "03-05": 4, "03-06": 2],
      forgottenThen: "03-04"),
    Case(
      testDescription: "A partial day at the forgotten end rises",
      held: ["03-04": (.partial, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-04",
      answer: ["03-04": 5, "03-05": 4, "03-06": 2],
      chats: ["03-04 5"], revisions: ["03-04 users 3→5 grew", "03-04 chats 3→5 grew"],
      forgottenThen: "03-04"),
    Case(
      testDescription: "A day after the forgotten end may fall to zero",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-03",
      answer: ["03-04": 3, "03-06": 2],
      chats: ["03-05 0"], revisions: ["03-05 users 4→0 fell", "03-05 chats 4→0 fell"],
      forgottenThen: "03-03"),
    Case(
      testDescription: "In a past that is cut anew, activity that moves by a day is not forgotten",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      isRecut: true, answer: ["03-05": 3, "03-06": 6],
      chats: ["03-04 0", "03-05 3", "03-06 6"],
      revisions: [
        "03-04 users 3→0 recut", "03-04 chats 3→0 recut", "03-05 users 4→3 recut",
        "03-05 chats 4→3 recut", "03-06 users 2→6 recut", "03-06 chats 2→6 recut",
      ]),
    Case(
      testDescription:
        "There, what is gone for more is forgotten, with the oldest day that is left",
      held: ["03-04": (.settled, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      isRecut: true, answer: ["03-06": 1],
      states: ["03-04 settled→expired", "03-05 settling→expired", "03-06 settling→expired"],
      forgottenThen: "03-06"),
    Case(
      testDescription: "There, what follows a known forgotten end may have lost a part, too",
      held: ["03-04": (.expired, 3), "03-05": (.settling, 4), "03-06": (.settling, 2)],
      forgotten: "03-04", isRecut: true, answer: ["03-05": 2, "03-06": 2],
      states: ["03-05 settling→expired"], forgottenThen: "03-05"),
    Case(
      testDescription: "There, the last day of a range may have moved out of it",
      held: ["03-06": (.settling, 2)], isRecut: true, answer: [:],
      rows: ["03-04 settled", "03-05 settling"], chats: ["03-04 0", "03-05 0", "03-06 0"],
      revisions: ["03-06 users 2→0 recut", "03-06 chats 2→0 recut"]),
  ]

  @Test(arguments: cases)
  func `follows from what is held`(_ story: Case) {
    let read = Table.read("03-04", "03-06")
    let held = Table.held(read, story.held)
    var known = Table.known(forgotten: story.forgotten)
    known.isRecut = story.isRecut
    let belief = Belief(
      of: Table.answer(story.answer), to: read, at: Table.moment(), knowing: known,
      base: .activeUsers, held: [held])
    let states = held.buckets.indices.reduce(into: [Bucket: BucketState]()) { states, place in
      if let state = held.states[place]?.state, state != .open {
        states[held.buckets[place]] = state
      }
    }
    let outcome = belief.outcome(states: states)
    #expect(outcome.rows == story.rows)
    #expect(outcome.chats == story.chats)
    #expect(outcome.revisions == story.revisions)
    #expect(
      outcome.changes.states.map {
        "\($0.bucket.start.dayText) \($0.old.rawValue)→\($0.new.rawValue)"
      } == story.states)
    #expect(
      outcome.changes.known.memory.forgottenThrough?.dayText == story.forgottenThen)
  }

  /// A run whose clock was ahead has closed today; the answer's date says that it has not ended.
  @Test(arguments: [nil, "03-05"])
  func `opens no bucket again that was read after its end`(forgotten: String?) {
    let read = Table.read("03-05", "03-05")
    let held = Table.held(read, ["03-05": (.partial, 4)])
    let outcome = Belief(
      of: Table.answer(["03-05": 4]), to: read, at: Table.moment(today: Table.day("03-05")),
      knowing: Table.known(forgotten: forgotten), base: .activeUsers, held: [held]
    ).outcome()
    #expect(outcome.rows == [])
  }

  /// Its users are those of the map of all sources, which the day answer has brought.
  @Test func `leaves a source's users to the map`() {
    let read = Table.read("03-04", "03-06", source: .named("api"))
    let held = Table.held(read, ["03-04": (.settled, 3), "03-05": (.settling, 0)])
    var known = Table.known()
    known.sources["api"] = AppKnowledge.KnownSource(first: Table.day("03-04"))
    let outcome = Belief(
      of: Table.answer(["03-04": 5, "03-05": 2, "03-06": 1]), to: read, at: Table.moment(),
      knowing: known, base: .activeUsers, held: [held]
    ).outcome()
    #expect(outcome.chats == ["03-04 5", "03-05 2", "03-06 1"])
    let users = outcome.changes.facts.flatMap(\.rows).map { $0.figures[.userCount] }
    // The server has not said which sources the users of the 6th came through.
    #expect(users == [3, 0, 1])
    #expect(outcome.revisions == ["03-04 chats 3→5 grew", "03-05 chats 0→2 grew"])
  }

  @Test(arguments: [
    // A bucket without a timestamp: absence proves nothing, so that 03-05 is neither zero nor held.
    (
      RefusedBucket(serverTimestamp: nil, field: "timestamp", reason: "null"),
      ["03-04 3", "03-06 2"]
    ),
    // A bad figure of one day leaves the others as they are.
    (
      RefusedBucket(
        serverTimestamp: Table.day("03-05").number * 86_400_000, field: "chatCount",
        reason: "below 0"),
      ["03-04 3", "03-06 2"]
    ),
  ])
  func `is nothing of a bucket that cannot be right`(
    refused: RefusedBucket, chats: [String]
  ) {
    let read = Table.read("03-04", "03-06")
    let outcome = Belief(
      of: Table.answer(["03-04": 3, "03-06": 2], refused: [refused]), to: read,
      at: Table.moment(), knowing: Table.known(), base: .activeUsers, held: []
    ).outcome()
    #expect(outcome.chats == chats)
    #expect(outcome.changes.refusals.count == 1)
    #expect(outcome.changes.counts.refused == 1)
  }

  @Test(
    arguments: [
      // First read: nobody knows whether the oldest active day is whole.
      (nil, "03-05", "03-05"),
      // The days before were read without activity: the beginning was witnessed.
      ("03-05", "03-05", nil),
    ] as [(String?, String, String?)])
  func `doubts the oldest day unless its beginning was witnessed`(
    readTo: String?, first: String, truncated: String?
  ) {
    var known = Table.known(first: nil)
    if let readTo {
      known.progress[ReadSeries(.all, .day, offset: 0)] = ReadProgress(
        backfilledFrom: Table.day("03-01"), watermark: Table.day("03-01"),
        highWaterMark: Table.day(readTo))
    }
    let outcome = Belief(
      of: Table.answer([first: 3]), to: Table.read("03-04", "03-06"), at: Table.moment(),
      knowing: known, base: .activeUsers, held: []
    ).outcome()
    #expect(outcome.changes.known.first?.dayText == first)
    #expect(outcome.changes.known.memory.possiblyTruncatedDay?.dayText == truncated)
    #expect(outcome.rows.first == "\(first) \(truncated == nil ? "settling" : "partial")")
  }
}
