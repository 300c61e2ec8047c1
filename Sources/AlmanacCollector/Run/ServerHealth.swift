import AlmanacCore

/// What the apps of one server learn of it during a run, so that none asks in vain what another
/// was refused.
actor ServerHealth {
  /// Failures of so many different apps, without an answer between, make a server unreachable.
  private let enough: Int
  private var stop: ReadFailure?
  /// Whether FastGPT has accepted the key in this run.
  private var isKeyCleared = false
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

  func clearKey() { isKeyCleared = true }

  func noteAnswer() { failing = [] }

  /// Whether nobody has been told yet that the server's clock is off.
  func isFirstToTellOfSkew() -> Bool {
    defer { hasToldOfSkew = true }
    return !hasToldOfSkew
  }

  /// A key that FastGPT refuses is refused to all. Whatever else fails is the app's own, in whatever
  /// order apps are read, until so many of them have failed that the server is worth no more.
  func note(_ failure: ReadFailure, of app: AppID) {
    if failure.kind.stopsServer, failure.isFromFastGPT || !isKeyCleared {
      stop(failure)
    } else if failure.isFromFastGPT, failure.kind != .unreachable {
      noteAnswer()
    } else if failure.kind == .unreachable || failure.kind.stopsServer {
      // A gateway may refuse one request, and let the next one through.
      failing.insert(app)
      if failing.count >= enough { stop(failure) }
    }
  }
}
