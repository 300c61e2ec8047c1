import AlmanacCore

/// Reads the `data` of a totals answer.
enum TotalsDecoder {
  private static let users = Array("totalUsers".utf8)
  private static let chats = Array("totalChats".utf8)
  /// The spelling of older servers.
  private static let chat = Array("totalChat".utf8)
  private static let points = Array("totalPoints".utf8)
  private static let inputTokens = Array("totalInputTokens".utf8)
  private static let outputTokens = Array("totalOutputTokens".utf8)

  /// Decodes the value that a reader has come to.
  ///
  /// Throws a ``JSONFault`` if it is not an object or one total cannot be right. Totals have no
  /// buckets, so one bad number refuses the whole answer.
  static func decode(
    _ reader: inout JSONReader, delivery: Delivery
  ) throws(JSONFault) -> TotalsAnswer {
    var answer = TotalsAnswer(delivery: delivery)
    var older: Double?
    var seen: Set<String> = []
    guard try reader.kind() == .object else { throw reader.fault("data is no object") }
    try reader.enterObject()
    while let key = try reader.nextKey() {
      let name = [users, chats, chat, points, inputTokens, outputTokens].first { key.matches($0) }
      if name != nil, !seen.insert(key.text).inserted {
        throw reader.fault("\(key.text) is sent twice")
      }
      switch name {
      case users: answer.users = try total(&reader, "totalUsers", isCount: true)
      case chats: answer.chats = try total(&reader, "totalChats", isCount: true)
      case chat: older = try total(&reader, "totalChat", isCount: true)
      case points: answer.points = try total(&reader, "totalPoints", isCount: false)
      case inputTokens:
        answer.inputTokens = try total(&reader, "totalInputTokens", isCount: true)
      case outputTokens:
        answer.outputTokens = try total(&reader, "totalOutputTokens", isCount: true)
      default: try further(&reader, key.text, into: &answer.further)
      }
    }
    if answer.chats == nil {
      answer.chats = older
    } else if let older {
      answer.further["totalChat"] = older
    }
    return answer
  }

  private static func total(
    _ reader: inout JSONReader, _ name: String, isCount: Bool
  ) throws(JSONFault) -> Double? {
    let kind = try reader.kind()
    guard kind != .null else {
      try reader.skip()
      return nil
    }
    guard kind == .number else { throw reader.fault("\(name) is \(kind.words), not a number") }
    let number = try reader.number()
    let rules = NumberRules(isCount: isCount, mayBeNegative: false)
    if let reason = rules.objection(to: number) { throw reader.fault("\(name) \(reason)") }
    return number.value.map { $0 + 0 }
  }

  /// Keeps the first of several figures with one name, as in a chart.
  private static func further(
    _ reader: inout JSONReader, _ name: String, into figures: inout [Name: Double]
  ) throws(JSONFault) {
    switch try reader.kind() {
    case .number where name.utf8.count <= FieldName.longestName:
      let value = try reader.number().value.map { $0 + 0 }
      figures[Name(name)] = figures[Name(name)] ?? value
    case .object where name.utf8.count <= FieldName.longestName:
      try reader.enterObject()
      while let key = try reader.nextKey() {
        try further(&reader, "\(name).\(key.text)", into: &figures)
      }
    default: try reader.skip()
    }
  }
}
