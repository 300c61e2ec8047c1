import AlmanacCore
import AlmanacReport
import ArgumentParser

/// `almanac metrics`
struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "List the metrics: unit, formula, and how they add up.",
    discussion: """
      The same list is in every archive, as the view metric_catalog. --format json has the SQL \
      expression of each and says what it means.
      """)

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() throws {
    try output.print(CatalogueReport(Metric.catalogue).rendition)
  }
}
