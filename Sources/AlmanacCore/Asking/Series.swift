/// The number of buckets that a value should hold, and the number that it holds. Each of several
/// apps counts its own.
package struct Coverage: Sendable, Hashable {
  package var expected: Int
  package var held: Int

  package init(expected: Int = 0, held: Int = 0) {
    self.expected = expected
    self.held = held
  }

  /// Whether something is expected and none of it is missing.
  package var isWhole: Bool { held == expected && held > 0 }

  package static func + (left: Coverage, right: Coverage) -> Coverage {
    Coverage(expected: left.expected + right.expected, held: left.held + right.held)
  }
}

/// The apps, the source or the tag that a series is about.
package enum Subject: Hashable, Sendable {
  /// All apps and sources that were asked for, together.
  case everything
  case app(AppID, name: String)
  case source(Name)
  case tag(Name)
  /// The rest after the first few; `count` is its number of apps, sources or tags.
  case other(count: Int)

  /// The name that people see.
  package var label: String {
    switch self {
    case .everything: "all"
    case .app(_, let name): name
    case .source(let name), .tag(let name): name.text
    case .other: "other"
    }
  }
}

/// One metric in bucket order with its gaps.
package struct Series: Sendable {
  package let metric: Metric
  package let subject: Subject
  package var points: [Point]

  package init(_ metric: Metric, of subject: Subject, points: [Point]) {
    self.metric = metric
    self.subject = subject
    self.points = points
  }

  /// The value of one bucket.
  package struct Point: Sendable, Equatable {
    /// The first day of the bucket.
    package let date: Day
    /// `nil` for unknown: a gap, nothing expected, or nothing to divide by.
    package var value: Double?
    /// The least final state of the buckets that it holds; `nil` if it holds none.
    package let state: BucketState?
    package let coverage: Coverage
    /// The same series at an earlier time, if a comparison was asked for.
    package var compared: Compared?
    /// The change from the bucket before, as a share of the old value. If the metric is a share
    /// itself, this is the difference.
    package var growth: Double?

    package init(date: Day, value: Double?, state: BucketState?, coverage: Coverage) {
      self.date = date
      self.value = value
      self.state = state
      self.coverage = coverage
    }
  }

  /// The bucket that a point is compared with.
  package struct Compared: Sendable, Equatable {
    package let date: Day
    package let value: Double?
    package let coverage: Coverage
    /// The change as a share of the old value. If the metric is a share itself, this is the
    /// difference. `nil` unless both sides are whole.
    package let change: Double?

    package init(date: Day, value: Double?, coverage: Coverage, change: Double?) {
      self.date = date
      self.value = value
      self.coverage = coverage
      self.change = change
    }
  }
}
