import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// Puts errors of the HTTP libraries into words. Their own texts are written for programmers and
/// may repeat a header.
extension FailedAttempt {
  /// Describes an error before any response arrived.
  static func connecting(
    _ error: any Error, to host: String, through proxy: ProxyAddress?
  ) -> FailedAttempt {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
      // No other try: the certificate will be the same in a minute.
      return FailedAttempt(
        .unreachable, cause: "the TLS certificate of \(host) is not trusted", obstacle: .certificate
      )
    }
    if let proxy, let failed = refusal(error, of: proxy, to: host) { return failed }
    return FailedAttempt(
      .unreachable, cause: "no answer from \(place(host, through: proxy)): \(words(for: error))",
      isTransient: true)
  }

  /// The host, or `host through the proxy proxy:3128`.
  static func place(_ host: String, through proxy: ProxyAddress?) -> String {
    host + (proxy.map { " through the proxy \($0)" } ?? "")
  }

  /// Describes an error of the proxy itself; `nil` if the error came from behind the proxy.
  private static func refusal(
    _ error: any Error, of proxy: ProxyAddress, to host: String
  ) -> FailedAttempt? {
    let transient = { (cause: String) in
      FailedAttempt(.unreachable, cause: cause, isTransient: true, obstacle: .proxy)
    }
    switch error {
    case let error as HTTPClientError:
      switch error {
      case .proxyAuthenticationRequired:
        return FailedAttempt(
          .unreachable,
          cause:
            "the proxy \(proxy) \(proxy.hasCredentials ? "refuses the" : "wants a") user and password",
          obstacle: .proxyLogin)
      case .invalidProxyResponse: return transient("the proxy \(proxy) does not connect to \(host)")
      case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
        return transient("the proxy \(proxy) does not answer in time")
      case .connectTimeout: break
      default: return nil
      }
    case is NIOConnectionError, ChannelError.connectTimeout: break
    case let error as IOError where [ECONNREFUSED, EHOSTUNREACH].contains(error.errnoCode): break
    default:
      return String(reflecting: type(of: error)).hasPrefix("NIOSOCKS")
        ? transient("the proxy \(proxy) does not connect to \(host)") : nil
    }
    return transient("the proxy \(proxy) cannot be reached: \(words(for: error))")
  }

  /// Describes an error after a response had begun.
  static func receiving(_ error: any Error, of reply: Reply) -> FailedAttempt {
    let isCompression = String(reflecting: type(of: error)).hasPrefix("NIOHTTPCompression")
    let words =
      isCompression
      ? "the answer is not compressed in the way that its header says"
      : "the answer was cut off after \(reply.body.count) bytes"
    return FailedAttempt(
      .badAnswer, cause: "\(words) (HTTP \(reply.status))", isTransient: true, reply: reply)
  }

  private static func words(for error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      if error.dnsAError != nil, error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
        return "the name does not resolve"
      }
      return error.connectionErrors.first.map { words(for: $0.error) } ?? "no address answers"
    case let error as IOError:
      return String(cString: strerror(error.errnoCode)).lowercased()
    case let error as ChannelError:
      if case .connectTimeout = error { return "no connection in time" }
      return "the connection failed"
    case let error as HTTPClientError:
      switch error {
      case .connectTimeout, .getConnectionFromPoolTimeout: return "no connection in time"
      case .remoteConnectionClosed: return "the connection was closed"
      default: return "the connection failed: \(error.shortDescription.lowercased())"
      }
    default:
      let name = String(reflecting: type(of: error))
      return name.hasPrefix("NIOSSL") || name.contains("SSL")
        ? "no TLS connection could be made" : "the connection failed"
    }
  }
}
