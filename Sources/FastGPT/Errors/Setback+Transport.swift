import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// Errors of the libraries below, in words. Theirs are written for programmers, and may repeat a
/// header.
extension Setback {
  /// No response has begun.
  static func connecting(
    _ error: any Error, to host: String, through proxy: ProxyAddress?
  ) -> Setback {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
      // The certificate will not be another one in a minute.
      return Setback(
        .unreachable, "the TLS certificate of \(host) is not trusted", obstacle: .certificate)
    }
    if let proxy, let setback = refusal(error, of: proxy, to: host) { return setback }
    return Setback(
      .unreachable, "no answer from \(place(host, proxy)): \(words(for: error))", isPassing: true)
  }

  /// `host`, or `host through the proxy proxy:3128`.
  static func place(_ host: String, _ proxy: ProxyAddress?) -> String {
    host + (proxy.map { " through the proxy \($0)" } ?? "")
  }

  /// What the proxy itself does not do; `nil` for an error from behind it.
  private static func refusal(
    _ error: any Error, of proxy: ProxyAddress, to host: String
  ) -> Setback? {
    let passing = { (cause: String) in
      Setback(.unreachable, cause, isPassing: true, obstacle: .proxy)
    }
    switch error {
    case let error as HTTPClientError:
      switch error {
      case .proxyAuthenticationRequired:
        return Setback(
          .unreachable,
          "the proxy \(proxy) \(proxy.hasCredentials ? "refuses the" : "wants a") user and password",
          obstacle: .proxyLogin)
      case .invalidProxyResponse: return passing("the proxy \(proxy) opens no way to \(host)")
      case .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
        return passing("the proxy \(proxy) does not answer in time")
      case .connectTimeout: break
      default: return nil
      }
    case is NIOConnectionError, ChannelError.connectTimeout: break
    case let error as IOError where [ECONNREFUSED, EHOSTUNREACH].contains(error.errnoCode): break
    default:
      return String(reflecting: type(of: error)).hasPrefix("NIOSOCKS")
        ? passing("the proxy \(proxy) opens no way to \(host)") : nil
    }
    return passing("the proxy \(proxy) cannot be reached: \(words(for: error))")
  }

  /// A response has begun, and broken off.
  static func receiving(_ error: any Error, _ reply: Reply) -> Setback {
    let isCompression = String(reflecting: type(of: error)).hasPrefix("NIOHTTPCompression")
    let words =
      isCompression
      ? "the answer is not compressed as it says"
      : "the answer was cut off after \(reply.body.count) bytes"
    return Setback(
      .badAnswer, "\(words) (HTTP \(reply.status))", isPassing: true, reply: reply)
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
