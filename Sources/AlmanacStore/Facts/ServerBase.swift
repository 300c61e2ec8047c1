import AlmanacCore

/// What the retention of one server is a share of, as far as its answers have shown; the rules are
/// in the collector's `Belief/`.
package struct ServerBase: Sendable, Equatable {
  /// `nil` until an answer has shown it.
  package var base: RetentionBase?
  /// Whether a count has proved it against the form of the answers.
  package var isProved = false
  /// Whether the newest answer that shows anything has shown the other base.
  package var isDoubted = false

  package init(base: RetentionBase? = nil, isProved: Bool = false, isDoubted: Bool = false) {
    self.base = base
    self.isProved = isProved
    self.isDoubted = isDoubted
  }
}
