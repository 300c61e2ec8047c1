import AlmanacCollector
import AlmanacCore
import FastGPT
import Foundation

/// A configuration that has been validated, so that nobody needs to check it again.
struct Configuration: Sendable {
  /// The archive; `nil` if the file names none.
  var database: String?
  var servers: [Server]
  var apps: [App]
  var settings: CollectorSettings
  var requestsPerSecond: Double
  /// The time limit of one request.
  var timeout: Duration
  /// The time at which the daemon collects; `nil` where it names no zone, and the host's is not known.
  var schedule = BucketZone.host.map { Schedule.usual(in: $0) }

  /// The file for gauges after each run; `nil` writes none.
  var metricsFile: String?
  /// The monitor that is called around each run; `nil` for the one of ``heartbeatFile``, or none.
  var heartbeat: HeartbeatAddress?
  /// A file with the address of a monitor.
  var heartbeatFile: NamedFile?

  /// The configuration's own path, if everybody on this host may read it.
  var openFile: String?

  /// One FastGPT server.
  struct Server: Sendable {
    var name: String
    var address: ServerAddress
    var keyFile: String?
    /// The place of ``keyFile`` in the configuration. Messages name it instead of a path that leads
    /// nowhere, which may be the key itself.
    var keyPlace = "api_key_file"
    /// The zone that the configuration names; `nil` to find it.
    var zone: BucketZone?
    /// A proxy without a password; `nil` for the one of ``proxyFile``, or of the environment.
    var proxy: ProxyAddress?
    /// A file with the address of a proxy, password included.
    var proxyFile: NamedFile?
    /// A file with certificates of authorities, which hold beside the system's.
    var authorities: NamedFile?
  }

  /// A file that the configuration names, and where it names it.
  struct NamedFile: Sendable {
    let path: String
    /// The action of an error: `reading the configuration FILE:LINE`.
    let action: String
    /// The path of the key, such as `server.ca_file`.
    let key: String

    /// An error that does not quote the path. Somebody may have written there what belongs into the
    /// file.
    func error(_ cause: String, hint: String) -> AlmanacError {
      AlmanacError(.configuration, action, cause: "\(key): \(cause)", hint: hint)
    }
  }
}
