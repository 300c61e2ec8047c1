import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser
import Foundation

/// How and where an answer is printed.
struct Answering: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to print it.", valueName: OutputFormat.allCases.map(\.rawValue).joined(separator: "|")))
  var format: OutputFormat = .table

  @Option(
    help: ArgumentHelp(
      "Write it into this file, which is replaced in one step.", valueName: "file"))
  var output: String?

  /// Where the answer goes, as far as it can show it.
  var terminal: Terminal {
    .detect(
      environment: Environment.variables,
      isTerminal: output == nil && isatty(STDOUT_FILENO) == 1, width: StandardOutput.width)
  }

  func print(_ rendition: Rendition) throws {
    let text = try rendition.text(as: format, for: terminal)
    guard let output else { return try StandardOutput.write(text) }
    do {
      try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
    } catch {
      throw AlmanacError(
        .failure, "writing the answer to \(output)", cause: (error as NSError).reason,
        hint: "check that its directory exists and may be written to")
    }
  }

  /// Says on standard error what has to be known of an answer beside its figures.
  func print(_ notes: Notes) {
    for warning in notes.warnings { StandardError.write("warning: \(warning.oneLine)\n") }
    if let nothing = notes.nothing { StandardError.write("no data: \(nothing.oneLine)\n") }
  }
}

extension NSError {
  /// Foundation's own words are for developers.
  fileprivate var reason: String {
    let cause = (userInfo[NSUnderlyingErrorKey] as? NSError) ?? self
    return cause.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(cause.code))).lowercased() : "it cannot be written"
  }
}

extension OutputFormat: ExpressibleByArgument {}
