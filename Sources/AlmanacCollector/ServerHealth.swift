import AlmanacCore

/// What the apps of one server learn of it during a run, so that none asks in vain what another
/// was refused.
actor ServerHealth {
  /// Failures of so many different apps, without an answer between, make a server unreachable.
  private let enough: Int
  private var stop: ReadFailure?
  /// Apps that found the server unreachable since its last answer.
  private var failing: Set<AppID> = []
  private var hasToldOfSkew = false

  /// - Parameter apps: how many of them the run reads from the server
  init(apps: Int) {
    enough = min(3, max(1, apps))
  }

  /// Why nothing more is asked of the server; `nil` while it is.
  func reasonToStop() -> ReadFailure? { stop }

  /// Nothing more is asked of the server, for a reason of our own.
  func stop(_ failure: ReadFailure) { stop = stop ?? failure }

  func noteAnswer() { failing = [] }

  /// Whether nobody has been told yet that the server's clock is off.
  func isFirstToTellOfSkew() -> Bool {
    defer { hasToldOfSkew = true }
    return !hasToldOfSkew
  }

  /// One refused key refuses all. An app that the server fails is only itself, whatever the order
  /// in which apps are read; a server that fails app after app is not asked by each in turn.
  func note(_ failure: ReadFailure, of app: AppID) {
    if failure.kind.stopsServer {
      stop(failure)
    } else if failure.kind == .unreachable {
      failing.insert(app)
      if failing.count >= enough { stop(failure) }
    } else {
      noteAnswer()
    }
  }
}
