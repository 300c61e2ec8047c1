/// The comparison of a bucket's figures with those that were held.
enum Difference {
  case none, new, revised

  /// Keeps the one of two that says more.
  static func += (left: inout Difference, right: Difference) {
    if left == .none || right == .revised { left = right }
  }
}
