import AlmanacCore

/// What one element of one series says, before it is set beside the other two series.
struct ChartPoint {
  /// In Unix milliseconds; `nil` where the timestamp cannot be read.
  var label: Int?
  /// Whether the timestamp came in seconds, as older servers send it.
  var isInSeconds = false
  var figures = Figures()
  var usersBySource: UsersBySource?
  var further: [FurtherFigure] = []
  /// The first thing that is wrong with it.
  var fault: Fault?

  /// What the points of one answer have in common.
  struct Seen {
    /// The known figures that a number stood for.
    var figures = FigureSet()
    var sources = SourceNames()
  }

  /// A field and why its value cannot be right.
  struct Fault: Equatable {
    var field: String
    var reason: String
  }

  mutating func refuse(_ field: String, _ reason: String) {
    if fault == nil { fault = Fault(field: field, reason: reason) }
  }

  /// The point that an element stands for, with what it could not be right about in its fault.
  /// Throws only where the JSON itself is broken.
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
      if key.matches(Field.timestamp) {
        if hasTimestamp {
          // Two timestamps: neither can be believed.
          try reader.skip()
          point.label = nil
          point.fault = Fault(field: "\(series.field).timestamp", reason: "is sent twice")
        } else {
          try point.readTimestamp(&reader, series)
        }
        hasTimestamp = true
      } else if key.matches(Field.summary) {
        if hasSummary { point.refuse("\(series.field).summary", "is sent twice") }
        hasSummary = true
        try point.readSummary(&reader, series, &seen)
      } else {
        try point.readFurther(&reader, series, name: key.text)
      }
    }
    if point.label == nil, point.fault == nil || !hasTimestamp {
      point.fault = Fault(field: "\(series.field).timestamp", reason: "is missing")
    }
    point.dropRepeatedNames()
    if !hasSummary { point.refuse("\(series.field).summary", "is missing") }
    return point
  }

  /// Seconds and milliseconds are told apart by size: this many seconds are the year 5138, this
  /// many milliseconds are March 1973.
  private static let leastMilliseconds = 100_000_000_000
  /// The end of the year 9999.
  private static let mostMilliseconds = 253_402_300_799_999

  private mutating func readTimestamp(
    _ reader: inout JSONReader, _ series: Figure.Series
  ) throws(JSONFault) {
    // Without a timestamp there is no bucket to refuse for another reason, so this one leads.
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
    label = milliseconds
  }
}
