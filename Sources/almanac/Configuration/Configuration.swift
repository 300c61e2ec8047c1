import AlmanacCollector
import AlmanacCore
import FastGPT
import Foundation

/// A validated configuration. Whoever has one needs not check it again.
struct Configuration: Sendable {
  /// The archive; `nil` if the file names none.
  var database: String?
  var servers: [Server]
  var apps: [App]
  var settings: CollectorSettings
  var requestsPerSecond: Double
  /// Of one request.
  var timeout: Duration

  /// One FastGPT server.
  struct Server: Sendable {
    var name: String
    var address: ServerAddress
    var keyFile: String?
    /// Where that stands, for messages: a path that leads nowhere may be the key itself.
    var keyPlace = "api_key_file"
    /// `nil` to find it.
    var zone: BucketZone?
    /// Without a password; `nil` for that of the file, or of the environment.
    var proxy: ProxyAddress?
    /// Holds the address of a proxy, password included.
    var proxyFile: NamedFile?
    /// Certificates of authorities beside the system's.
    var authorities: NamedFile?
  }

  /// A file that the configuration names, with the place where it does.
  struct NamedFile: Sendable {
    let path: String
    /// `reading the configuration FILE:LINE`
    let action: String
    /// As in `server.ca_file`.
    let key: String

    /// Does not quote the path: somebody may have put there what belongs into the file.
    func error(_ cause: String, hint: String) -> AlmanacError {
      AlmanacError(.configuration, action, cause: "\(key): \(cause)", hint: hint)
    }
  }
}
