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
    let needed = worst.metric.measure.neededFigures.map(\.name)
    warnings.append(
      "\(worst.lacking) of \(worst.coverage.expected) buckets "
        + "\(worst.lacking == 1 ? "is" : "are") held without "
        + "\(needed.count == 1 ? "" : "one of ")\(needed.joined(separator: ", ")): unknown there, "
        + "which is neither zero nor a gap")
    let lacking = try resolved.lackingFigures(of: metrics.map(\.metric), over: span)
    for (server, figures) in Dictionary(grouping: lacking, by: \.server).sorted(by: {
      $0.key < $1.key
    }) {
      let sent = try resolved.reader.figuresSent(by: server)
      // Figures that share their reason share a sentence.
      var sentences: [(reason: String, figures: [String])] = []
      for figure in Figure.allCases {
        let apps = figures.filter { $0.figure == figure }
        guard !apps.isEmpty else { continue }
        let reason = sent.contains(figure) ? Self.knowledge(in: apps) : ""
        if let place = sentences.firstIndex(where: { $0.reason == reason }) {
          sentences[place].figures.append(figure.name)
        } else {
          sentences.append((reason, [figure.name]))
        }
      }
      warnings += sentences.map { reason, figures in
        "the server \(server) \(reason.isEmpty ? "does not send" : "sends") "
          + figures.joined(separator: ", ") + reason
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

/// A figure that some buckets of an app are held without.
struct LackingFigure {
  let server: String
  let app: String
  let figure: Figure
  let grain: Grain
  /// The first bucket that is held with it; `nil` if none is.
  let knownFrom: Day?
}

extension ResolvedQuery {
  /// The figures of metrics that buckets in a span lack, and all older buckets too.
  fileprivate func lackingFigures(of metrics: [Metric], over span: Span) throws -> [LackingFigure] {
    var lacking: [LackingFigure] = []
    for basis in [Measure.Basis.bucket, .days] {
      let grain = basis == .days ? .day : span.grain
      let figures = Set(
        metrics.filter { $0.measure.basis == basis }.flatMap(\.measure.neededFigures))
      guard !figures.isEmpty else { continue }
      for member in distinctMembers {
        guard let first = member.first.map(grain.start) else { continue }
        let rows = try reader.buckets(
          FactReader.FactQuery(
            app: member.app.key, source: member.source, grain: grain,
            days: min(first, today)..<max(today.advanced(by: 1), span.days.upperBound)),
          Array(figures))
        guard let begin = rows.first(where: { span.days.contains($0.day) })?.day else { continue }
        for figure in figures {
          let known = rows.first { $0.figures[figure] != nil }?.day
          guard known.map({ $0 > begin }) ?? true else { continue }
          lacking.append(
            LackingFigure(
              server: member.app.server, app: member.app.name, figure: figure, grain: grain,
              knownFrom: known))
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
