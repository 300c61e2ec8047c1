import AlmanacCore

/// The reach of a server's memory of one app, as far as its answers have shown.
package struct ServerMemory: Sendable, Equatable {
  /// The forgotten end: the newest day that the server is known to have lost, wholly or in part.
  package var forgottenThrough: Day?
  /// Days for which the server has been seen to remember, for certain.
  package var remembers: Int
  /// The oldest active day of the first read. The server may have forgotten a part of it before;
  /// `nil` where the app's beginning was witnessed.
  package var possiblyTruncatedDay: Day?
  /// A day that the server was seen to remember when the possibly truncated one was read.
  package var remembered: Day?

  /// A server that is believed to remember `remembers` days at the least.
  package init(
    forgottenThrough: Day? = nil, remembers: Int = 2, possiblyTruncatedDay: Day? = nil,
    remembered: Day? = nil
  ) {
    self.forgottenThrough = forgottenThrough
    self.remembers = remembers
    self.possiblyTruncatedDay = possiblyTruncatedDay
    self.remembered = remembered
  }

  /// Whether the server may have forgotten a part of a bucket before it was first read.
  package func doubts(_ bucket: Bucket) -> Bool {
    guard let possiblyTruncatedDay, bucket.start <= possiblyTruncatedDay else { return false }
    return remembered.map { $0 >= bucket.start } ?? true
  }

  /// Whether the first day of a bucket is forgotten, so that no answer about it is whole.
  package func hasForgotten(_ bucket: Bucket) -> Bool {
    forgottenThrough.map { bucket.start <= $0 } ?? false
  }
}
