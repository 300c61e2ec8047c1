import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPT
import FastGPTSimulator
import Foundation
import Testing

@testable import AlmanacStore

/// `ALMANAC_DAMAGE` is how many seeds each way of damage has, and has every column edited.
@Suite(.serialized) struct `A damaged archive` {
  private static let now = Date("2026-06-20T02:30:00Z")
  private static let wanted = Repetition.number("ALMANAC_DAMAGE")
  private static let seeds = wanted ?? 5 + Repetition.seeds.count

  private static let apps: [SimulatedApp] = {
    let until = now.addingTimeInterval(86_400 * 2)
    let fleet = DemoFleet.apps(
      count: 6, seed: 5, from: now.addingTimeInterval(-86_400 * 25), until: until)
    return DemoFleet.lively(
      [fleet[5]], seed: 5, late: now.addingTimeInterval(-86_400 * 9), until: until)
  }()

  /// An archive as two runs leave it.
  private func onWhole(_ body: (SimulatedCollection, Data) async throws -> Void) async throws {
    try await SimulatedCollection.on(Self.apps, now: Self.now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        grains: [.day, .week], retentionOffsets: [.day: [1], .week: [1]], concurrency: 2)
      collection.limits.retry.tries = 1
      try await collection.run(at: Self.now.addingTimeInterval(-86_400 * 3))
      try await collection.run(at: Self.now)
      try await body(collection, Data(contentsOf: URL(filePath: collection.path)))
    }
  }

  /// Does with a file whatever almanac does. A trap ends the test; whatever else refuses the file
  /// has to say what to do. Returns the errors.
  private func use(
    _ bytes: Data, _ collection: SimulatedCollection, _ told: String
  ) async throws -> [AlmanacError] {
    let path = try collection.withNewArchive(named: "damaged.db").path
    // A reader without write permission opens the file only beside its side files.
    for side in ["", "-wal", "-shm"] {
      try FileManager.default.removeItem(atPath: path + side)
      try FileManager.default.copyItem(atPath: collection.path + side, toPath: path + side)
    }
    try bytes.write(to: URL(filePath: path))
    var errors: [AlmanacError] = []
    func attempt(_ what: String, _ body: () async throws -> Void) async -> Bool {
      do {
        try await body()
        return true
      } catch let error as AlmanacError {
        #expect(error.code == .unusableArchive, "\(told), \(what): \(error)")
        #expect(!error.cause.isEmpty && error.hint.count > 20, "\(told), \(what): \(error)")
        errors.append(error)
      } catch {
        Issue.record("\(told), \(what): \(type(of: error)) \(error)")
      }
      return false
    }
    let bucket = Bucket(.day, holding: BucketZone.utc.day(holding: Self.now).advanced(by: -5))
    _ = await attempt("status") {
      let archive = try Archive.openForReading(path: path)
      _ = try await archive.status()
    }
    _ = await attempt("history") {
      let archive = try Archive.openForReading(path: path)
      for app in try await archive.knownApps() {
        for source in try await archive.knownSources(of: app.id) + ["all"] {
          _ = try await archive.history(of: bucket, app: app.id, source: .named(source))
        }
      }
      _ = try await archive.newestDays(3)
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes, "\(told)")
    let opens = await attempt("opening") { _ = try Archive.openForWriting(path: path) }
    guard opens else {
      #expect(try Data(contentsOf: URL(filePath: path)) == bytes, "\(told)")
      return errors
    }
    // The collection has a reader of its own, which may not get in.
    guard let damaged = try? collection.with(archiveAt: path) else { return errors }
    _ = await attempt("collect") { try await damaged.run(at: Self.now.addingTimeInterval(86_400)) }
    return errors
  }

  @Test(arguments: Damage.allCases)
  func `is refused with what to do, or does not matter`(damage: Damage) async throws {
    try await onWhole { collection, whole in
      #expect(try await use(whole, collection, "no damage").map(\.description) == [])
      var refused = 0
      for seed in 0..<Self.seeds {
        let bytes = damage.strike(whole, seed: UInt64(seed))
        let errors = try await use(bytes, collection, "\(damage) \(seed)")
        if !errors.isEmpty { refused += 1 }
      }
      #expect(refused > 0)
    }
  }

  private static let values = [
    "NULL", "'2026-13-45'", "'no such thing'", "x'00ff41'", "9223372036854775807",
    "-9223372036854775807 - 1", "1e300", "9e999", "-1",
  ]

  private static let foreign: [(column: String, value: String, cause: String)] = [
    ("app.forgotten_date", "'2026-13-45'", "the column forgotten_date holds \"2026-13-45\""),
    ("app.app_id", "'68c4'", "the column app_id holds \"68c4\""),
    ("app.remembers_days", "-1", "the column remembers_days holds -1"),
    ("bucket.state", "'shut'", "the column state holds \"shut\""),
    ("retention_fact.base", "'everybody'", "the column base holds \"everybody\""),
    ("server.zone", "'CST'", "the column zone holds \"CST\""),
    ("server.zone_origin", "'guessed'", "the column zone_origin holds \"guessed\""),
    ("read_progress.watermark", "-9223372036854775807", "the column watermark holds -9223372036"),
    ("zone_proof.first_instant", "9223372036854775807", "the column first_instant holds 92233720"),
    ("total_reading.total_points", "9e999", "the column total_points holds inf"),
    ("run.requests", "NULL", "the column requests holds nothing"),
    ("app.name", "x'ff'", "the column name holds 1 bytes"),
  ]

  @Test(arguments: foreign)
  func `names the column that holds what the schema forbids`(
    _ case: (column: String, value: String, cause: String)
  ) async throws {
    try await onWhole { collection, whole in
      let errors = try await use(
        edited(whole, `case`.column, `case`.value, collection) ?? Data(), collection, `case`.column)
      let named = try #require(errors.first { $0.cause.contains(`case`.cause) }, "\(errors)")
      #expect(named.hint.contains("PRAGMA quick_check") && named.hint.contains("backup"))
    }
  }

  /// `nil` where the value does not get in.
  private func edited(
    _ whole: Data, _ column: String, _ value: String, _ collection: SimulatedCollection
  ) throws -> Data? {
    let path = collection.path + "-edited"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try whole.write(to: URL(filePath: path))
    return try SimulatedCollection.force(value, into: column, path: path)
      ? Data(contentsOf: URL(filePath: path)) : nil
  }

  /// Each column with one value or another; if a number of seeds is wanted, with every one.
  @Test func `by what the schema forbids is refused with what to do, or it does not matter`()
    async throws
  {
    try await onWhole { collection, whole in
      let columns = try collection.columns()
      var refused = 0
      for (number, column) in columns.enumerated() {
        for (place, value) in Self.values.enumerated()
        where Self.wanted != nil
          || number % 2 == 0 && place == number / 2 % Self.values.count
        {
          guard let bytes = try edited(whole, column, value, collection) else { continue }
          let errors = try await use(bytes, collection, "\(column) = \(value)")
          if !errors.isEmpty { refused += 1 }
        }
      }
      #expect(refused > 10)
    }
  }
}
