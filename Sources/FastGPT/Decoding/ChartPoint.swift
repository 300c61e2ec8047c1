import AlmanacCore

/// One element of one series, before it is merged with the other two series.
struct ChartPoint {
  /// The timestamp in Unix milliseconds; `nil` if it cannot be read.
  var serverTimestamp: Int?
  /// Whether the timestamp came in seconds, as older servers send it.
  var isInSeconds = false
  var figures = Figures()
  var usersBySource: UsersBySource?
  var further: [FurtherFigure] = []
  /// The first fault found in the element.
  var fault: Fault?

  /// The figures and source names seen so far in one answer.
  struct Seen {
    /// The known figures that came with a number.
    var figures = FigureSet()
    var sources = SourceNames()
  }

  /// A field, and the reason why its value cannot be right.
  struct Fault: Equatable {
    var field: String
    var reason: String
  }

  mutating func refuse(_ field: String, _ reason: String) {
    if fault == nil { fault = Fault(field: field, reason: reason) }
  }

  /// Reads one element; a wrong value is noted in `fault`. Throws only if the JSON itself is broken.
  static func read(
    _ reader: inout JSONReader, _ series: Figure.Series, _ seen: inout Seen
  ) throws(JSONFault) -> ChartPoint {
    var point = ChartPoint()
    var hasTimestamp = false
    var hasSummary = false
    let kind = try reader.kind()
    guard kind == .object else {
      try reader.skip()
      point.refuse(series.field, "an element is \(kind.words), not an object")
      return point
    }
    try reader.enterObject()
    while let key = try reader.nextKey() {
      if key.matches(FieldName.timestamp) {
        if hasTimestamp {
          // Two timestamps: neither can be believed.
          try reader.skip()
          point.serverTimestamp = nil
          point.fault = Fault(field: "\(series.field).timestamp", reason: "is sent twice")
        } else {
          try point.readTimestamp(&reader, series)
        }
        hasTimestamp = true
      } else if key.matches(FieldName.summary) {
        if hasSummary { point.refuse("\(series.field).summary", "is sent twice") }
        hasSummary = true
        try point.readSummary(&reader, series, &seen)
      } else {
        try point.readFurther(&reader, series, name: key.text)
      }
    }
    if point.serverTimestamp == nil, point.fault == nil || !hasTimestamp {
      point.fault = Fault(field: "\(series.field).timestamp", reason: "is missing")
    }
    point.dropRepeatedNames()
    if !hasSummary { point.refuse("\(series.field).summary", "is missing") }
    return point
  }

  /// The least timestamp that counts as milliseconds (docs/server.md, trap 11). As seconds it would
  /// be the year 5138, as milliseconds it is March 1973.
  private static let leastMilliseconds = 100_000_000_000
  /// The end of the year 9999.
  private static let mostMilliseconds = 253_402_300_799_999

  private mutating func readTimestamp(
    _ reader: inout JSONReader, _ series: Figure.Series
  ) throws(JSONFault) {
    // This fault replaces any other: without a timestamp there is no bucket to refuse.
    func misplace(_ reason: String) -> Fault {
      Fault(field: "\(series.field).timestamp", reason: reason)
    }
    let kind = try reader.kind()
    guard kind == .number else {
      try reader.skip()
      fault = misplace("is \(kind.words), not a number")
      return
    }
    let number = try reader.number()
    guard let value = number.value.flatMap({ Int(exactly: $0) }), value > 0 else {
      fault = misplace("is \(number.text), no timestamp")
      return
    }
    isInSeconds = value < Self.leastMilliseconds
    let milliseconds = isInSeconds ? value * 1000 : value
    guard milliseconds <= Self.mostMilliseconds else {
      fault = misplace("is \(number.text), beyond the year 9999")
      return
    }
    serverTimestamp = milliseconds
  }
}
