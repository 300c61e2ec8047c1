import AlmanacCollector
import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import GRDB
import Testing

@testable import AlmanacStore

@Suite(.long, .serialized) struct `A run that is killed and loses its log` {
  private static let now = Date("2026-06-20T02:30:00Z")
  private static let before = now.addingTimeInterval(-86_400 * 3)

  private static let apps: [SimulatedApp] = {
    let until = now.addingTimeInterval(86_400 * 2)
    let fleet = DemoFleet.apps(
      count: 6, seed: 5, from: now.addingTimeInterval(-86_400 * 25), until: until)
    return DemoFleet.lively(
      [fleet[5]], seed: 5, late: now.addingTimeInterval(-86_400 * 9), until: until)
  }()

  /// Gives what a run leaves at whichever moment it is killed, with a log that is moved into the
  /// archive several times meanwhile, and what a whole run states.
  private func onKilled(
    _ body: (SimulatedCollection, [SimulatedCollection.Remains], [String]) async throws -> Void
  ) async throws {
    try await SimulatedCollection.on(Self.apps, now: Self.now) { original in
      var collection = original
      collection.zones = ["default": .utc]
      collection.settings = CollectorSettings(
        retentionOffsets: [.day: [1, 3], .week: [1], .month: [1], .quarter: [1]], concurrency: 2)
      try await collection.run(at: Self.before)
      try await collection.archive.queue.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA wal_autocheckpoint = 4")
      }
      let all = try await collection.remains(cachedPages: 2000) {
        try await collection.run(at: Self.now)
      }
      try await body(collection, all, collection.statements())
    }
  }

  /// Opens what is left and runs on it. Returns what differs from the statements of a whole run, or
  /// nothing if the file was refused.
  private func differences(
    _ remains: SimulatedCollection.Remains, _ collection: SimulatedCollection, _ whole: [String]
  ) async throws -> [String]? {
    let left: SimulatedCollection
    do {
      left = try collection.with(remains, as: "left.db")
    } catch let error as AlmanacError {
      #expect(error.code == .unusableArchive)
      #expect(error.hint.contains("-wal"), "\(error)")
      return nil
    }
    try await left.run(at: Self.now)
    return try Set(left.statements()).symmetricDifference(whole).sorted()
  }

  @Test(arguments: ["removed", "garbage", "cut off"])
  func `is read again where nothing contradicts itself`(fate: String) async throws {
    try await onKilled { collection, all, whole in
      for (number, remains) in all.enumerated() {
        let log =
          switch fate {
          case "removed": Data()
          case "garbage": Data(repeating: 0x5A, count: max(100, remains.log.count))
          default: remains.log.prefix(remains.log.count / 2)
          }
        let told = "\(fate), killed at \(number) of \(all.count)"
        let differences = try await differences(
          SimulatedCollection.Remains(file: remains.file, log: log), collection, whole)
        #expect(differences.map { Array($0.prefix(4)) } ?? [] == [], "\(told)")
      }
      #expect(Set(all.map(\.file)).count > 3)
    }
  }

  /// Some pages are of one moment and some of a later one, as a checkpoint leaves them that is killed
  /// at its work: it goes from the first page to the last.
  @Test func `in the middle of a checkpoint is refused, or read again`() async throws {
    try await onKilled { collection, all, whole in
      var files: [Data] = []
      for remains in all where files.last != remains.file { files.append(remains.file) }
      var refused = 0
      var tried = 0
      for (older, newer) in zip(files, files.dropFirst()) {
        let pages = newer.count / 4096
        let changed = (0..<pages).filter { page in
          let place = page * 4096..<(page + 1) * 4096
          return place.upperBound > older.count || older[place] != newer[place]
        }
        for share in 1..<5 where changed.count > 1 {
          let end = changed[changed.count * share / 5] * 4096
          let mixed = newer.prefix(end) + older.dropFirst(end)
          tried += 1
          let differences = try await differences(
            SimulatedCollection.Remains(file: Data(mixed), log: Data()), collection,
            whole)
          if differences == nil { refused += 1 }
          #expect(
            differences.map { Array($0.prefix(4)) } ?? [] == [], "\(share) of \(changed.count)")
        }
      }
      #expect(tried > 20 && refused > 5)
    }
  }

  /// A backup that was put in the archive's place without removing what lay beside it.
  @Test func `and meets that of another moment is refused, or read again`() async throws {
    try await onKilled { collection, all, whole in
      var refused = 0
      for (number, remains) in all.enumerated() {
        let other = all[(number + all.count / 2) % all.count]
        let differences = try await differences(
          SimulatedCollection.Remains(file: remains.file, log: other.log), collection, whole)
        if differences == nil { refused += 1 }
        #expect(differences.map { Array($0.prefix(4)) } ?? [] == [], "\(number)")
      }
      #expect(refused > 0)
    }
  }

  @Test(arguments: [["-wal"], ["-shm"], ["-wal", "-shm"]])
  func `has not, once it is over: nothing is lost with the side files`(gone: [String]) async throws
  {
    try await onKilled { collection, all, whole in
      // A copy that nobody has opened yet.
      let path = collection.path + "-copy"
      for side in ["", "-wal", "-shm"] where !gone.contains(side) {
        try FileManager.default.copyItem(atPath: collection.path + side, toPath: path + side)
      }
      #expect(try Archive.openForWriting(path: path).hasLostLog == false)
      #expect(try await Archive.openForReading(path: path).status().run?.state == .ended(.done))
    }
  }
}
