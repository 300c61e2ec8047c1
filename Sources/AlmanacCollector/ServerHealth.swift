import AlmanacCore

/// What the apps of one server learn of it during a run, so that none asks in vain what another
/// was refused.
actor ServerHealth {
  private var stop: ReadFailure?
  private var hasAnswered = false
  private var unreachableInRow = 0
  private var hasToldOfSkew = false

  /// Why nothing more is asked of the server; `nil` while it is.
  func reasonToStop() -> ReadFailure? { stop }

  /// Nothing more is asked of the server, for a reason of our own.
  func stop(_ failure: ReadFailure) { stop = stop ?? failure }

  func noteAnswer() {
    hasAnswered = true
    unreachableInRow = 0
  }

  /// Whether nobody has been told yet that the server's clock is off.
  func isFirstToTellOfSkew() -> Bool {
    defer { hasToldOfSkew = true }
    return !hasToldOfSkew
  }

  /// One refused key refuses all; a server that never answered, or has stopped answering, is not
  /// asked by every app in turn.
  func note(_ failure: ReadFailure) {
    if failure.kind.stopsServer {
      stop = stop ?? failure
    } else if failure.kind == .unreachable {
      unreachableInRow += 1
      if !hasAnswered || unreachableInRow >= 3 { stop = stop ?? failure }
    } else {
      noteAnswer()
    }
  }
}
