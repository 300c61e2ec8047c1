import AlmanacCore

/// Reads the `data` of a chart answer: three series of buckets, merged into one observation for
/// each timestamp.
struct ChartDecoder {
  /// One bucket, merged from the series read so far.
  private struct Draft {
    var observation: Observation
    /// The map in `appData`, as older servers send it. A map in `userData` wins over it.
    var usersInApps: UsersBySource?
    var refusal: RefusedBucket?

    /// Whether a second point of the same series repeats the first.
    func agrees(with point: ChartPoint, _ series: Figure.Series) -> Bool {
      let users = series == .app ? usersInApps : observation.usersBySource
      return observation.figures.only(SeriesSet(series)) == point.figures
        && (series == .chat || users == point.usersBySource)
        && Set(observation.further.filter { $0.series == series }) == Set(point.further)
    }

    mutating func take(_ point: ChartPoint, _ series: Figure.Series) {
      guard !observation.series.contains(series) else { return }
      observation.series.insert(SeriesSet(series))
      observation.figures = point.figures.filled(from: observation.figures)
      if series == .app {
        usersInApps = point.usersBySource
      } else if series == .user {
        observation.usersBySource = point.usersBySource
      }
      if !point.further.isEmpty { observation.further += point.further }
    }
  }

  /// The most buckets of an answer: more days than FastGPT will exist, few enough to bound memory.
  static let mostBuckets = 20_000
  /// The most buckets without a readable timestamp that are reported one by one.
  static let mostUnplaceable = 100

  private var drafts: [Draft] = []
  /// The index of each timestamp's draft.
  private var places: [Int: Int] = [:]
  private var unplaceable: [RefusedBucket] = []
  private var seen = ChartPoint.Seen()
  private var signs: GenerationSigns = []
  /// The index where the next draft is expected if the series hold the same buckets in order.
  private var next = 0

  private init() {}

  /// Decodes the value that a reader has come to; a series that is not wanted is read over.
  ///
  /// A bad value refuses its bucket. Throws a ``JSONFault`` if `data` is not an object, or if one of
  /// the three arrays is missing, sent twice or not an array.
  static func decode(
    _ reader: inout JSONReader, _ wanted: SeriesSet = .all, delivery: Delivery
  ) throws(JSONFault) -> Answer {
    var decoder = ChartDecoder()
    guard try reader.kind() == .object else { throw reader.fault("data is no object") }
    var read: SeriesSet = []
    try reader.enterObject()
    while let key = try reader.nextKey() {
      guard let series = Self.names.first(where: { key.matches($0.name) })?.series else {
        try reader.skip()
        continue
      }
      guard read.insert(SeriesSet(series)).inserted else {
        throw reader.fault("\(series.field) is sent twice")
      }
      try decoder.readSeries(&reader, series, isWanted: wanted.contains(series))
    }
    if let missing = Figure.Series.allCases.first(where: { !read.contains($0) }) {
      throw reader.fault("\(missing.field) is missing")
    }
    return decoder.answer(delivery)
  }

  private static let names = Figure.Series.allCases.map {
    (name: Array($0.field.utf8), series: $0)
  }

  private mutating func readSeries(
    _ reader: inout JSONReader, _ series: Figure.Series, isWanted: Bool
  ) throws(JSONFault) {
    let kind = try reader.kind()
    guard kind == .array else { throw reader.fault("\(series.field) is \(kind.words)") }
    guard isWanted else { return try reader.skip() }
    next = 0
    try reader.enterArray()
    while try reader.nextElement() {
      place(try ChartPoint.read(&reader, series, &seen), series)
      guard drafts.count <= Self.mostBuckets else {
        throw reader.fault("there are too many buckets")
      }
    }
  }

  private mutating func place(_ point: ChartPoint, _ series: Figure.Series) {
    guard let serverTimestamp = point.serverTimestamp else {
      let fault =
        point.fault ?? ChartPoint.Fault(field: "\(series.field).timestamp", reason: "is missing")
      // A hundred are enough: after the first, an absent bucket no longer means zero.
      if unplaceable.count == Self.mostUnplaceable { return }
      unplaceable.append(
        RefusedBucket(serverTimestamp: nil, field: fault.field, reason: fault.reason))
      return
    }
    if point.fault == nil { noteSigns(of: point, series) }
    let place = place(of: serverTimestamp)
    if let fault = point.fault {
      refuse(place, fault.field, fault.reason)
    } else if drafts[place].observation.series.contains(series),
      !drafts[place].agrees(with: point, series)
    {
      refuse(place, series.field, "holds the bucket twice and differently", inConflict: true)
    }
    drafts[place].take(point, series)
  }

  private mutating func noteSigns(of point: ChartPoint, _ series: Figure.Series) {
    signs.insert(point.isInSeconds ? .seconds : .milliseconds)
    switch series {
    case .user: if point.usersBySource != nil { signs.insert(.mapInUsers) }
    case .chat: break
    case .app:
      if point.usersBySource != nil { signs.insert(.mapInApps) }
      signs.insert(point.figures[.appChatCount] == nil ? .noChatsInApps : .chatsInApps)
    }
  }

  private mutating func place(of serverTimestamp: Int) -> Int {
    defer { next += 1 }
    if next < drafts.count, drafts[next].observation.serverTimestamp == serverTimestamp {
      return next
    }
    next = places[serverTimestamp] ?? drafts.count
    if next == drafts.count {
      places[serverTimestamp] = next
      drafts.append(Draft(observation: Observation(serverTimestamp: serverTimestamp)))
    }
    return next
  }

  /// Records the first refusal of a bucket. Only a conflict between two points replaces it, since
  /// neither of the two can then be trusted to be this bucket.
  private mutating func refuse(
    _ place: Int, _ field: String, _ reason: String, inConflict: Bool = false
  ) {
    if let earlier = drafts[place].refusal, earlier.isUnplaceable || !inConflict { return }
    drafts[place].refusal = RefusedBucket(
      serverTimestamp: drafts[place].observation.serverTimestamp, field: field, reason: reason,
      isUnplaceable: inConflict)
  }

  private consuming func answer(_ delivery: Delivery) -> Answer {
    var observations: [Observation] = []
    observations.reserveCapacity(drafts.count)
    var refused = unplaceable
    // Indices are sorted, since a draft is large to move.
    let order = drafts.indices.sorted {
      drafts[$0].observation.serverTimestamp < drafts[$1].observation.serverTimestamp
    }
    for place in order {
      if drafts[place].observation.usersBySource == nil {
        drafts[place].observation.usersBySource = drafts[place].usersInApps
      }
      if let refusal = drafts[place].refusal {
        refused.append(refusal)
      } else {
        observations.append(drafts[place].observation)
      }
    }
    return Answer(
      observations: observations, refused: refused, sent: seen.figures.figures,
      signs: signs, delivery: delivery)
  }
}
