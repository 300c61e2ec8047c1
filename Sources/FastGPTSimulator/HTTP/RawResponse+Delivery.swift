extension RawResponse {
  /// The ways in which a response is sent.
  package enum Delivery: Sendable, Hashable {
    /// Head and body, and the connection stays open.
    case whole
    /// Head and body, and the connection closes, even if `Content-Length` promises more.
    case closing
    /// Nothing is sent until one side closes.
    case silence
    /// The head, then nothing until one side closes.
    case headOnly
    /// The head, then the body's bytes one by one, with a pause before each.
    case drip(interval: Duration)
    /// The head and so many bytes of the body, then a TCP RST.
    case reset(afterBytes: Int)
    /// The head, then the body again and again, without a length, until one side closes.
    case endless
  }
}
