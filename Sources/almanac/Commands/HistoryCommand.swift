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
      A fact is one app, source, grain and bucket. Its values begin with the one that was held \
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
      "Figures as the views name them, such as users. Default: all.", valueName: "figure"))
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
      try checkFigures(known: values.map(\.figure))
      let wanted = Set(figures.map { Name($0) })
      values = values.filter { wanted.contains(Name($0.figure)) }
    }
    if values.isEmpty {
      let reason =
        history.gap.map { "a gap: \($0)" }
        ?? (history.state == nil ? "the bucket is not held" : "the source has nothing in it")
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

  private func checkFigures(known: [String]) throws {
    let names = (Figure.allCases.map(\.name) + known).map { Name($0) }
    for figure in figures.map({ Name($0) }) where !names.contains(figure) {
      throw AlmanacError(
        .usage, "finding the figure \(figure)", cause: "there is no such figure",
        hint: Suggestion.nearest(to: figure, among: names).map { "did you mean \($0)?" }
          ?? "known: " + Figure.allCases.map(\.name).joined(separator: ", "))
    }
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
      .init("figure", "Figure"), .init("value", "Value"), .init("seen_at", "Seen at"),
      .init("run_id", "Run"), .init("reason", "Why"),
    ])
    for value in values {
      table.append([
        .text(value.figure), cell(of: value), .text(value.seenAt),
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
