import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// The flags that say which configuration and which archive a command works on.
struct ArchiveOptions: ParsableArguments {
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

  /// The flags as they were given.
  var arguments: [String] {
    (config.map { ["--config", $0] } ?? []) + (database.map { ["--database", $0] } ?? [])
  }

  /// The one configuration that holds; none are merged. It is an error if a named one is missing.
  func configuration() throws -> Configuration {
    if let configuration = try configurationIfThere() { return configuration }
    throw AlmanacError(
      .configuration, "finding the configuration",
      cause: "there is neither ./almanac.yaml nor /etc/almanac/almanac.yaml",
      hint: "name one with --config, or try `almanac demo`, which needs none")
  }

  /// The same; `nil` if none is named and none is in the usual places.
  private func configurationIfThere() throws -> Configuration? {
    if let namedConfiguration { return try .load(namedConfiguration) }
    var unseen: (any Error)?
    for usual in ["almanac.yaml", "/etc/almanac/almanac.yaml"] {
      switch Result(catching: { try Configuration.isThere(usual) }) {
      case .success(true): return try .load(usual)
      case .success(false): continue
      case .failure(let error): unseen = unseen ?? error
      }
    }
    if let unseen { throw unseen }
    return nil
  }

  /// The configuration that is named by flag or environment.
  private var namedConfiguration: String? { config ?? Environment["ALMANAC_CONFIG"] }

  /// The archive that is named by flag or environment; `nil` leaves it to the configuration.
  private func namedDatabase() throws -> String? {
    if let database { return try Self.archivePath(database, from: "--database") }
    guard let variable = Environment["ALMANAC_DATABASE"] else { return nil }
    return try Self.archivePath(variable, from: "$ALMANAC_DATABASE")
  }

  /// The path, if it can be an archive's. Throws an ``AlmanacError`` that names the flag or
  /// variable.
  static func archivePath(_ path: String, from origin: String) throws -> String {
    if let fault = ArchivePath.fault(in: path) {
      throw AlmanacError(.usage, "reading \(origin)", cause: fault.cause, hint: fault.hint)
    }
    return path
  }

  /// The archive for a command that needs nothing else of the configuration. It is an error all the
  /// same if a named configuration is missing.
  func databaseToRead() throws -> String {
    guard let namedDatabase = try namedDatabase() else { return try database(of: configuration()) }
    if let namedConfiguration, try !Configuration.isThere(namedConfiguration) {
      throw Configuration.missing(namedConfiguration)
    }
    return namedDatabase
  }

  /// The archive, open for questions. Says on standard error whose figures are invented.
  func openedToRead() throws -> Archive {
    let archive = try Archive.openForReading(path: try databaseToRead())
    if archive.isDemo {
      StandardError.write("\(archive.path) is a demo's: its apps and figures are invented\n")
    }
    return archive
  }

  /// The archive, open for questions; `nil` if nothing says which it is, or if the one that a
  /// configuration in the usual places names is not there yet.
  func openedToReadIfThere() throws -> Archive? {
    if try namedDatabase() != nil || namedConfiguration != nil { return try openedToRead() }
    guard let path = try configurationIfThere()?.database,
      FileManager.default.fileExists(atPath: path)
    else { return nil }
    return try openedToRead()
  }

  /// The archive that is named by flag or environment, else by the configuration.
  func database(of configuration: Configuration) throws -> String {
    guard let path = try namedDatabase() ?? configuration.database else {
      throw AlmanacError(
        .configuration, "finding the archive", cause: "nothing says where it is",
        hint: "add `database:` to the configuration, or name a file with --database")
    }
    return path
  }
}
