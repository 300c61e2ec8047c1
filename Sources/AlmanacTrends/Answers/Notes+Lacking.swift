import AlmanacCore
import AlmanacStore

extension Notes {
  /// Says how many buckets are held without a figure that a metric needs, which server does not
  /// send it, and since when it is known. Such a bucket is no gap.
  mutating func noteLacking(
    in metrics: [MetricCoverage], of resolved: ResolvedQuery, over span: Span
  ) throws {
    let metrics = metrics.filter { $0.lacking > 0 }
    guard let worst = metrics.max(by: { $0.lacking < $1.lacking }) else { return }
    let needed = worst.metric.neededNames
    warnings.append(
      "\(worst.lacking) of \(worst.coverage.expected) buckets "
        + "\(worst.lacking == 1 ? "is" : "are") held without "
        + "\(needed.count == 1 ? "" : "one of ")\(needed.joined(separator: ", ")): unknown there, "
        + "which is neither zero nor a gap")
    let lacking = try resolved.lackingFigures(of: metrics.map(\.metric), over: span)
    for (server, figures) in Dictionary(grouping: lacking, by: \.server).sorted(by: {
      $0.key < $1.key
    }) {
      // Figures that share their reason share a sentence.
      var sentences: [(reason: String, names: [String])] = []
      for name in figures.map(\.name).distinct {
        let apps = figures.filter { $0.name == name }
        let reason = apps[0].isSent ? Self.knowledge(in: apps) : ""
        if let place = sentences.firstIndex(where: { $0.reason == reason }) {
          sentences[place].names.append(name.text)
        } else {
          sentences.append((reason, [name.text]))
        }
      }
      warnings += sentences.map { reason, names in
        "the server \(server) \(reason.isEmpty ? "does not send" : "sends") "
          + names.joined(separator: ", ") + reason
      }
    }
  }

  /// The end of a sentence on a figure that a server sends: the buckets from which on it is known.
  private static func knowledge(in apps: [LackingFigure]) -> String {
    let days = apps.compactMap(\.knownFrom)
    let unknown = apps.filter { $0.knownFrom == nil }.map(\.app)
    var parts: [String] = []
    if let first = days.min(), let last = days.max() {
      parts.append(
        ", known from \(first) on"
          + (first == last ? "" : ", of some apps from up to \(last) on"))
    }
    if !unknown.isEmpty { parts.append(", known in no \(apps[0].grain) of \(list(unknown))") }
    return parts.joined()
  }
}

/// A figure that the first buckets of an app in a range are held without, and every older one.
struct LackingFigure {
  let server: String
  let app: String
  /// The name of the column, or a further figure's with its series.
  let name: Name
  let grain: Grain
  /// Whether its server has ever sent it.
  let isSent: Bool
  /// The first bucket that is held with it; `nil` if none is.
  let knownFrom: Day?
}

extension ResolvedQuery {
  fileprivate func lackingFigures(of metrics: [Metric], over span: Span) throws -> [LackingFigure] {
    var lacking: [LackingFigure] = []
    for basis in metrics.map(\.measure.basis).distinct where basis != .cohorts {
      let grain = basis == .days ? .day : span.grain
      let needed = metrics.filter { $0.measure.basis == basis }
      let figures = Figure.allCases.filter { figure in
        needed.contains { $0.measure.neededFigures.contains(figure) }
      }
      let further = needed[0].further
      for (server, members) in Dictionary(grouping: distinctMembers, by: \.app.server) {
        let sent = try reader.figuresSent(by: server)
        let known = figures.filter(sent.contains)
        let knowsFurther = try further.map { try reader.hasSent($0, server: server) } ?? false
        for member in members {
          let note = { (name: Name, isSent: Bool, knownFrom: Day?) in
            lacking.append(
              LackingFigure(
                server: server, app: member.app.name, name: name, grain: grain, isSent: isSent,
                knownFrom: knownFrom))
          }
          for figure in figures where !sent.contains(figure) { note(Name(figure.name), false, nil) }
          if let further, !knowsFurther { note(further.qualifiedName, false, nil) }
          guard !known.isEmpty || knowsFurther, let first = member.first.map(grain.start) else {
            continue
          }
          let rows = try reader.buckets(
            FactReader.FactQuery(
              app: member.app.key, source: member.source, grain: grain,
              days: min(first, today)..<max(today.advanced(by: 1), span.days.upperBound)),
            known, further: further)
          guard let begin = rows.first(where: { span.days.contains($0.day) })?.day else { continue }
          let noteFirst = { (name: Name, isKnown: (FactReader.HeldBucket) -> Bool) in
            let day = rows.first(where: isKnown)?.day
            if day.map({ $0 > begin }) ?? true { note(name, true, day) }
          }
          for figure in known { noteFirst(Name(figure.name)) { $0.figures[figure] != nil } }
          if let further, knowsFurther { noteFirst(further.qualifiedName) { $0.further != nil } }
        }
      }
    }
    return lacking
  }

  /// Each app and source once, also where it is in several groups.
  private var distinctMembers: [Selection.Member] {
    var seen: Set<[Int]> = []
    return selection.groups.flatMap(\.members).filter {
      seen.insert([$0.app.key, $0.source]).inserted
    }
  }
}

extension Array where Element: Hashable {
  /// Each element once, in the order in which they come first.
  fileprivate var distinct: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
