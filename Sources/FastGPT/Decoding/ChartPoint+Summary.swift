import AlmanacCore

/// Reads the numbers of one bucket in one series.
extension ChartPoint {
  mutating func readSummary(
    _ reader: inout JSONReader, _ series: Figure.Series, _ seenBefore: inout Seen
  ) throws(JSONFault) {
    let kind = try reader.kind()
    guard kind == .object else {
      try reader.skip()
      refuse("\(series.field).summary", "is \(kind.words), not an object")
      return
    }
    let names = FieldName.figures[series.rawValue]
    let longNames = FieldName.longFigures[series.rawValue]
    var seen = FigureSet()
    var seenLong = FigureSet()
    var spelledLong = Figures()
    var hasMap = false
    try reader.enterObject()
    while let key = try reader.nextKey() {
      if let known = names.first(where: { key.matches($0.name) })?.figure {
        if !seen.insert(known) { refuse("\(series.field).summary.\(known.field)", "is sent twice") }
        if let value = try readFigure(&reader, known) {
          figures[known] = value
          seenBefore.figures.insert(known)
        }
      } else if let known = longNames.first(where: { key.matches($0.name) })?.figure {
        if !seenLong.insert(known) {
          refuse("\(series.field).summary.\(key.text)", "is sent twice")
        }
        if let value = try readFigure(&reader, known, spelled: key.text) {
          spelledLong[known] = value
        }
      } else if series != .chat, key.matches(FieldName.sourceCountMap) {
        if hasMap { refuse("\(series.field).summary.sourceCountMap", "is sent twice") }
        hasMap = true
        try readSources(&reader, series, &seenBefore.sources)
      } else {
        try readFurther(&reader, series, name: key.text)
      }
    }
    guard !spelledLong.isEmpty else { return }
    for figure in longNames.map(\.figure) {
      guard let value = spelledLong[figure], let name = figure.longField else { continue }
      if figures[figure] == nil {
        figures[figure] = value
        seenBefore.figures.insert(figure)
      } else {
        further.append(FurtherFigure(series: series, name: Name(name), value: value))
      }
    }
  }

  /// Reads a known figure; `nil` if it is unknown or refused.
  private mutating func readFigure(
    _ reader: inout JSONReader, _ figure: Figure, spelled name: String? = nil
  ) throws(JSONFault) -> Double? {
    func path() -> String { "\(figure.series.field).summary.\(name ?? figure.field)" }
    let kind = try reader.kind()
    guard kind == .number else {
      try reader.skip()
      if kind != .null { refuse(path(), "is \(kind.words), not a number") }
      return nil
    }
    let number = try reader.number()
    let rules = NumberRules(isCount: figure.isCount, mayBeNegative: figure.mayBeNegative)
    if let reason = rules.objection(to: number) {
      refuse(path(), reason)
      return nil
    }
    return number.value.map { $0 + 0 }
  }

  /// Reads the users by source. A count under an unusable name becomes a further figure.
  private mutating func readSources(
    _ reader: inout JSONReader, _ series: Figure.Series, _ names: inout SourceNames
  ) throws(JSONFault) {
    let kind = try reader.kind()
    guard kind == .object else {
      try reader.skip()
      if kind != .null {
        refuse("\(series.field).summary.sourceCountMap", "is \(kind.words), not an object")
      }
      return
    }
    var counts: [Int] = []
    counts.reserveCapacity(names.expected)
    let rules = NumberRules(isCount: true, mayBeNegative: false)
    names.begin()
    try reader.enterObject()
    while let key = try reader.nextKey() {
      let kind = try reader.kind()
      guard kind == .number else {
        try reader.skip()
        if kind != .null {
          refuse(source: key.text, of: series, "is \(kind.words), not a number")
        }
        continue
      }
      let number = try reader.number()
      if let reason = rules.objection(to: number) {
        refuse(source: key.text, of: series, reason)
        continue
      }
      guard let value = number.value else { continue }
      switch names.take(key) {
      case .known: counts.append(Int(value))
      case .repeated: refuse(source: key.text, of: series, "is sent twice")
      case .unusable:
        further.append(
          FurtherFigure(series: series, name: Name("sourceCountMap.\(key.text)"), value: value))
      }
    }
    usersBySource = UsersBySource(names.end(), counts)
  }

  private mutating func refuse(source: String, of series: Figure.Series, _ reason: String) {
    let name = Quotation.line(source, key: nil, limit: 40)
    refuse("\(series.field).summary.sourceCountMap.\(name)", reason)
  }

  /// Keeps a number that almanac has no column for, and the numbers within an object. Other values
  /// are skipped.
  mutating func readFurther(
    _ reader: inout JSONReader, _ series: Figure.Series, name: String
  ) throws(JSONFault) {
    switch try reader.kind() {
    case .number where name.utf8.count <= FieldName.longestName:
      // A number beyond every Double cannot be kept, and nobody relies on it.
      if let value = try reader.number().value {
        further.append(FurtherFigure(series: series, name: Name(name), value: value + 0))
      }
    case .object where name.utf8.count <= FieldName.longestName:
      try reader.enterObject()
      while let key = try reader.nextKey() {
        try readFurther(&reader, series, name: "\(name).\(key.text)")
      }
    default: try reader.skip()
    }
  }

  /// Keeps the first of several further figures with one name.
  mutating func dropRepeatedNames() {
    guard further.count > 1 else { return }
    var names: Set<Name> = []
    further.removeAll { !names.insert($0.name).inserted }
  }
}
