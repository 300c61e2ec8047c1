import AlmanacCore
import AlmanacExport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac export clickhouse`
struct ExportClickHouseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clickhouse",
    abstract: "Load the public views into a ClickHouse over HTTP.",
    discussion: """
      What was loaded is read from the target, and only what may have changed since goes over; \
      everything does the first time, and where the archive does not know the run that the target \
      holds (another archive, a restored backup). A load is seen as a whole at its end, or not at all. \
      The public names are views there; the tables behind them begin with almanac_.

      The password comes from --key-file or $CLICKHOUSE_PASSWORD, the user from --user or \
      $CLICKHOUSE_USER.

      EXAMPLES
        almanac export clickhouse --url "http://localhost:8123/?database=almanac"
        almanac export clickhouse --url "https://ch.example.org:8443/?database=bi" \\
          --user almanac --key-file /etc/almanac/clickhouse-key
        almanac export clickhouse --url "http://localhost:8123/?database=almanac" --verify
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "The address of the HTTP interface, with the database in its query.", valueName: "url"))
  var url: String

  @Option(help: ArgumentHelp("The user. Default: $CLICKHOUSE_USER.", valueName: "name"))
  var user: String?

  @Option(
    help: ArgumentHelp(
      "A file with the password, alone. Default: $CLICKHOUSE_PASSWORD.", valueName: "file"))
  var keyFile: String?

  @Flag(help: "Load everything, whatever the target holds.")
  var whole = false

  @Flag(help: "Load nothing; fail where the target differs from the archive.")
  var verify = false

  @Option(
    help: ArgumentHelp(
      "How long the server may be silent before it is given up.", valueName: "300s|5m"),
    transform: FlagValue.patience)
  var timeout: TimeInterval = 300

  func validate() throws {
    guard !verify || !whole else {
      throw ValidationError("--verify loads nothing; leave out --whole")
    }
  }

  func run() async throws {
    let moment = try archive.moment()
    let server = try ClickHouseServer(
      url: url, user: user ?? Environment["CLICKHOUSE_USER"], key: try key(), timeout: timeout,
      version: Almanac.version)
    let load = ClickHouseLoad(of: moment, into: server, version: Almanac.version)
    let said: Result<String, any Error>
    do {
      said = .success(try await carry(load, server.name, moment))
    } catch {
      said = .failure(error)
    }
    await server.shutdown()
    try StandardOutput.write(said.get())
  }

  private func carry(
    _ load: ClickHouseLoad, _ target: String, _ moment: ArchiveMoment
  ) async throws -> String {
    if verify {
      try await load.verify()
      return "\(target) equals \(moment.words)\n"
    }
    let report = try await load.run(isWhole: whole)
    if report.replacesAnother {
      StandardError.write("\(target) held another archive, which this one has replaced\n")
    }
    let extent = report.since.map { "since run \($0)" } ?? "all"
    return "\(target) holds \(moment.words): \(report.rows) rows sent, "
      + "\(extent)\n"
  }

  /// The password, from the file before the environment.
  private func key() throws -> String? {
    guard let keyFile else { return Environment["CLICKHOUSE_PASSWORD"] }
    let key: String
    do throws(SecretFile.Fault) {
      key = try SecretFile.read(keyFile).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw AlmanacError(
        .configuration, "reading the password from \(keyFile)", cause: error.cause("the file"),
        hint: error.hint(keyFile, holding: "the password"))
    }
    guard !key.isEmpty, !key.contains(where: \.isNewline) else {
      throw AlmanacError(
        .configuration, "reading the password from \(keyFile)",
        cause: key.isEmpty ? "the file is empty" : "the file has more than one line",
        hint: "write the password into it, alone")
    }
    return key
  }
}
