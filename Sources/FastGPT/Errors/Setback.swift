import AlmanacCore

/// One request that brought no answer: what it means, and whether another try may fare better.
struct Setback: Error {
  /// What the read's failure becomes if this was the last try.
  var kind: ReadFailure.Kind
  /// One line for a person, without the key and without the body.
  var cause: String
  /// Whether the same request may succeed later.
  var isPassing: Bool
  /// Whether it is FastGPT's own error about the request; see ``ReadFailure``.
  var isFromFastGPT = false
  /// What was in the way, where the kind does not say all.
  var obstacle: ReadFailure.Obstacle?
  /// How long the server asks to wait.
  var requestedDelay: Duration?
  /// What came, as far as it came.
  var reply: Reply?

  init(
    _ kind: ReadFailure.Kind, _ cause: String, isPassing: Bool = false,
    obstacle: ReadFailure.Obstacle? = nil, reply: Reply? = nil
  ) {
    self.kind = kind
    self.cause = cause
    self.isPassing = isPassing
    self.obstacle = obstacle
    self.reply = reply
  }
}
