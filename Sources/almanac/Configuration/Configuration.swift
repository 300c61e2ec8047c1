import AlmanacCollector
import AlmanacCore
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
    var url: String
    var keyFile: String?
    /// `nil` to find it.
    var zone: BucketZone?
    /// Whether the key may travel in the clear to a host other than this one.
    var allowsPlainHTTP: Bool
  }
}
