/// Finds the metrics that a person means: those of the catalogue, and further figures by their own
/// names.
package struct MetricLookup {
  /// The further figures that the archive holds, in order.
  private let held: [FurtherFigure.Key]
  /// Those of them that the asked apps have.
  private let asked: Set<FurtherFigure.Key>

  /// - Parameters:
  ///   - held: the further figures that the archive holds
  ///   - asked: those of them that the apps have which a question is about; `nil` for all
  package init(_ held: Set<FurtherFigure.Key>, ofAskedApps asked: Set<FurtherFigure.Key>? = nil) {
    self.held = held.sorted()
    self.asked = asked ?? held
  }

  /// Every further figure that is held, by the shortest name that means it.
  package var furtherMetrics: [Metric] { held.map { Metric($0, named: name(of: $0)) } }

  /// Whether a word is the name of something, be it of several figures.
  package func knows(_ word: String) -> Bool {
    Metric(name: word) != nil || !figures(named: word, in: held).isEmpty
  }

  /// The metric of a name, or the further figure of one. A further figure that shares its name has
  /// its series in front, as in `chatData.cachedTokens`.
  ///
  /// Throws an ``AlmanacError`` with the code `usage` where nothing has the name, or several
  /// figures have.
  package func metric(named word: String) throws -> Metric {
    if let metric = Metric(name: word) { return metric }
    let own = figures(named: word, in: held.filter(asked.contains))
    let found = own.isEmpty ? figures(named: word, in: held) : own
    if found.count == 1 { return Metric(found[0], named: word) }
    guard found.isEmpty else {
      throw AlmanacError(
        .usage, "finding the metric \(word)",
        cause: "\(found.map(\.series.field).joined(separator: " and ")) each have a figure of that "
          + "name",
        hint: "name the series too: " + found.map(\.qualifiedName.text).joined(separator: " or "))
    }
    throw unknown(word)
  }

  /// The figures whose own name a word is, else those that it names with their series.
  private func figures(
    named word: String, in figures: [FurtherFigure.Key]
  ) -> [FurtherFigure.Key] {
    let name = Name(word)
    let own = figures.filter { $0.name == name }
    return own.isEmpty ? figures.filter { $0.qualifiedName == name } : own
  }

  private func name(of figure: FurtherFigure.Key) -> String {
    let isOwn =
      Metric(name: figure.name.text) == nil
      && figures(named: figure.name.text, in: held) == [figure]
    return isOwn ? figure.name.text : figure.qualifiedName.text
  }

  private func unknown(_ word: String) -> AlmanacError {
    let names = Metric.catalogue.map(\.name)
    let parts = word.split(separator: ",").map(String.init)
    if parts.count > 1, parts.allSatisfy(knows) {
      return AlmanacError(
        .usage, "finding the metric \(word)", cause: "it names several metrics",
        hint: "write them apart: " + parts.joined(separator: " "))
    }
    return AlmanacError(
      .usage, "finding the metric \(word)", cause: "there is no such metric",
      hint: Suggestion.nearest(to: word, among: names + held.map(\.name.text)).map {
        "did you mean \($0)?"
      } ?? "`almanac metrics` lists them: " + (names + held.map(name)).joined(separator: ", "))
  }
}
