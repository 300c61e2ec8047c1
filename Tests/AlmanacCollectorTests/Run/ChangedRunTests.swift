import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// Each row tells the run that last changed it, and each change of a state is recorded: whoever copies
/// what has changed since a run misses nothing.
@Suite struct `What a run has changed` {
  /// The tables that are copied by the run of their rows, with that column.
  private static let tables = [
    "bucket": "changed_run_id", "user_fact": "run_id", "chat_fact": "changed_run_id",
    "app_fact": "changed_run_id", "retention_fact": "changed_run_id", "figure": "changed_run_id",
  ]

  private struct Copy {
    /// The row without its run, and its run, by its key.
    var rows: [String: (values: [String?], run: String?)] = [:]
    var states: [String: String] = [:]
  }

  private static func copy(_ collection: SimulatedCollection) throws -> Copy {
    var copy = Copy()
    for (table, run) in tables {
      let columns = try collection.rows("SELECT name, pk FROM pragma_table_info('\(table)')")
      let key = columns.filter { $0[1] != "0" }.compactMap { $0[0] }
      let values = columns.filter { $0[1] == "0" }.compactMap { $0[0] }.filter { $0 != run }
      let list = (key + [run] + values).map { "\"\($0)\"" }.joined(separator: ", ")
      for row in try collection.rows("SELECT \(list) FROM \(table)") {
        let place = row.prefix(key.count).map { $0 ?? "" }.joined(separator: " ")
        copy.rows["\(table) \(place)"] = (Array(row.dropFirst(key.count + 1)), row[key.count])
      }
    }
    for row in try collection.rows("SELECT app || ' ' || grain || ' ' || day, state FROM bucket") {
      copy.states[row[0] ?? ""] = row[1]
    }
    return copy
  }

  /// Compares an archive before and after a run.
  private static func check(
    _ before: Copy, _ after: Copy, run: Int, _ collection: SimulatedCollection
  ) throws {
    var touched: Set<String> = []
    for (place, row) in after.rows {
      let old = before.rows[place]
      let isChanged = old.map { $0.values != row.values } ?? true
      if isChanged {
        #expect(row.run == "\(run)", "\(place) changed in run \(run)")
      } else if row.run != old?.run {
        // A user's row has the run of its bucket's other rows, too, and those by source are written
        // anew when their bucket is complete.
        let bucket = after.rows["bucket \(bucket(of: place))"]
        #expect(
          row.run == "\(run)" && (place.hasPrefix("user_fact") || bucket?.run == row.run),
          "\(place) did not change")
      }
      if row.run == "\(run)" { touched.insert(bucket(of: place)) }
    }
    let changes = try collection.rows(
      """
      SELECT app || ' ' || grain || ' ' || day, old_state, new_state FROM state_change
      WHERE run_id = \(run) ORDER BY app, grain, day, step
      """)
    touched.formUnion(changes.compactMap { $0[0] })
    // A row that is gone belonged to a bucket of which the run tells something.
    for place in before.rows.keys where after.rows[place] == nil {
      #expect(touched.contains(bucket(of: place)), "\(place) is gone in run \(run)")
    }
    var states = before.states
    for change in changes {
      let place = change[0] ?? ""
      // Its first state is told by the oldest change.
      #expect((states[place] ?? change[1]) == change[1], "\(place) was \(change)")
      states[place] = change[2]
    }
    // One that is new, or comes back, has no change yet.
    for (place, state) in after.states where states[place] == nil { states[place] = state }
    let differing = Set(states.keys).union(after.states.keys)
      .filter { states[$0] != after.states[$0] }
    #expect(differing == [], "run \(run)")
  }

  private static func bucket(of place: String) -> String {
    let words = place.split(separator: " ")
    return words[0] == "bucket"
      ? words.dropFirst().joined(separator: " ") : "\(words[1]) \(words[3]) \(words[4])"
  }

  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var keepsDays: Int?
    var generation = ServerProfile.Generation.current
    /// Days of the story on which the apps are used.
    var activeDays = 12.0
    /// Changes the world before the run of a day.
    var change: @Sendable (_ day: Int, inout SimulatedCollection, inout Date) -> Void = { _, _, _ in
    }
  }

  static let stories = [
    Story(testDescription: "of a server that forgets", keepsDays: 7),
    Story(testDescription: "of an upgrade", generation: .older) { day, collection, _ in
      if day == 6 { collection.server.reconfigure { $0.generation = .tokens } }
    },
    Story(testDescription: "of another zone") { day, collection, _ in
      guard day == 6, let zone = TimeZone(identifier: "Asia/Shanghai") else { return }
      collection.server.reconfigure { $0.zone = zone }
      collection.zones = ["default": BucketZone(secondsFromUTC: 8 * 3600)]
    },
    Story(testDescription: "of a clock that was ahead", activeDays: 6) { day, collection, now in
      collection.isRehearsed = false
      if day == 7 { now += 86_400 * 20 }
    },
  ]

  @Test(arguments: stories) func `is told by its rows and its changes of state`(
    story: Story
  ) async throws {
    let first = Date("2026-03-20T02:30:00Z")
    let until = first.addingTimeInterval(86_400 * story.activeDays)
    let fleet = DemoFleet.apps(
      count: 6, seed: 5, from: first.addingTimeInterval(-86_400 * 40), until: until)
    let apps = DemoFleet.lively(
      [fleet[0], fleet[1], fleet[5]], seed: 5, late: first, until: until, zone: .gmt)
    try await SimulatedCollection.on(apps, now: first) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.server.reconfigure { profile in
        profile.generation = story.generation
        profile.keepsDays = story.keepsDays
        profile.knownSources += DemoFleet.oddSources
      }
      var changes = 0
      for day in 0..<12 {
        var now = first.addingTimeInterval(86_400 * Double(day))
        story.change(day, &collection, &now)
        let before = try Self.copy(collection)
        let present = day < 10 ? collection.apps : Array(collection.apps.dropLast())
        _ = try? await collection.run(at: now, isDeep: day == 9, apps: present)
        let run = try collection.count("SELECT max(id) FROM run")
        #expect(run == day + 1)
        try Self.check(before, try Self.copy(collection), run: run, collection)
        changes += try collection.count("SELECT count(*) FROM state_change WHERE run_id = \(run)")
      }
      #expect(changes > 30)
    }
  }
}
