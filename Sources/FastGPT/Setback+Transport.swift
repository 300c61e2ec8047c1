import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix

/// Errors of the libraries below, in words. Theirs are written for programmers, and may repeat a
/// header.
extension Setback {
  /// No response has begun.
  static func connecting(_ error: any Error, to host: String) -> Setback {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
      // The certificate will not be another one in a minute.
      return Setback(.unreachable, "the TLS certificate of \(host) is not trusted")
    }
    return Setback(
      .unreachable, "no answer from \(host): \(words(for: error))", isPassing: true)
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
