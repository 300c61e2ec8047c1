/// Faults in the data points of a genuine chart. A fault of a single point is in the middle one,
/// since a client may ignore the partial ones at the ends. A response without data points stays as
/// it is.
extension Fault {
  static let points = figures + timestamps + shapes

  private static let figures = [
    ofFigure("figure-string", "A string where the middle bucket's messages are counted.") {
      .string($0.text)
    },
    ofFigure("figure-null", "Null where the middle bucket's messages are counted.") { _ in .null },
    ofFigure("figure-nan", "NaN where the middle bucket's messages are counted.") { _ in
      .verbatim("NaN")
    },
    ofFigure("figure-1e400", "1e400 where the middle bucket's messages are counted.") { _ in
      .verbatim("1e400")
    },
    ofFigure("figure-two-to-63", "2^63 where the middle bucket's messages are counted.") { _ in
      .verbatim("9223372036854775808")
    },
    ofFigure("figure-negative", "A negative number of messages in the middle bucket.") {
      $0.changingNumber { -$0 - 1 }
    },
  ]

  private static let timestamps = [
    ofSeries("bucket-misaligned", "The middle bucket of each series begins 67 minutes late.") {
      $0.changingMiddle { $0.shifted(bySeconds: 67 * 60) }
    },
    // Dates and weekdays repeat after 28 years (until 2100) and after 400 years.
    ofSeries("bucket-years-away", "The middle bucket of each series lies 28 years early.") {
      $0.changingMiddle { $0.shifted(bySeconds: -10_227 * 86_400) }
    },
    ofSeries("bucket-far-future", "The middle bucket of each series lies 400 years late.") {
      $0.changingMiddle { $0.shifted(bySeconds: 146_097 * 86_400) }
    },
    ofSeries("bucket-null", "The middle bucket of each series has a timestamp of null.") {
      $0.changingMiddle { $0.changing("timestamp") { _ in .null } }
    },
    ofSeries("bucket-string", "The middle bucket of each series has a string for a timestamp.") {
      $0.changingMiddle { $0.changing("timestamp") { .string($0.text) } }
    },
    ofSeries("bucket-twice", "The middle bucket of each series comes twice.") {
      $0.changingElements { $0.insert($0[$0.count / 2], at: $0.count / 2) }
    },
    ofSeries("bucket-contradicted", "The middle bucket comes again with its first figure higher.") {
      $0.changingElements { points in
        let middle = points.count / 2
        points.insert(points[middle].changing("summary", \.withFirstFigureHigher), at: middle + 1)
      }
    },
    ofSeries("buckets-unsorted", "The buckets of each series come in the opposite order.") {
      $0.changingElements { $0.reverse() }
    },
  ]

  private static let shapes = [
    ofChats("series-object", "An object where the array of chats belongs.") { ["0": $0] },
    ofChats("series-null", "Null where the array of chats belongs.") { _ in .null },
    ofChats("point-null", "Null where the middle bucket of the chats belongs.") {
      $0.changingMiddle { _ in .null }
    },
    ofChats("summary-null", "Null for the figures of the chats' middle bucket.") {
      $0.changingMiddle { $0.changing("summary") { _ in .null } }
    },
    ofChats("summary-array", "An array for the figures of the chats' middle bucket.") {
      $0.changingMiddle { $0.changing("summary") { [$0] } }
    },
  ]

  private static func ofSeries(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> Fault {
    ofContent(name, sentence) { content in
      ["userData", "chatData", "appData"].reduce(content) { $0.changing($1, spoil) }
    }
  }

  private static func ofChats(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> Fault {
    ofContent(name, sentence) { $0.changing("chatData", spoil) }
  }

  private static func ofFigure(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> Fault {
    ofChats(name, sentence) {
      $0.changingMiddle { $0.changing("summary") { $0.changing("chatItemCount", spoil) } }
    }
  }
}

extension JSONValue {
  /// Moves the timestamp of a data point, in milliseconds or, on older servers, in seconds.
  fileprivate func shifted(bySeconds seconds: Double) -> JSONValue {
    changing("timestamp") {
      $0.changingNumber { $0 + (abs($0) < 1e11 ? seconds : seconds * 1000) }
    }
  }

  fileprivate var withFirstFigureHigher: JSONValue {
    guard case .object(let members) = self, let first = members.first else { return self }
    return changing(first.name) { $0.changingNumber { $0 + 1 } }
  }
}
