import AlmanacCore

/// Reads the `data` of a chart answer: three series of buckets, merged into one observation for
/// each label.
struct ChartDecoder {
  /// A bucket as the three series have it.
  private struct Draft {
    let label: Int
    var points: [ChartPoint?] = [nil, nil, nil]
    var refusal: RefusedBucket?
  }

  /// More days than FastGPT will see; an answer of small hostile buckets ends here.
  static let mostBuckets = 20_000
  static let mostUnplaceable = 100

  private var drafts: [Draft] = []
  /// Where each label's draft is.
  private var places: [Int: Int] = [:]
  private var unplaceable: [RefusedBucket] = []
  private var sent = FigureSet()
  private var isInSeconds = false

  private init() {}

  /// Decodes the value that begins at `offset`; its syntax has been checked with the envelope's.
  ///
  /// A bad value refuses its bucket; throws a ``JSONFault`` where `data` is no object or one of
  /// the three arrays is missing, sent twice or no array.
  static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, delivery: Delivery
  ) throws(JSONFault) -> Answer {
    var decoder = ChartDecoder()
    var reader = JSONReader(bytes, at: offset)
    guard try reader.kind() == .object else { throw reader.fault("data is no object") }
    var seen: Set<Figure.Series> = []
    try reader.enterObject()
    while let key = try reader.nextKey() {
      guard let series = Self.names.first(where: { key.matches($0.name) })?.series else {
        try reader.skip()
        continue
      }
      guard seen.insert(series).inserted else {
        throw reader.fault("\(series.field) is sent twice")
      }
      try decoder.readSeries(&reader, series)
    }
    if let missing = Figure.Series.allCases.first(where: { !seen.contains($0) }) {
      throw reader.fault("\(missing.field) is missing")
    }
    return decoder.answer(delivery)
  }

  private static let names = Figure.Series.allCases.map {
    (name: Array($0.field.utf8), series: $0)
  }

  private mutating func readSeries(
    _ reader: inout JSONReader, _ series: Figure.Series
  ) throws(JSONFault) {
    let kind = try reader.kind()
    guard kind == .array else { throw reader.fault("\(series.field) is \(kind.words)") }
    try reader.enterArray()
    while try reader.nextElement() {
      guard drafts.count <= Self.mostBuckets else {
        throw reader.fault("there are too many buckets")
      }
      place(try ChartPoint.read(&reader, series, sent: &sent), series)
    }
  }

  private mutating func place(_ point: ChartPoint, _ series: Figure.Series) {
    guard let label = point.label else {
      let fault =
        point.fault ?? ChartPoint.Fault(field: "\(series.field).timestamp", reason: "is missing")
      // The first says all: where one bucket cannot be placed, absence proves nothing.
      if unplaceable.count == Self.mostUnplaceable { return }
      unplaceable.append(RefusedBucket(label: nil, field: fault.field, reason: fault.reason))
      return
    }
    if point.isInSeconds { isInSeconds = true }
    let place = places[label] ?? drafts.count
    if place == drafts.count {
      places[label] = place
      drafts.append(Draft(label: label))
    }
    if let fault = point.fault {
      refuse(place, fault.field, fault.reason)
    } else if let earlier = drafts[place].points[series.rawValue], !earlier.agrees(with: point) {
      refuse(place, series.field, "holds the bucket twice and differently", inConflict: true)
    }
    drafts[place].points[series.rawValue] = point
  }

  /// One refusal stands for each bucket: the first, and of two only a conflict comes before it,
  /// since it makes the bucket's place uncertain.
  private mutating func refuse(
    _ place: Int, _ field: String, _ reason: String, inConflict: Bool = false
  ) {
    if let earlier = drafts[place].refusal, earlier.isUnplaceable || !inConflict { return }
    drafts[place].refusal = RefusedBucket(
      label: drafts[place].label, field: field, reason: reason, isUnplaceable: inConflict)
  }

  private func answer(_ delivery: Delivery) -> Answer {
    var observations: [Observation] = []
    observations.reserveCapacity(drafts.count)
    var refused = unplaceable
    var hasUserMap = false
    var hasAppMap = false
    // A draft is too large to be moved about.
    let order = drafts.indices.sorted { drafts[$0].label < drafts[$1].label }
    for place in order {
      let draft = drafts[place]
      if draft.points[Figure.Series.user.rawValue]?.usersBySource != nil { hasUserMap = true }
      if draft.points[Figure.Series.app.rawValue]?.usersBySource != nil { hasAppMap = true }
      if let refusal = draft.refusal {
        refused.append(refusal)
      } else {
        observations.append(observation(draft))
      }
    }
    let isOlder = isInSeconds || (hasAppMap && !hasUserMap)
    return Answer(
      observations: observations, refused: refused, sent: sent.figures,
      retentionBase: isOlder ? .newUsers : .activeUsers, delivery: delivery)
  }

  private func observation(_ draft: Draft) -> Observation {
    var observation = Observation(label: draft.label)
    for series in Figure.Series.allCases {
      guard let point = draft.points[series.rawValue] else { continue }
      observation.series.insert(series)
      for (_, figure) in Field.figures[series.rawValue] {
        observation.figures[figure] = point.figures[figure]
      }
      observation.usersBySource = observation.usersBySource ?? point.usersBySource
      observation.further += point.further
    }
    return observation
  }
}
