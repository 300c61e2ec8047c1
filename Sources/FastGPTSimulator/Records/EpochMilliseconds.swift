import Foundation

/// Whole milliseconds since 1970, the only precision that a JavaScript server keeps. Integers
/// compare exactly at the inclusive end of a range; seconds as a `Double` would not.
typealias EpochMilliseconds = Int

extension Date {
  /// The instant, rounded, since a `Double` of seconds may lie just below the intended millisecond.
  var epochMilliseconds: EpochMilliseconds {
    EpochMilliseconds((timeIntervalSince1970 * 1000).rounded())
  }

  init(epochMilliseconds: EpochMilliseconds) {
    self.init(timeIntervalSince1970: Double(epochMilliseconds) / 1000)
  }
}
