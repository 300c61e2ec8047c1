/// The reason why a read failed for good, after every retry that it was worth.
package struct ReadFailure: Error, CustomStringConvertible {
  /// The kind of a failure, which decides what else stops.
  package enum Kind: String, Sendable, CaseIterable {
    /// The server refuses the key: nothing more is asked of the server.
    case key
    /// Quota, balance or team forbid it: nothing more is asked of the server.
    case account
    /// This app is not there, or not this key's; the others go on.
    case app
    /// The server does not accept the source that was asked for.
    case source
    /// The server finds fault with the request.
    case request
    /// The server has no app-log API: nothing more is asked of the server.
    case unsupported
    /// There was no connection, no answer in time, or only errors that pass.
    case unreachable
    /// The answer cannot be understood.
    case badAnswer = "bad answer"
    /// The server's answers disprove what the configuration says of it: nothing more is asked.
    case configuration

    /// Whether every other read of the same server would fail alike.
    package var stopsServer: Bool {
      switch self {
      case .key, .account, .unsupported, .configuration: true
      default: false
      }
    }
  }

  /// A thing in the way that needs another remedy than the failure's kind suggests.
  package enum Obstacle: Sendable, CaseIterable {
    /// The server, or a gateway in front of it, takes fewer requests.
    case limit
    /// A gateway in front of the server lets nobody through; the key was not looked at.
    case gateway
    /// The proxy that leads to the server is not there, or does not connect to it.
    case proxy
    /// The proxy wants a user and a password, or others.
    case proxyLogin
    /// Nobody who is trusted vouches for the server's certificate.
    case certificate
  }

  package let kind: Kind
  /// The cause in one line, without the key and without the body.
  package let cause: String
  /// `nil` if the kind says everything.
  package let obstacle: Obstacle?
  package var delivery: Delivery
  /// The HTTP status of the last answer, if one came.
  package let status: Int?
  /// Whether FastGPT has looked at the request and answered with an error of its own; `false` for
  /// a gateway's answer, a broken connection and a limit on requests.
  package let isFromFastGPT: Bool
  /// The next thing to do, if the kind does not say enough; `nil` otherwise.
  package let hint: String?

  package init(
    _ kind: Kind, _ cause: String, obstacle: Obstacle? = nil, hint: String? = nil,
    status: Int? = nil, isFromFastGPT: Bool = false, delivery: Delivery = Delivery()
  ) {
    self.kind = kind
    self.cause = cause
    self.obstacle = obstacle
    self.hint = hint
    self.status = status
    self.isFromFastGPT = isFromFastGPT
    self.delivery = delivery
  }

  package var description: String { cause }
}
