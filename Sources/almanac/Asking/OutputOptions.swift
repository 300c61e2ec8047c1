import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser
import Foundation

/// The flags that say how and where an answer is printed.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to print it.", valueName: "table|chart|csv|json|jsonl|markdown"))
  var format: OutputFormat = .table

  @OptionGroup var place: OutputPlace

  /// The abilities of the place where the answer goes.
  var terminal: Terminal { place.terminal }

  /// Refuses a file that no answer may replace.
  func check() throws { try place.check() }

  /// Prints an answer in the form and to the place that the flags name.
  func print(_ rendition: Rendition) throws { try place.print(rendition, as: format) }

  /// Prints the notes on an answer to standard error.
  func print(_ notes: Notes) {
    for warning in notes.warnings { StandardError.write("warning: \(warning.oneLine)\n") }
    if let reason = notes.noDataReason { StandardError.write("no data: \(reason.oneLine)\n") }
  }
}

/// The flag that says where an answer goes.
struct OutputPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write it into this file, which is replaced in one step; never a database.",
      valueName: "file"))
  var output: String?

  @Flag(
    help: """
      With --format csv, for spreadsheets: a byte order mark comes first, and a text that would be \
      taken for a formula has an apostrophe before it.
      """)
  var excel = false

  var terminal: Terminal {
    .detect(
      environment: Environment.variables,
      isTerminal: output == nil && isatty(STDOUT_FILENO) == 1, width: StandardOutput.width)
  }

  func check() throws {
    if let output { _ = try OutputFile(output) }
  }

  func print(_ rendition: Rendition, as format: OutputFormat) throws {
    guard !excel || format == .csv else {
      throw AlmanacError(
        .usage, "reading --excel", cause: "it says how CSV is written, and the format is \(format)",
        hint: "add --format csv, or leave out --excel")
    }
    try write { try rendition.write(as: format, for: terminal, isForSpreadsheets: excel, to: &$0) }
  }

  func write(_ body: (inout FileStream) throws -> Void) throws {
    if let output { try OutputFile(output).write(body) } else { try StandardOutput.write(body) }
  }
}
