// almanac is the program: flags, configuration, wiring and exit codes.
// Owns: a file for each command (Commands/), the flags of questions (Asking/), the configuration
// and the key (Configuration/), the course of a run (Running/).
// Refuses: figures, requests and SQL. The other targets have them.
// Start here, then read Commands/CollectCommand.swift and Running/CollectRun.swift.

import ArgumentParser

/// The top of the program: its commands, and the meaning of its exit codes.
@main
struct Almanac: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "almanac",
    abstract: "The memory of a team's FastGPT apps: one SQLite file, and true numbers in it.",
    discussion: """
      almanac pulls the chart data of every configured app once a day into one archive, and \
      answers from it offline. Read the archive with any SQLite tool: the views daily, weekly, \
      monthly and quarterly hold a row for each app and bucket.

      EXIT CODES
        0    done
        1    nothing was read, or a result not written, for a reason of its own
        3    something was read and something failed; what worked is kept
        4    --fail was given and found something
        64   wrong usage, or a question that has no true answer
        65   the archive or a file is not usable
        69   nothing was read: server not reachable, or without the app-log API
        75   another run holds the lock, or (restore) a program the archive
        77   nothing was read: key or account refused
        78   the configuration is wrong
        130  interrupted; what was committed is kept
        143  terminated; what was committed is kept

      ENVIRONMENT
        ALMANAC_CONFIG      the configuration, unless --config names one
        ALMANAC_DATABASE    the archive, unless --database names one
        ALMANAC_NOW         an ISO 8601 instant in the place of the clock
        TZ                  the zone of collect.at, unless that names one
        FASTGPT_API_KEY     the key; FASTGPT_API_KEY_NAME for a server with a name
        CLICKHOUSE_USER, CLICKHOUSE_PASSWORD
                            for export clickhouse, unless flags name them
        HTTPS_PROXY, HTTP_PROXY, ALL_PROXY
                            the proxy to an https server, an http server, any,
                            where the configuration names none
        NO_PROXY            servers that are reached without a proxy
        SSL_CERT_FILE, SSL_CERT_DIR
                            authorities' certificates, instead of the system's
      """,
    version: version,
    subcommands: [
      CollectCommand.self, DaemonCommand.self, TrendCommand.self, SummaryCommand.self,
      RankCommand.self, RetentionCommand.self, AnomaliesCommand.self, MetricsCommand.self,
      HistoryCommand.self, StatusCommand.self, BackupCommand.self, RestoreCommand.self,
      RemoveCommand.self, MigrateCommand.self, ExportCommand.self, DemoCommand.self,
    ]
  )

  /// The version that requests, runs and `--version` state.
  static let version = "0.2.0-dev"

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var running = command as? any AsyncParsableCommand {
        try await running.run()
      } else {
        try command.run()
      }
    } catch let error as any ExitCoded {
      StandardError.write("\(error)\n")
      exit(withError: ExitCode(error.exitCode))
    } catch {
      exit(withError: error)
    }
  }
}
