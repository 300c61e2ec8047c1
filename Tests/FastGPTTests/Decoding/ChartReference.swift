import AlmanacCore

@testable import FastGPT

/// A second reading of a chart answer, made slowly from a JSON tree and the rules alone. It shares
/// no code with the decoder.
struct ChartReference: Equatable {
  struct Bucket: Equatable {
    var series: Set<Figure.Series> = []
    var figures: [Figure: Double] = [:]
    var users: [Name: Int]?
    var further: Set<FurtherFigure> = []
  }

  struct Refusal: Equatable {
    /// The first three parts of the path; the rest is the server's own text.
    var field: String
    /// Whether an absent bucket no longer means zero.
    var isUnplaceable: Bool
  }

  /// The buckets that may be believed, by their labels.
  var buckets: [Int: Bucket] = [:]
  var refused: [Int: Refusal] = [:]
  /// The fields of buckets without a label.
  var unplaceable: [String] = []
  /// The labels of believed buckets and of refused ones, each in order.
  var order: [[Int]] = []
  var sent: Set<Figure> = []
  var signs: GenerationSigns = []

  /// One element of one series.
  private struct Point {
    var label: Int?
    var isInSeconds = false
    var figures: [Figure: Double] = [:]
    var users: [Name: Int]?
    var further: [FurtherFigure] = []
    var hasSummary = false
    /// The first field that is wrong.
    var fault: String?

    mutating func refuse(_ field: String) { fault = fault ?? field }
  }

  init(_ answer: Answer) {
    for observation in answer.observations {
      var bucket = Bucket()
      bucket.series = Set(Figure.Series.allCases.filter { observation.series.contains($0) })
      for figure in Figure.allCases { bucket.figures[figure] = observation.figures[figure] }
      bucket.users = observation.usersBySource.map {
        Dictionary(uniqueKeysWithValues: zip($0.sources, $0.counts))
      }
      bucket.further = Set(observation.further)
      buckets[observation.serverTimestamp] = bucket
    }
    for refusal in answer.refused {
      let parts = refusal.field.split(separator: ".", omittingEmptySubsequences: false)
      let field = parts.prefix(3).joined(separator: ".")
      if let label = refusal.serverTimestamp {
        refused[label] = Refusal(field: field, isUnplaceable: refusal.isUnplaceable)
      } else {
        unplaceable.append(field)
      }
    }
    order = [
      answer.observations.map(\.serverTimestamp), answer.refused.compactMap(\.serverTimestamp),
    ]
    sent = answer.sent
    signs = answer.signs
  }

  /// Reads the `data` of an answer; `nil` if it is not a chart.
  init?(_ data: JSONNode) {
    guard let members = data.members else { return nil }
    var points: [Figure.Series: [Point]] = [:]
    for (name, value) in members {
      guard let series = Figure.Series.allCases.first(where: { $0.field == name }) else { continue }
      guard points[series] == nil, case .list(let elements) = value else { return nil }
      let read = elements.map { point($0, series) }
      points[series] = read
      for point in read { take(point, series, first: read.first { $0.label == point.label }) }
    }
    guard points.count == Figure.Series.allCases.count else { return nil }
    for label in buckets.keys {
      for series in [Figure.Series.app, .user] {
        let users = points[series]?.first { $0.label == label }?.users
        if let users { buckets[label]?.users = users }
      }
    }
    for label in refused.keys { buckets[label] = nil }
    order = [buckets.keys.sorted(), refused.keys.sorted()]
    for (series, points) in points {
      for point in points where point.label != nil && point.fault == nil {
        signs.formUnion(point.isInSeconds ? .seconds : .milliseconds)
        if series == .user, point.users != nil { signs.formUnion(.mapInUsers) }
        guard series == .app else { continue }
        if point.users != nil { signs.formUnion(.mapInApps) }
        let hasChats = point.figures.keys.contains(.appChatCount)
        signs.formUnion(hasChats ? .chatsInApps : .noChatsInApps)
      }
    }
  }

  /// Compares a point with the first of its series that has the same label, and merges it.
  private mutating func take(_ point: Point, _ series: Figure.Series, first: Point?) {
    guard let label = point.label, let first else {
      unplaceable.append(point.fault ?? "")
      return
    }
    let agrees =
      first.figures == point.figures && first.users == point.users
      && Set(first.further) == Set(point.further)
    if let fault = point.fault {
      refused[label] = refused[label] ?? Refusal(field: fault, isUnplaceable: false)
    } else if !agrees, refused[label]?.isUnplaceable != true {
      refused[label] = Refusal(field: series.field, isUnplaceable: true)
    }
    var bucket = buckets[label] ?? Bucket()
    if bucket.series.insert(series).inserted {
      bucket.figures.merge(point.figures) { $1 }
      bucket.further.formUnion(point.further)
    }
    buckets[label] = bucket
  }

  private mutating func point(
    _ node: JSONNode, _ series: Figure.Series
  ) -> Point {
    var point = Point()
    guard let members = node.members else {
      point.fault = series.field
      return point
    }
    for (key, value) in members {
      if key == "summary" {
        if point.hasSummary { point.refuse("\(series.field).summary") }
        point.hasSummary = true
        read(value, series, &point)
      } else if key != "timestamp" {
        point.further += Self.further(value, series, key)
      }
    }
    if !point.hasSummary { point.refuse("\(series.field).summary") }
    var names: Set<Name> = []
    point.further = point.further.filter { names.insert($0.name).inserted }
    guard let whole = node["timestamp"]?.number.flatMap({ Int(exactly: $0) }), whole > 0 else {
      point.fault = "\(series.field).timestamp"
      return point
    }
    // The year 5138 in seconds is March 1973 in milliseconds.
    let label = whole < 100_000_000_000 ? whole * 1000 : whole
    guard label < 253_402_300_800_000 else {
      point.fault = "\(series.field).timestamp"
      return point
    }
    point.label = label
    point.isInSeconds = label != whole
    return point
  }

  private mutating func read(_ summary: JSONNode, _ series: Figure.Series, _ point: inout Point) {
    guard let members = summary.members else { return point.refuse("\(series.field).summary") }
    let known = Figure.allCases.filter { $0.series == series }
    var seen: Set<String> = []
    var long: [String: Double] = [:]
    for (key, value) in members {
      let path = "\(series.field).summary.\(key)"
      if ["totalInputTokens", "totalOutputTokens"].contains(key), series != .app {
        if !seen.insert(key).inserted { point.refuse(path) }
        if value.isNull { continue }
        if Self.isCredible(value, true, false) {
          long[key] = value.number
        } else {
          point.refuse(path)
        }
      } else if let figure = known.first(where: { $0.field == key }) {
        if !seen.insert(key).inserted { point.refuse(path) }
        if value.isNull { continue }
        if Self.isCredible(value, figure.isCount, figure.mayBeNegative), let number = value.number {
          point.figures[figure] = number
          sent.insert(figure)
        } else {
          point.refuse(path)
        }
      } else if key == "sourceCountMap", series != .chat {
        if !seen.insert(key).inserted { point.refuse(path) }
        users(value, path, series, &point)
      } else {
        point.further += Self.further(value, series, key)
      }
    }
    // The shorter spelling has the column where both are sent.
    for (key, value) in long.sorted(by: { $0.key < $1.key }) {
      let short = key == "totalInputTokens" ? "inputTokens" : "outputTokens"
      guard let figure = known.first(where: { $0.field == short }) else { continue }
      if point.figures[figure] == nil {
        point.figures[figure] = value
        sent.insert(figure)
      } else {
        point.further.append(FurtherFigure(series: series, name: Name(key), value: value))
      }
    }
  }

  /// Reads users by source. A repeated source keeps its first count, but its bucket is refused.
  private func users(
    _ map: JSONNode, _ path: String, _ series: Figure.Series, _ point: inout Point
  ) {
    guard let members = map.members else {
      if !map.isNull { point.refuse(path) }
      return
    }
    var users: [Name: Int] = [:]
    for (name, value) in members where !value.isNull {
      guard Self.isCredible(value, true, false), let number = value.number else {
        point.refuse(path)
        continue
      }
      let source = Name(name)
      if name.isEmpty || name == "all" || name.unicodeScalars.contains("\0") {
        point.further.append(
          FurtherFigure(series: series, name: Name("sourceCountMap.\(name)"), value: number))
      } else if users[source] == nil {
        users[source] = Int(number)
      } else {
        point.refuse(path)
      }
    }
    point.users = users
  }

  /// Whether a JavaScript program can have produced the number.
  static func isCredible(_ node: JSONNode, _ isCount: Bool, _ mayBeNegative: Bool) -> Bool {
    guard let number = node.number, mayBeNegative || number >= 0 else { return false }
    guard isCount else { return true }
    if case .literal(let text) = node, let exact = Int(text) { return exact.magnitude <= 1 << 53 }
    return abs(number) <= 0x1p53 && number == number.rounded()
  }

  /// The numbers without a column, also those within objects, by their path.
  private static func further(
    _ node: JSONNode, _ series: Figure.Series, _ name: String
  ) -> [FurtherFigure] {
    guard name.utf8.count <= 200 else { return [] }
    if let number = node.number {
      return [FurtherFigure(series: series, name: Name(name), value: number + 0)]
    }
    return (node.members ?? []).flatMap { further($0.value, series, "\(name).\($0.key)") }
  }
}
