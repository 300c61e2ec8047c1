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
    /// `nil` to find it.
    var zone: BucketZone?
  }
}
