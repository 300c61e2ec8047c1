import AlmanacCore
import ArgumentParser
import Foundation

/// Which configuration and which archive a command works on.
struct Place: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The configuration. Default: $ALMANAC_CONFIG, ./almanac.yaml, /etc/almanac/almanac.yaml.",
      valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The archive. Default: $ALMANAC_DATABASE, then what the configuration says.",
      valueName: "file"))
  var database: String?

  /// As they were given.
  var arguments: [String] {
    (config.map { ["--config", $0] } ?? []) + (database.map { ["--database", $0] } ?? [])
  }

  /// The one configuration that holds; none are merged. A named one that is missing is an error.
  func configuration() throws -> Configuration {
    if let named = config ?? Environment.variables["ALMANAC_CONFIG"] { return try .load(named) }
    let usual = ["almanac.yaml", "/etc/almanac/almanac.yaml"]
    guard let found = usual.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw AlmanacError(
        .configuration, "finding the configuration",
        cause: "there is neither ./almanac.yaml nor /etc/almanac/almanac.yaml",
        hint: "name one with --config, or try `almanac demo`, which needs none")
    }
    return try .load(found)
  }

  /// The archive that is named by flag or environment; `nil` leaves it to the configuration.
  var namedDatabase: String? { database ?? Environment.variables["ALMANAC_DATABASE"] }

  /// The archive for a command that only reads; asks the configuration only if it must.
  func databaseToRead() throws -> String {
    if let namedDatabase { return namedDatabase }
    return try database(of: configuration())
  }

  func database(of configuration: Configuration) throws -> String {
    guard let path = namedDatabase ?? configuration.database else {
      throw AlmanacError(
        .configuration, "finding the archive", cause: "nothing says where it is",
        hint: "add `database:` to the configuration, or name a file with --database")
    }
    return path
  }
}
