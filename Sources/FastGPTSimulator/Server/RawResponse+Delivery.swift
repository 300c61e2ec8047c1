extension RawResponse {
  /// How a response reaches the wire.
  package enum Delivery: Sendable, Hashable {
    /// Head and body, and the connection stays open.
    case whole
    /// Head and body, and the connection closes: if `Content-Length` promises more, in the middle.
    case closing
    /// Nothing, until one side leaves.
    case silence
    /// The head, and nothing more until one side leaves.
    case headOnly
    /// The head, then the body's bytes one by one, with a pause before each.
    case drip(interval: Duration)
    /// The head and so many bytes of the body, then a TCP RST.
    case reset(afterBytes: Int)
    /// The head, then the body again and again, without a length, until one side leaves.
    case endless
  }
}
