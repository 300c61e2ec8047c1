/// One period of one grain, known by its first civil day in the server's bucket zone.
package struct Bucket: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let grain: Grain
  package let start: Day

  /// The bucket of `grain` that holds `day`.
  package init(_ grain: Grain, holding day: Day) {
    self.grain = grain
    start = grain.start(of: day)
  }

  /// The first day after the bucket.
  package var end: Day { grain.start(of: start, advancedBy: 1) }

  /// Every day of the bucket.
  package var days: Range<Day> { start..<end }

  /// The bucket `count` places later, or earlier if negative.
  package func advanced(by count: Int) -> Bucket {
    Bucket(grain, holding: grain.start(of: start, advancedBy: count))
  }

  package static func < (left: Bucket, right: Bucket) -> Bool {
    (left.start, left.grain) < (right.start, right.grain)
  }

  package var description: String { "\(grain) \(start)" }
}
