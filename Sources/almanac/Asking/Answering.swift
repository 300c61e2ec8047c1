import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser
import Foundation

/// How and where an answer is printed.
struct Answering: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to print it.", valueName: "table|chart|csv|json|jsonl|markdown"))
  var format: OutputFormat = .table

  @Option(
    help: ArgumentHelp(
      "Write it into this file, which is replaced in one step; never a database.",
      valueName: "file"))
  var output: String?

  /// Where the answer goes, as far as it can show it.
  var terminal: Terminal {
    .detect(
      environment: Environment.variables,
      isTerminal: output == nil && isatty(STDOUT_FILENO) == 1, width: StandardOutput.width)
  }

  func print(_ rendition: Rendition) throws {
    func write(_ stream: inout FileStream) throws {
      try rendition.write(as: format, for: terminal, to: &stream)
    }
    if let output { try OutputFile(output).write(write) } else { try StandardOutput.write(write) }
  }

  /// Says on standard error what has to be known of an answer beside its figures.
  func print(_ notes: Notes) {
    for warning in notes.warnings { StandardError.write("warning: \(warning.oneLine)\n") }
    if let reason = notes.noDataReason { StandardError.write("no data: \(reason.oneLine)\n") }
  }
}
