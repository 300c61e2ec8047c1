import AlmanacCollector
import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac collect`
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Bring the archive up to date.",
    discussion: """
      Reads, for every app in the configuration, what was never read, what has not settled, and \
      every gap. The first run reads the whole history that the server still has. What was \
      read before something failed is kept, and the next run reads what is missing. Every 30 days \
      (deep_every) the whole past is read again. What the server has forgotten since is kept.
      """)

  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp("Read again from this day, to --to or today.", valueName: "date"),
    transform: FlagValue.day)
  var from: Day?

  @Option(
    help: ArgumentHelp("The last day to read again.", valueName: "date"), transform: FlagValue.day)
  var to: Day?

  @Option(
    help: ArgumentHelp("Only this app; can be given several times.", valueName: "id|name"))
  var app: [String] = []

  @Flag(help: "Read the whole past again, to see what has changed in it.")
  var deep = false

  @Flag(
    help: """
      Print the requests that the run would make and how long they take, and make none. It refuses \
      whatever the run would refuse.
      """)
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      """
      Write gauges for Prometheus into this file after the run, failed or not; it is replaced in one \
      step. Default: metrics_file of the configuration.
      """, valueName: "file"))
  var metricsFile: String?

  @OptionGroup(title: "Messages") var messages: MessageOptions

  func validate() throws {
    if from == nil, to != nil {
      throw ValidationError("--to needs --from; name the first day to read again.")
    }
    if let from, let to, to < from {
      throw ValidationError("--to \(to) is before --from \(from).")
    }
    if deep, from != nil {
      throw ValidationError("--deep reads the whole past; leave out --from and --to.")
    }
  }

  func run() async throws {
    let clock = try CivilClock.fromEnvironment()
    var (run, request): (CollectRun, RunRequest)
    do {
      (run, request) = try prepared(clock)
    } catch {
      if !dryRun {
        let unbegun = Monitoring(
          nil, metricsFile: metricsFile, database: try? archive.databaseToRead(), clock: clock)
        await unbegun.end((error as? any ExitCoded)?.exitCode ?? 1)
      }
      throw error
    }
    if dryRun { return try await DryRun(of: run).print(request) }
    let monitoring = Monitoring(
      run.configuration, metricsFile: metricsFile, database: run.database, clock: clock,
      isOverEverything: app.isEmpty && from == nil)
    run.onStart = monitoring.begin
    let report = try await monitoring.watching { [run, request] in
      try await run.run(request)
    }
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  private func prepared(_ clock: CivilClock) throws -> (CollectRun, RunRequest) {
    let configuration = try archive.configuration()
    var run = CollectRun(
      configuration: configuration, database: try archive.database(of: configuration),
      clock: clock)
    run.verbosity = messages.verbosity
    let request = RunRequest(
      only: try AppLookup(configuration.apps.map { ($0.id, $0.name) }, in: "the configuration")
        .ids(of: app),
      days: try days(at: clock.now()), isDeep: deep,
      arguments: CommandLine.arguments.dropFirst().joined(separator: " "),
      version: Almanac.version)
    return (run, request)
  }

  private func days(at now: Date) throws -> Range<Day>? {
    guard let from else { return nil }
    // Servers east of Greenwich are a day ahead for some hours. The planner ends at their today.
    let today = BucketZone.utc.day(holding: now)
    let last = to ?? max(from, today.advanced(by: 1))
    guard from <= today.advanced(by: 1) else {
      throw AlmanacError(
        .usage, "reading --from", cause: "\(from) has not come yet", hint: "name a past day")
    }
    return from..<last.advanced(by: 1)
  }
}
