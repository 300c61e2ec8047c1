import AlmanacCore
import FastGPTSimulator
import Testing

@Suite struct `A window` {
  private static func range(_ first: String, _ end: String) throws -> Range<Day> {
    try #require(Day(first))..<#require(Day(end))
  }

  @Test(arguments: [
    (Grain.day, "2026-03-04", "2026-03-06", "2026-03-04", "2026-03-06"),
    (.week, "2026-03-04", "2026-03-06", "2026-03-02", "2026-03-09"),
    (.week, "2026-03-02", "2026-03-09", "2026-03-02", "2026-03-09"),
    (.week, "2026-03-02", "2026-03-10", "2026-03-02", "2026-03-16"),
    (.month, "2026-02-28", "2026-03-02", "2026-02-01", "2026-04-01"),
    (.month, "2026-02-28", "2026-03-01", "2026-02-01", "2026-03-01"),
    (.quarter, "2026-12-31", "2027-01-02", "2026-10-01", "2027-04-01"),
    (.week, "2026-03-04", "2026-03-04", "2026-03-02", "2026-03-09"),
  ])
  func `moves outward to the buckets that hold its ends`(
    grain: Grain, first: String, end: String, keptFirst: String, keptEnd: String
  ) throws {
    let window = Window(grain, holding: try Self.range(first, end))
    #expect(window.kept == (try Self.range(keptFirst, keptEnd)))
  }

  @Test(arguments: [
    (Grain.day, "2026-03-01", "2026-03-02", "2026-02-28", "2026-03-03"),
    (.week, "2026-12-30", "2027-01-01", "2026-12-21", "2027-01-11"),
    (.month, "2026-01-15", "2026-02-15", "2025-12-01", "2026-04-01"),
    (.quarter, "2026-01-01", "2026-04-01", "2025-10-01", "2026-07-01"),
  ])
  func `asks for a spare bucket on each side, and keeps none of them`(
    grain: Grain, first: String, end: String, askedFirst: String, askedEnd: String
  ) throws {
    let window = Window(grain, holding: try Self.range(first, end))
    let asked = try Self.range(askedFirst, askedEnd)
    #expect(window.asked == asked)
    #expect(!window.keeps(Bucket(grain, holding: asked.lowerBound)))
    #expect(!window.keeps(Bucket(grain, holding: asked.upperBound.advanced(by: -1))))
    #expect(window.keeps(Bucket(grain, holding: window.kept.lowerBound)))
  }

  @Test func `keeps no bucket of another grain`() throws {
    let window = Window(.week, holding: try Self.range("2026-06-01", "2026-06-08"))
    #expect(window.keeps(Bucket(.week, holding: window.kept.lowerBound)))
    #expect(!window.keeps(Bucket(.day, holding: window.kept.lowerBound)))
    #expect(!window.keeps(Bucket(.month, holding: window.kept.lowerBound)))
  }

  /// Ranges of a day to forty years, at every grain.
  @Test(arguments: [1, 2, 3, UInt64.random(in: 4...999_999)])
  func `falls into chunks that partition it and keep no more than allowed`(
    seed: UInt64
  ) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<120 {
      let grain = Grain.allCases.randomElement(using: &random) ?? .day
      let first = Day(number: Int.random(in: 0...25_000, using: &random))
      let longest = [1, 40, 800, 15_000].randomElement(using: &random) ?? 1
      let end = first.advanced(by: Int.random(in: 1...longest, using: &random))
      let window = Window(grain, holding: first..<end)
      let place: Comment = "seed \(seed): \(window)"
      let chunks = window.chunks
      #expect(chunks.first?.kept.lowerBound == window.kept.lowerBound, place)
      #expect(chunks.last?.kept.upperBound == window.kept.upperBound, place)
      #expect(
        zip(chunks, chunks.dropFirst()).allSatisfy { $0.kept.upperBound == $1.kept.lowerBound },
        place)
      #expect(chunks.allSatisfy { $0.kept.count <= (grain == .day ? 366 : 3653) }, place)
      #expect(chunks.allSatisfy { $0.grain == grain && !$0.kept.isEmpty }, place)
      #expect(chunks.flatMap { Array($0.buckets) } == Array(window.buckets), place)
    }
  }

  /// The first day of each bucket, counted without the window's own sequence.
  @Test(arguments: Grain.allCases)
  func `has every bucket once, and each chunk is as long as allowed`(grain: Grain) throws {
    let window = Window(grain, holding: try Self.range("1990-05-05", "2026-11-22"))
    let starts = window.kept.filter { grain.start(of: $0) == $0 }
    #expect(Array(window.buckets).map(\.start) == starts)
    let kept = window.chunks.flatMap { chunk in
      starts.filter { chunk.keeps(Bucket(grain, holding: $0)) }
    }
    #expect(kept == starts)
    let most = grain == .day ? 366 : 3653
    for chunk in window.chunks.dropLast() {
      let longer = grain.start(of: chunk.kept.upperBound, advancedBy: 1)
      #expect(longer.number - chunk.kept.lowerBound.number > most, "\(chunk) could be longer")
    }
  }

  @Test func `is asked for to the last millisecond of its last spare bucket`() throws {
    let shanghai = try #require(BucketZone(identifier: "Asia/Shanghai"))
    let read = ChartRead(
      app: try #require(AppID("68c46a70d950e8850ae564ba")), source: .all,
      window: Window(.day, holding: try Self.range("2025-09-21", "2025-09-27")), offset: 1,
      zone: shanghai)
    // dateStart and dateEnd of the published example.
    #expect(Day.iso(read.instants.lowerBound) == "2025-09-19T16:00:00.000Z")
    #expect(Day.iso(read.instants.upperBound) == "2025-09-27T15:59:59.999Z")
  }

  @Test(arguments: Grain.allCases)
  func `counts its buckets`(grain: Grain) throws {
    let start = try #require(Day("2019-12-29"))
    for (first, length) in zip(0..<400, sequence(first: 1) { $0 * 7 % 1000 + 1 }) {
      let begin = start.advanced(by: first)
      let window = Window(grain, holding: begin..<begin.advanced(by: length))
      #expect(window.count == Array(window.buckets).count, "\(window)")
    }
  }
}

extension Day {
  fileprivate static func iso(_ milliseconds: Int) -> String {
    let day = Day(number: floorDivide(milliseconds, 86_400_000))
    let rest = milliseconds - day.number * 86_400_000
    let digits = { (number: Int, width: Int) in
      String(repeating: "0", count: width - String(number).count) + String(number)
    }
    let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60]
    return "\(day)T" + clock.map { digits($0, 2) }.joined(separator: ":")
      + ".\(digits(rest % 1000, 3))Z"
  }
}
