import AlmanacCollector
import AlmanacCore
import AlmanacStore
import AlmanacTrends
import ArgumentParser
import Foundation

/// The flags that say which apps, sources and buckets a question is about.
struct QuestionOptions: ParsableArguments {
  @OptionGroup var archive: ArchiveOptions

  @Option(
    help: ArgumentHelp(
      "Only this app, by id, name or a unique part of its name; can be given several times.",
      valueName: "id|name"))
  var app: [String] = []

  @Option(
    help: ArgumentHelp("Only apps with this tag; can be given several times.", valueName: "tag"))
  var tag: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only conversations through this source; can be given several times.", valueName: "name"))
  var source: [String] = []

  @Option(
    help: ArgumentHelp(
      "The length of a bucket. Default: the unit of --last, else day.",
      valueName: "day|week|month|quarter"))
  var grain: Grain?

  @Option(
    help: ArgumentHelp(
      "A number of days, weeks, months or quarters, up to the last that has ended.",
      valueName: "90d|12w|6m|2q"),
    transform: FlagValue.length)
  var last: AskedRange.Length?

  @Option(help: ArgumentHelp("The first day.", valueName: "date"), transform: FlagValue.day)
  var from: Day?

  @Option(help: ArgumentHelp("The last day.", valueName: "date"), transform: FlagValue.day)
  var to: Day?

  @Option(
    help: ArgumentHelp(
      "The archive as it was at the end of this day, in UTC.", valueName: "date"),
    transform: FlagValue.day)
  var asOf: Day?

  /// The question with every default filled in.
  ///
  /// - Parameters:
  ///   - metrics: the names of the metrics
  ///   - length: the length of the range at a grain, if none is asked for
  func query(
    _ command: String, _ metrics: [String], includesOpen: Bool = false,
    length: (Grain) -> AskedRange.Length = AskedRange.Length.usual
  ) throws -> Query {
    let metrics = try metrics.map(Self.metric)
    let usual = length(grain ?? .day)
    var query = Query(
      command, metrics,
      range: try AskedRange(last: last, from: from, to: to, default: usual),
      grain: grain ?? last?.unit ?? usual.unit)
    query.askedAt = try CivilClock.fromEnvironment().now()
    query.archiveFlags = archive.arguments
    query.apps = Self.distinct(app.map { Name($0) }).map(\.text)
    query.tags = Self.distinct(tag.map { Name($0) })
    query.sources = Self.distinct(source.map { Name($0) })
    query.asOf = asOf
    query.includesOpen = includesOpen
    return query
  }

  /// The words in their order, each once.
  private static func distinct<Word: Equatable>(_ words: [Word]) -> [Word] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  static func validate(offsets: [Int]) throws {
    guard offsets.allSatisfy((1...AskedRange.Length.most).contains) else {
      throw ValidationError("--offset takes 1 to \(AskedRange.Length.most).")
    }
  }

  /// Puts a question to the archive.
  func answer<Answer>(_ query: Query, _ body: (FactReader) throws -> Answer) throws -> Answer {
    try query.validate()
    return try archive.openedToRead().ask(asOf: query.asOf, body)
  }

  private static func metric(named name: String) throws -> Metric {
    if let metric = Metric(name: name) { return metric }
    let names = Metric.catalogue.map(\.name)
    let parts = name.split(separator: ",").map(String.init)
    if parts.count > 1, parts.allSatisfy(names.contains) {
      throw AlmanacError(
        .usage, "finding the metric \(name)", cause: "it names several metrics",
        hint: "write them apart: " + parts.joined(separator: " "))
    }
    throw AlmanacError(
      .usage, "finding the metric \(name)", cause: "there is no such metric",
      hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }
        ?? "`almanac metrics` lists them: " + names.joined(separator: ", "))
  }
}

extension AskedRange.Length {
  /// The length of a trend or ranking that asks for none.
  static func usual(at grain: Grain) -> AskedRange.Length {
    switch grain {
    case .day: AskedRange.Length(30, .day)
    case .week, .month: AskedRange.Length(12, grain)
    case .quarter: AskedRange.Length(8, .quarter)
    }
  }
}
