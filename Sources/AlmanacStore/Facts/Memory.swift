import AlmanacCore

/// How far back a server remembers one app, as far as its answers have shown.
package struct Memory: Sendable, Equatable {
  /// The forgotten end: the newest day that the server is known to have lost, wholly or in part.
  package var forgotten: Day?
  /// Days for which the server has been seen to remember, for certain.
  package var remembers: Int
  /// The oldest active day of the first read, of which a part may have been forgotten before;
  /// `nil` where the app's beginning was witnessed.
  package var unproven: Day?
  /// The server was seen to remember this day when the unproven one was read.
  package var remembered: Day?

  /// A server that is believed to remember `remembers` days at the least.
  package init(
    forgotten: Day? = nil, remembers: Int = 2, unproven: Day? = nil, remembered: Day? = nil
  ) {
    self.forgotten = forgotten
    self.remembers = remembers
    self.unproven = unproven
    self.remembered = remembered
  }

  /// Whether the server may have forgotten a part of a bucket before it was first read.
  package func doubts(_ bucket: Bucket) -> Bool {
    guard let unproven, bucket.days.contains(unproven) else { return false }
    return remembered.map { $0 >= bucket.start } ?? true
  }

  /// Whether the first day of a bucket is forgotten, so that no answer about it is whole.
  package func hasForgotten(_ bucket: Bucket) -> Bool {
    forgotten.map { bucket.start <= $0 } ?? false
  }
}

/// A day of all sources, as the archive holds it.
package struct HeldDay: Sendable {
  package let state: BucketState
  /// Whether anything was counted on it.
  package let isActive: Bool
  /// Conversations; `nil` where the server never sent their number.
  package let chats: Int?

  package init(state: BucketState, isActive: Bool, chats: Int?) {
    self.state = state
    self.isActive = isActive
    self.chats = chats
  }
}
