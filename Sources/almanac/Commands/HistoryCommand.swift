import AlmanacCore
import AlmanacReport
import AlmanacStore
import ArgumentParser
import Foundation

/// `almanac history`
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show every value that one fact has had, when it was seen, and why it changed.",
    discussion: """
      A fact is one app, source, grain and bucket. Each line names the series of the server's answer \
      that its figure is of. Its values begin with the one that was held \
      when the bucket was first stored complete. An open bucket has its present values only. \
      Below them are the changes of the bucket's state. \
      Reads the archive only: no network, and no configuration if one is named.

      EXAMPLES
        almanac history --app "Support bot" --date 2026-03-02
        almanac history messages --app 68c46a70d950e8850ae564ba --date 2026-03-02 --grain week
        almanac history users --app "Support bot" --date 2026-03-02 --source share --format json
      """)

  @Argument(
    help: ArgumentHelp(
      "Figures as the views name them, such as users, or as the server does, with their series in "
        + "front to tell two apart: chatData.cachedTokens. Default: all.", valueName: "figure"))
  var figures: [String] = []

  @OptionGroup var archive: ArchiveOptions

  @Option(help: ArgumentHelp("The app.", valueName: "id|name"))
  var app: String

  @Option(
    help: ArgumentHelp("A day of the bucket.", valueName: "date"), transform: FlagValue.day)
  var date: Day

  @Option(
    help: ArgumentHelp(
      "The grain of the bucket. Default: day.", valueName: "day|week|month|quarter"))
  var grain: Grain?

  @Option(help: ArgumentHelp("The source; all means every source together.", valueName: "name"))
  var source: String = Source.all.description

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let archive = try archive.openedToRead()
    let apps = try await archive.knownApps()
    let app = try AppLookup(apps, in: "the archive").id(of: app)
    try await checkSource(of: app, in: archive)
    let bucket = Bucket(grain ?? .day, holding: date)
    let history = try await archive.history(
      of: bucket, app: app, source: source == Source.all.description ? .all : .named(Name(source)))
    var values = history.values
    if !figures.isEmpty {
      let held = try archive.ask { try $0.furtherFigures() }.filter { $0.app == app }.map(\.key)
      let wanted = try figures.flatMap {
        try named(Name($0), among: values.map { Name($0.figure) }, held)
      }
      values = values.filter { value in
        wanted.contains { name, series in
          Name(value.figure) == name
            && (series == nil || value.series == nil || series == value.series)
        }
      }
    }
    if values.isEmpty {
      let reason =
        history.gap.map { "a gap: \($0)" }
        ?? (history.state == nil
          ? "the bucket is not held"
          : history.values.isEmpty
            ? "the source has nothing in it" : "it is held without the figure")
      StandardError.write("no data for \(bucket): \(reason)\n")
    }
    if history.values.contains(where: { $0.run < history.firstRecordedRun }) {
      StandardError.write(
        "changes of states are recorded from run \(history.firstRecordedRun) on; those of before are "
          + "not recorded\n")
    }
    let name = apps.first { $0.id == app }?.name ?? ""
    try output.print(
      rendition(
        of: values, history, bucket: bucket, app: app, named: name))
  }

  private func checkSource(of app: AppID, in archive: Archive) async throws {
    let known = try await archive.knownSources(of: app)
    guard source != Source.all.description, !known.contains(Name(source)) else { return }
    throw AlmanacError(
      .usage, "finding the source \(source)", cause: "the app has no such source",
      hint: Suggestion.nearest(to: Name(source), among: known).map { "did you mean \"\($0)\"?" }
        ?? "known: " + (["all"] + known.map(\.text)).joined(separator: ", "))
  }

  /// The figures that a word means, by name and series; no series is any. A figure's own name comes
  /// before the series and the name that the server has for it.
  ///
  /// - Parameters:
  ///   - listed: the names of the bucket's figures
  ///   - held: the further figures that the app has in any bucket
  private func named(
    _ word: Name, among listed: [Name], _ held: [FurtherFigure.Key]
  ) throws -> [(name: Name, series: Figure.Series?)] {
    let names = Figure.allCases.map { Name($0.name) } + listed + held.map(\.name)
    if names.contains(word) { return [(word, nil)] }
    let further = held.filter { $0.qualifiedName == word }
    if !further.isEmpty { return further.map { ($0.name, $0.series) } }
    let figures = Figure.allCases.filter { figure in
      [figure.field, figure.longField].contains { spelling in
        spelling.map { Name("\(figure.series.field).\($0)") } == word
      }
    }
    guard figures.isEmpty else { return figures.map { (Name($0.name), nil) } }
    throw AlmanacError(
      .usage, "finding the figure \(word)", cause: "there is no such figure",
      hint: Suggestion.nearest(to: word, among: names).map { "did you mean \($0)?" }
        ?? "known: " + Set(names).sorted().map(\.text).joined(separator: ", "))
  }

  /// The value as a number if it is a sum of fractions, else as a count.
  private func cell(of past: PastValue) -> Table.Cell {
    guard let value = past.value else { return .none }
    let isFraction = Figure.allCases.contains { $0.name == past.figure && !$0.isCount }
    return isFraction ? .number(value) : Int(exactly: value).map { .count($0) } ?? .number(value)
  }

  private func rendition(
    of values: [PastValue], _ history: BucketHistory, bucket: Bucket, app: AppID,
    named name: String
  ) -> Rendition {
    var table = Table([
      .init("figure", "Figure"), .init("series", "Series"), .init("value", "Value"),
      .init("seen_at", "Seen at"), .init("run_id", "Run"), .init("reason", "Why"),
    ])
    for value in values {
      table.append([
        .text(value.figure), .init(value.series?.field), cell(of: value), .text(value.seenAt),
        .count(value.run), .text(value.reason),
      ])
    }
    var states = Table([
      .init("old_state", "Old state"), .init("new_state", "New state"),
      .init("changed_at", "Changed at"), .init("run_id", "Run"),
    ])
    for change in history.states {
      states.append([
        .text(change.old), .text(change.new ?? "not held"), .text(change.changedAt),
        .count(change.run),
      ])
    }
    return Rendition(
      [
        .init("\(name), \(bucket), \(source): \(history.state ?? "not held")", table),
        .init("Changes of its state", states),
      ],
      records: Records(table),
      json: .fields([
        "app_id": .text(app.text), "app": .text(name), "source": .text(source),
        "grain": .text(bucket.grain.name), "date": .text(bucket.start.description),
        "state": history.state.map { .text($0) } ?? .none, "values": JSONValue(table),
        "state_changes": JSONValue(states),
        "states_recorded_since_run": .count(history.firstRecordedRun),
      ]))
  }
}
