import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser

/// `almanac metrics`
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "List the metrics: unit, formula, and how they add up.",
    discussion: """
      The same list is in every archive, as the view metric_catalog. --format json has the SQL \
      expression of each and says what it means. Below it are the further figures that the archive \
      holds, if one is named or configured: numbers that almanac has no metric for. `almanac trend` \
      shows each under its own name.
      """)

  @OptionGroup var archive: ArchiveOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    // The archive that is listed may be the very file that must not be replaced.
    try output.check()
    let held = try archive.openedToReadIfThere()?.ask { try $0.furtherFigures() }
    let further = held.map { MetricLookup(Set($0.map(\.key))).furtherMetrics }
    try output.print(CatalogueReport(Metric.catalogue, further: further).rendition)
  }
}
