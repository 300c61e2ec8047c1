import Foundation

/// Whole milliseconds since 1970, the only precision that a JavaScript server keeps. Comparing them
/// as integers keeps the inclusive end of a range exact, which doubles of seconds are not.
typealias EpochMilliseconds = Int

extension Date {
  /// Rounded, since a double of seconds may lie a hair below the millisecond that was meant.
  var epochMilliseconds: EpochMilliseconds {
    EpochMilliseconds((timeIntervalSince1970 * 1000).rounded())
  }

  init(epochMilliseconds: EpochMilliseconds) {
    self.init(timeIntervalSince1970: Double(epochMilliseconds) / 1000)
  }
}
