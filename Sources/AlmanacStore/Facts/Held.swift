import AlmanacCore

/// The buckets that the archive holds of one app and source in a window, by their place in it.
package struct Held: Sendable {
  package let window: Window
  /// The buckets of the window, oldest first; the other arrays are in their order.
  package let buckets: [Bucket]
  package var states: [State?]
  /// `nil` where nothing is held.
  package var figures: [Figures?]
  /// Whether a bucket has figures for all sources and no state: it was read while it was open, and
  /// not since.
  package var isLeftOpen: [Bool]
  /// Whether the bucket had users, in all sources.
  package var hasUsers: [Bool]
  /// Figures without a column, by place.
  package var further: [Int: [FurtherFigure]] = [:]
  /// The retention at the offset of the read.
  package var cohorts: [Cohort?]
  /// The held users of each source.
  package var users: [Name: [Int?]] = [:]
  /// Whether the app's server has ever answered a retention above zero at the grain.
  package var isRetentionMeasured = false

  /// The state of one bucket, and how it came about.
  package struct State: Sendable, Equatable {
    package var state: BucketState
    /// Whether the server said which sources its users came through.
    package var isBySource: Bool
    /// The run that first stored the bucket after its end; `nil` while it is open.
    package var completeRun: Int?
    /// The bucket's first instant in Unix seconds, in the zone in which it was read; `nil` in cases
    /// of tests that are about none.
    package var time: Int?

    package init(
      _ state: BucketState, isBySource: Bool = false, completeRun: Int? = nil, time: Int? = nil
    ) {
      self.state = state
      self.time = time
      self.isBySource = isBySource
      self.completeRun = completeRun
    }
  }

  /// Holds nothing in a window.
  package init(_ window: Window) {
    self.window = window
    buckets = Array(window.buckets)
    states = Array(repeating: nil, count: buckets.count)
    figures = Array(repeating: nil, count: buckets.count)
    isLeftOpen = Array(repeating: false, count: buckets.count)
    hasUsers = isLeftOpen
    cohorts = Array(repeating: nil, count: buckets.count)
  }

  /// The place of a bucket among those of the window; `nil` if it is none of them.
  package func place(of bucket: Bucket) -> Int? { window.place(of: bucket, in: buckets) }
}
