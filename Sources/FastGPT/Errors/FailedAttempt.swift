import AlmanacCore

/// One request that brought no answer: its meaning, and whether another try may succeed.
struct FailedAttempt: Error {
  /// The kind of the read's failure if this was the last try.
  var kind: ReadFailure.Kind
  /// One line for a person, without the key and without the body.
  var cause: String
  /// Whether the same request may succeed later.
  var isTransient: Bool
  /// Whether FastGPT itself reported the error; see ``ReadFailure``.
  var isFromFastGPT = false
  /// The obstacle on the way, if the kind alone would suggest the wrong remedy.
  var obstacle: ReadFailure.Obstacle?
  /// The wait that the server asks for.
  var requestedDelay: Duration?
  /// The reply, as far as it arrived.
  var reply: Reply?

  init(
    _ kind: ReadFailure.Kind, cause: String, isTransient: Bool = false,
    obstacle: ReadFailure.Obstacle? = nil, reply: Reply? = nil
  ) {
    self.kind = kind
    self.cause = cause
    self.isTransient = isTransient
    self.obstacle = obstacle
    self.reply = reply
  }
}
