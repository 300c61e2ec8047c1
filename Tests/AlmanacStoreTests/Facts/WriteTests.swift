import AlmanacCore
import Foundation
import GRDB
import Synchronization
import Testing

@testable import AlmanacStore

@Suite struct `Writing an answer` {
  @Test func `twice changes nothing but the ledger`() async throws {
    let fixture = try await ArchiveFixture()
    let further = [FurtherFigure(series: .chat, name: "tokens", value: 12.5)]
    var belief = fixture.belief(
      first: "2026-03-02", sources: ["api": "2026-03-02"],
      [
        bucket("2026-03-02", sources: ["api": 3], further: further, everything()),
        bucket("2026-03-03", sources: ["api": 0], [.userCount: 0]),
        bucket("2026-03-04", .day, .open, isMature: false, sources: ["api": 1], everything(2)),
      ])
    belief.sent = [.userCount, .errorCount]
    belief.progress[ReadSeries(.all, .day, offset: 0)] = ReadProgress(
      backfilledFrom: day("2026-03-02"), watermark: day("2026-03-03"),
      highWaterMark: day("2026-03-04"))
    let first = try await fixture.write(belief, body: "an answer")
    #expect(first.counts.new == 3)
    #expect(first.oldestChange == day("2026-03-02"))
    let before = try fixture.dump(without: ledger)
    let again = try await fixture.write(
      belief, at: ArchiveFixture.noon.addingTimeInterval(86_400), body: "an answer")
    #expect(try fixture.dump(without: ledger) == before)
    #expect(again.counts.unchanged == 3)
    #expect(again.counts.new + again.counts.revised == 0)
    #expect(again.oldestChange == nil)
    #expect(try fixture.count("SELECT count(*) FROM capture") == 1)
    #expect(try fixture.count("SELECT count(*) FROM request WHERE capture = 1") == 2)
  }

  @Test func `puts each figure under its own name`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
    let columns = """
      app_id, app, date, time, state, users, new_users, retained_users, points, messages, chats,
      errors, good_feedback, bad_feedback, response_seconds, input_tokens, output_tokens,
      collected_at
      """
    let start = day("2026-03-02").number * 86_400
    #expect(
      try fixture.rows("SELECT \(columns) FROM daily") == [
        [
          ArchiveFixture.id.text, "Support bot", "2026-03-02", "\(start)", "settled", "1", "2",
          "16", "9.25",
          "6", "7", "8", "12", "13", "15.25", "10", "11", ArchiveFixture.noon.iso8601,
        ]
      ])
    #expect(
      try fixture.rows("SELECT points, input_tokens, output_tokens FROM user_fact")
        == [["3.25", "4", "5"]])
    #expect(try fixture.rows("SELECT chat_count FROM app_fact") == [["14"]])
  }

  @Test func `that holds less never erases what is known`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]))
    let before = try fixture.dump(without: ledger)
    let empty = fixture.belief([bucket("2026-03-02", [:])])
    #expect(try await fixture.write(empty).counts.unchanged == 1)
    #expect(try fixture.dump(without: ledger) == before)
    let one = fixture.belief([bucket("2026-03-02", [.errorCount: 7])])
    #expect(try await fixture.write(one).counts.revised == 1)
    #expect(
      try fixture.rows("SELECT users, messages, errors, points FROM daily")
        == [["1", "6", "7", "9.25"]])
  }

  @Test func `keeps unknown and zero apart`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02",
        [
          bucket("2026-03-02", [.userCount: 0, .errorCount: 0]),
          bucket("2026-03-03", [.userCount: 2, .chatPoints: 0]),
        ]))
    #expect(
      try fixture.rows(
        "SELECT users, errors, messages, points, good_feedback FROM daily ORDER BY date")
        == [["0", "0", nil, nil, nil], ["2", nil, nil, "0.0", nil]])
  }

  @Test func `that makes zero of unknown is a change, and of zero none`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", [.userCount: 2])]))
    let zero = fixture.belief([bucket("2026-03-02", [.errorCount: 0])])
    #expect(try await fixture.write(zero).counts.new == 1)
    #expect(try await fixture.write(zero).counts.unchanged == 1)
    #expect(try fixture.rows("SELECT users, errors FROM daily") == [["2", "0"]])
  }

  @Test func `takes thumbs taken back below zero, and no other figure`() async throws {
    let fixture = try await ArchiveFixture()
    try await fixture.write(
      fixture.belief(
        first: "2026-03-02",
        [bucket("2026-03-02", [.goodFeedBackCount: -2, .badFeedBackCount: -1])]))
    #expect(
      try fixture.rows("SELECT good_feedback, bad_feedback FROM daily") == [["-2", "-1"]])
  }

  /// A figure that the schema refuses, behind everything else that the answer writes.
  @Test func `that fails in the middle leaves nothing of it`() async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]), run: run)
    let before = try fixture.dump()
    var belief = fixture.belief(
      first: "2026-03-01", sources: ["share": "2026-03-01"],
      [
        bucket("2026-03-01", sources: ["share": 2], everything()),
        bucket("2026-03-02", everything(3)), bucket("2026-03-03", [.errorCount: -1]),
      ])
    belief.sent = [.errorCount]
    belief.refusals = [
      Refusal(
        date: nil, bucket: RefusedBucket(serverTimestamp: nil, field: "timestamp", reason: "null"))
    ]
    let failing = belief
    let error = await #expect(throws: AlmanacError.self) {
      try await fixture.write(failing, run: run, body: "a body")
    }
    #expect(error?.code == .unusableArchive)
    #expect(error?.cause.contains("error_count") == true)
    #expect(try fixture.dump() == before)
    // The archive is as usable as before.
    belief.buckets.removeLast()
    let counts = try await fixture.write(belief, run: run, body: "a body").counts
    #expect(counts.new + counts.revised == 2)
  }

  /// Others may share its transaction. It is not broken off, whichever statement the cancellation
  /// meets.
  @Test(arguments: ["user_fact", "chat_fact", "bucket", "request"])
  func `that is cancelled in the middle is whole and is no fault of the file`(
    table: String
  ) async throws {
    let fixture = try await ArchiveFixture()
    let run = try await fixture.run()
    let writing = Mutex<Task<Void, any Error>?>(nil)
    try await fixture.archive.queue.write { db in
      db.add(
        function: DatabaseFunction("cancel_the_write", argumentCount: 0) { _ in
          writing.withLock { $0?.cancel() }
          return nil
        })
      try db.execute(
        sql: """
          CREATE TEMP TRIGGER cancelling AFTER INSERT ON main.\(table) BEGIN
            SELECT cancel_the_write() FROM (WITH RECURSIVE n(i) AS (
              SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT i FROM n);
          END
          """)
    }
    let belief = fixture.belief(first: "2026-03-02", [bucket("2026-03-02", everything())])
    writing.withLock { writing in
      writing = Task { _ = try await fixture.write(belief, run: run, body: "a body") }
    }
    let task = try #require(writing.withLock { $0 })
    try await task.value
    #expect(task.isCancelled)
    try await fixture.archive.queue.write { try $0.execute(sql: "DROP TRIGGER cancelling") }
    let other = try await ArchiveFixture()
    let otherRun = try await other.run()
    _ = try await other.write(
      other.belief(first: "2026-03-02", [bucket("2026-03-02", everything())]), run: otherRun,
      body: "a body")
    let own: Set = ["archive", "run", "schema_migration"]
    #expect(try fixture.dump(without: own) == other.dump(without: own))
  }

  @Test func `keeps figures that have no column under their own names`() async throws {
    let fixture = try await ArchiveFixture()
    let tokens = { (value: Double) in
      [
        FurtherFigure(series: .chat, name: "tokens", value: value),
        FurtherFigure(series: .user, name: "tokens", value: 1),
      ]
    }
    try await fixture.write(
      fixture.belief(first: "2026-03-02", [bucket("2026-03-02", further: tokens(5), [:])]))
    try await fixture.write(
      fixture.belief(
        [bucket("2026-03-02", further: tokens(4), [:])]))
    // A later answer without them takes nothing away.
    try await fixture.write(fixture.belief([bucket("2026-03-02", [:])]))
    #expect(
      try fixture.rows("SELECT series, name, value FROM figure ORDER BY series")
        == [["chatData", "tokens", "4.0"], ["userData", "tokens", "1.0"]])
    #expect(
      try fixture.rows("SELECT figure, old_value, new_value, reason FROM revisions")
        == [["tokens", "5.0", "4.0", "fell"]])
  }

  @Test func `of thousands of buckets keeps every one of them`() async throws {
    let fixture = try await ArchiveFixture()
    let first = day("2015-01-01")
    let buckets = (0..<4000).map { index in
      bucket(first.advanced(by: index).description, [.userCount: Double(index)])
    }
    let written = try await fixture.write(fixture.belief(first: "2015-01-01", buckets))
    #expect(written.counts.new == 4000)
    #expect(
      try fixture.rows("SELECT count(*), sum(users), min(date), max(date) FROM daily")
        == [["4000", "7998000", "2015-01-01", first.advanced(by: 3999).description]])
  }
}
