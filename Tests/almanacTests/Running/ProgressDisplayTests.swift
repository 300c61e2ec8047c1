import AlmanacCollector
import AlmanacCore
import AlmanacStore
import Foundation
import Synchronization
import Testing

@testable import almanac

@Suite struct `The messages of a run` {
  private final class Written: Sendable {
    let text = Mutex("")
    var lines: [String] {
      text.withLock { $0.split(separator: "\n").map(String.init) }
    }
  }

  private func display(
    _ verbosity: Verbosity, isTerminal: Bool = false
  ) -> (ProgressDisplay, Written) {
    let written = Written()
    let display = ProgressDisplay(verbosity, isTerminal: isTerminal) { text in
      written.text.withLock { $0 += text }
    }
    return (display, written)
  }

  private static func report(_ name: String, _ change: (inout AppReport) -> Void = { _ in }) throws
    -> AppReport
  {
    let id = try #require(AppID("68c46a70d950e8850ae564ba"))
    var report = AppReport(app: App(id: id, name: name, server: "default"))
    report.requests = 9
    report.counts.new = 9
    change(&report)
    return report
  }

  private func tellAll(_ display: ProgressDisplay) throws {
    display.note(.began(apps: 5))
    display.note(.noted("a finding"))
    display.note(.warned("a warning"))
    display.note(.decided("a decision"))
    display.note(.believed("an answer", BucketCounts()))
    display.note(.finished(try Self.report("well")))
    display.note(.finished(try Self.report("new") { $0.isFirst = true }))
    display.note(.finished(try Self.report("revised") { $0.counts.revised = 1 }))
    display.note(.finished(try Self.report("refused") { $0.counts.refused = 1 }))
    display.note(
      .finished(
        try Self.report("failed") { $0.failures = [ReadFailure(.unreachable, "no answer")] }))
  }

  @Test func `tell off a terminal of apps that are new, changed or failed`() throws {
    let (display, written) = display(.usual)
    try tellAll(display)
    #expect(
      written.lines.map { $0.prefix { $0 != ":" } } == [
        "a finding", "warning", "new", "revised", "refused", "failed",
      ])
    #expect(written.lines.last == "failed: failed: no answer")
  }

  @Test func `tell of every app and decision if they are to be verbose`() throws {
    let (display, written) = display(.verbose)
    try tellAll(display)
    #expect(
      written.lines.map { $0.prefix { $0 != ":" } } == [
        "a finding", "warning", "a decision", "an answer", "well", "new", "revised", "refused",
        "failed",
      ])
  }

  @Test(arguments: [false, true])
  func `are none if they are to be quiet`(isTerminal: Bool) throws {
    let (display, written) = display(.quiet, isTerminal: isTerminal)
    try tellAll(display)
    display.pulse(after: .zero)
    display.end()
    #expect(written.text.withLock { $0 } == "")
  }

  @Test func `say off a terminal that the run is alive, where nothing else was said`() throws {
    let (display, written) = display(.usual)
    display.note(.began(apps: 200))
    display.note(.finished(try Self.report("well")))
    display.pulse()
    #expect(written.lines == [])
    display.pulse(after: .zero)
    #expect(written.lines == ["still at work: 1 of 200 apps done, 9 requests, 0:00"])
    display.pulse()
    #expect(written.lines.count == 1)
  }

  @Test func `leave that to the bar on a terminal`() throws {
    let (display, written) = display(.usual, isTerminal: true)
    display.note(.began(apps: 1))
    display.pulse(after: .zero)
    #expect(!written.text.withLock { $0 }.contains("still at work"))
    #expect(written.text.withLock { $0 }.contains("0/1 apps"))
  }
}
