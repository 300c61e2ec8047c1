import AlmanacCore

@testable import FastGPT

/// What a chart answer says, by the rules once more: slowly, over a tree, and without a look at how
/// the decoder does it.
struct ChartReference: Equatable {
  struct Bucket: Equatable {
    var series: Set<Figure.Series> = []
    var figures: [Figure: Double] = [:]
    var users: [String: Int]?
    var further: Set<FurtherFigure> = []
  }

  /// The buckets that may be believed, by their labels.
  var buckets: [Int: Bucket] = [:]
  var refused: Set<Int> = []
  /// Whether there is a bucket that cannot be placed, so that absence proves nothing.
  var isUnsure = false
  var sent: Set<Figure> = []
  var base = RetentionBase.activeUsers

  /// One element of one series.
  private struct Point {
    var label: Int?
    var figures: [Figure: Double] = [:]
    var users: [String: Int]?
    var further: [FurtherFigure] = []
    var isWrong = false
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
      buckets[observation.label] = bucket
    }
    refused = Set(answer.refused.compactMap(\.label))
    isUnsure = answer.refused.contains(where: \.isUnplaceable)
    sent = answer.sent
    base = answer.retentionBase
  }

  /// `nil` for data that is no chart.
  init?(_ data: JSONNode) {
    guard let members = data.members else { return nil }
    var points: [Figure.Series: [Point]] = [:]
    var isInSeconds = false
    for series in Figure.Series.allCases {
      let lists = members.filter { $0.key == series.field }
      guard lists.count == 1, case .list(let elements) = lists[0].value else { return nil }
      points[series] = elements.map { point($0, series, &isInSeconds) }
    }
    for (series, points) in points {
      for point in points {
        guard let label = point.label else {
          isUnsure = true
          continue
        }
        guard let first = points.first(where: { $0.label == label }) else { continue }
        let agrees =
          first.figures == point.figures && first.users == point.users
          && Set(first.further) == Set(point.further)
        if !agrees, !point.isWrong { isUnsure = true }
        if point.isWrong || !agrees { refused.insert(label) }
        var bucket = buckets[label] ?? Bucket()
        if bucket.series.insert(series).inserted {
          bucket.figures.merge(first.figures) { $1 }
          bucket.further.formUnion(first.further)
        }
        buckets[label] = bucket
      }
    }
    var maps: [Figure.Series: Bool] = [:]
    for label in buckets.keys {
      for series in [Figure.Series.app, .user] {
        let users = points[series]?.first { $0.label == label }?.users
        if let users {
          buckets[label]?.users = users
          maps[series] = true
        }
      }
    }
    for label in refused { buckets[label] = nil }
    if isInSeconds || (maps[.app] == true && maps[.user] != true) { base = .newUsers }
  }

  private mutating func point(
    _ node: JSONNode, _ series: Figure.Series, _ isInSeconds: inout Bool
  ) -> Point {
    var point = Point()
    guard let members = node.members else { return point }
    let timestamps = members.filter { $0.key == "timestamp" }.map(\.value)
    let summaries = members.filter { $0.key == "summary" }.map(\.value)
    if timestamps.count == 1, let number = timestamps[0].number, let whole = Int(exactly: number),
      whole > 0
    {
      // The year 5138 in seconds is March 1973 in milliseconds.
      let label = whole < 100_000_000_000 ? whole * 1000 : whole
      if label < 253_402_300_800_000 {
        point.label = label
        if label != whole { isInSeconds = true }
      }
    }
    point.isWrong = summaries.count != 1
    for (key, value) in members {
      if key == "summary" {
        read(value, series, &point)
      } else if key != "timestamp" {
        point.further += Self.further(value, series, key)
      }
    }
    var names: Set<String> = []
    point.further = point.further.filter { names.insert($0.name).inserted }
    return point
  }

  private mutating func read(_ summary: JSONNode, _ series: Figure.Series, _ point: inout Point) {
    guard let members = summary.members else {
      point.isWrong = true
      return
    }
    let known = Figure.allCases.filter { $0.series == series }
    let keys = members.map(\.key)
    for (key, value) in members {
      if let figure = known.first(where: { $0.field == key }) {
        if keys.count(where: { $0 == key }) > 1 { point.isWrong = true }
        if value.isNull { continue }
        if Self.isCredible(value, figure.isCount, figure.mayBeNegative), let number = value.number {
          point.figures[figure] = number
          sent.insert(figure)
        } else {
          point.isWrong = true
        }
      } else if key == "sourceCountMap", series != .chat {
        if keys.count(where: { $0 == key }) > 1 { point.isWrong = true }
        users(value, series, &point)
      } else {
        point.further += Self.further(value, series, key)
      }
    }
  }

  private func users(_ map: JSONNode, _ series: Figure.Series, _ point: inout Point) {
    guard let members = map.members else {
      if !map.isNull { point.isWrong = true }
      return
    }
    var users: [String: Int] = [:]
    for (source, value) in members where !value.isNull {
      guard Self.isCredible(value, true, false), let number = value.number else {
        point.isWrong = true
        continue
      }
      if source.isEmpty || source == "all" {
        point.further.append(
          FurtherFigure(series: series, name: "sourceCountMap.\(source)", value: number))
      } else if users.updateValue(Int(number), forKey: source) != nil {
        point.isWrong = true
      }
    }
    point.users = users
  }

  /// Whether a JavaScript program can have counted or summed that.
  private static func isCredible(_ node: JSONNode, _ isCount: Bool, _ mayBeNegative: Bool) -> Bool {
    guard let number = node.number, mayBeNegative || number >= 0 else { return false }
    guard isCount else { return true }
    if case .literal(let text) = node, let exact = Int(text) { return exact.magnitude <= 1 << 53 }
    return abs(number) <= 0x1p53 && number == number.rounded()
  }

  /// Numbers without a column, and those within objects, by their path.
  private static func further(
    _ node: JSONNode, _ series: Figure.Series, _ name: String
  ) -> [FurtherFigure] {
    guard name.utf8.count <= 200 else { return [] }
    if let number = node.number {
      return [FurtherFigure(series: series, name: name, value: number + 0)]
    }
    return (node.members ?? []).flatMap { further($0.value, series, "\(name).\($0.key)") }
  }
}
