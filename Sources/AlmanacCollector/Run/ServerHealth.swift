import AlmanacCore
import AlmanacStore

/// The state of one server, as its apps find it during a run. It keeps an app from asking in vain
/// for what another app was refused.
actor ServerHealth {
  /// The number of different apps that must fail, without an answer in between, before the server
  /// counts as unreachable.
  private let enough: Int
  private var stop: ReadFailure?
  /// Whether FastGPT has accepted the key in this run.
  private var isKeyCleared = false
  /// Apps that found the server unreachable since its last answer.
  private var failing: Set<AppID> = []
  private var hasToldOfSkew = false
  /// The server's way with an offset other than `Z` in the text of an instant.
  private(set) var offsets: Offsets
  /// The base of its retention, as far as it has shown it.
  private(set) var base: ServerBase

  /// - Parameters:
  ///   - apps: the number of apps that the run reads from the server
  ///   - known: the server as earlier runs have left it
  init(apps: Int, known: Archive.KnownServer? = nil) {
    enough = min(3, max(1, apps))
    offsets = Offsets(known?.zoneKind)
    base = known?.base ?? ServerBase()
  }

  /// The base of an answer's retention; see ``ServerBase/learn(from:)``.
  func base(of answer: Answer) -> RetentionBase? { base.learn(from: answer) }

  /// The ways of servers with an offset in the text of an instant.
  enum Offsets {
    /// It cuts its days there.
    case obeyed
    /// It takes the request for a faulty one.
    case refused
    /// It does not mind, as far as anybody knows.
    case ignored

    init(_ kind: Archive.ZoneKind?) {
      switch kind {
      case .asked: self = .obeyed
      case .refusing: self = .refused
      case .own, nil: self = .ignored
      }
    }
  }

  func note(offsets: Offsets) { self.offsets = offsets }

  /// The reason why nothing more is asked of the server; `nil` while it is still asked.
  func reasonToStop() -> ReadFailure? { stop }

  /// Ends the asking of the server, for a reason that this program has found.
  func stop(_ failure: ReadFailure) { stop = stop ?? failure }

  func clearKey() { isKeyCleared = true }

  func noteAnswer() { failing = [] }

  /// Whether nobody has been told yet that the server's clock is off.
  func isFirstToTellOfSkew() -> Bool {
    defer { hasToldOfSkew = true }
    return !hasToldOfSkew
  }

  /// Notes an app's failure. A key that FastGPT refuses stops all of the server's apps. Any other
  /// failure is the app's own, whatever the order of the apps, until `enough` apps have failed.
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
