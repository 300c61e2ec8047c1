import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show per app the last success, the newest complete day, gaps and failures.",
    discussion: """
      Also shows what the newest run refused and why, where the totals differ from the sum of the \
      days, what the server has forgotten, its bucket zone, and figures that it sends and almanac \
      has no column for. Reads the archive only: no network, and no configuration if an \
      archive is named.
      """)

  @OptionGroup var archive: ArchiveOptions

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let archive = try archive.openedToRead()
    let status = try await archive.status()
    if status.run == nil { StandardError.write("no run yet: `almanac collect` makes the first\n") }
    try output.print(StatusReport(status).rendition)
  }
}
