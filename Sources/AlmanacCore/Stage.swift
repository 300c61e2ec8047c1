import Foundation
import Synchronization

/// A stage of an answer's way into the archive.
///
/// The CPU time of each is measured if `$ALMANAC_STAGES` is set, as `make bench` sets it. What is in
/// no stage is the making of requests and the runtime's own work.
package enum Stage: String, CaseIterable, Sendable {
  /// From the bytes of an answer to its figures.
  case decoding
  /// Telling whether a body is held already, and compressing it if not.
  case capturing
  /// Reading what is held.
  case lookingUp = "looking up"
  /// Deciding what is believed.
  case judging
  /// Writing rows.
  case writing
  case committing

  private static let isMeasured = ProcessInfo.processInfo.environment["ALMANAC_STAGES"] != nil
  private static let seconds = Mutex([Stage: Double]())

  /// Runs a body, and adds the CPU time that its thread takes to the stage.
  ///
  /// - Parameter outer: the stage that measures the call, and does not get this time
  package func measured<Result, Failure: Error>(
    within outer: Stage? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard Self.isMeasured else { return try body() }
    let start = Self.threadSeconds
    defer {
      let taken = Self.threadSeconds - start
      Self.seconds.withLock { seconds in
        seconds[self, default: 0] += taken
        if let outer { seconds[outer, default: 0] -= taken }
      }
    }
    return try body()
  }

  /// A line for each stage: its name, a tab and its CPU time in seconds; empty if nothing is
  /// measured.
  package static var report: [String] {
    guard isMeasured else { return [] }
    let seconds = seconds.withLock { $0 }
    return allCases.map { "\($0.rawValue)\t\(seconds[$0] ?? 0)" }
  }

  /// The CPU time of this thread so far.
  private static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
