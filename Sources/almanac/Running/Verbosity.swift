import ArgumentParser
import Foundation
import Logging

/// How much a run tells of itself.
enum Verbosity: Sendable {
  /// The errors alone.
  case quiet
  case usual
  /// Each request, retry and decision, too.
  case verbose

  /// Writes a message that is no error to standard error.
  func tell(_ text: String) {
    if self != .quiet { StandardError.write(text) }
  }
}

/// The flags that say how much a run tells of itself.
struct MessageOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Tell of each request, retry and decision, too.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose contradict each other.") }
  }

  var verbosity: Verbosity { quiet ? .quiet : verbose ? .verbose : .usual }
}

/// Writes a line for each thing that the client of a server logs: the message, then its metadata by
/// name.
struct MessageLog: LogHandler {
  let write: @Sendable (String) -> Void
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let parts = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    write("\(([event.message.description] + parts).joined(separator: " "))")
  }
}
