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
    let usual = length(grain ?? .day)
    var query = Query(
      command, [],
      range: try AskedRange(last: last, from: from, to: to, default: usual),
      grain: grain ?? last?.unit ?? usual.unit)
    query.askedAt = try CivilClock.fromEnvironment().now()
    query.archiveFlags = archive.arguments
    query.apps = Self.distinct(app.map { Name($0) }).map(\.text)
    query.tags = Self.distinct(tag.map { Name($0) })
    query.sources = Self.distinct(source.map { Name($0) })
    query.asOf = asOf
    query.includesOpen = includesOpen
    try set(metrics, in: &query)
    return query
  }

  /// Sets the metrics of a question. The archive is asked where a name is not in the catalogue.
  private func set(_ names: [String], in query: inout Query) throws {
    let listed = names.compactMap { Metric(name: $0) }
    guard listed.count < names.count else {
      query.metrics = listed
      return
    }
    let archive: Archive
    do { archive = try .openForReading(path: try self.archive.databaseToRead()) } catch {
      throw Self.unknownMetric(among: names, without: error)
    }
    try archive.ask { try query.set(metrics: names, from: $0) }
  }

  /// The error for names of which no archive can tell whether they are further figures.
  private static func unknownMetric(among names: [String], without failure: any Error) -> any Error
  {
    do {
      _ = try names.map(MetricLookup([]).metric)
      return failure
    } catch let error as AlmanacError {
      guard let failure = failure as? AlmanacError else { return error }
      return AlmanacError(
        error.code, error.action,
        cause: "\(error.cause), and no archive can be asked for a further figure: "
          + "\(failure.action): \(failure.cause)",
        hint: error.hint)
    } catch { return error }
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
}

extension CompletionKind {
  /// The metrics of the catalogue.
  static var metrics: CompletionKind { .list(Metric.catalogue.map(\.name)) }
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
