/// One request as it came in, valid or not; a field that was not sent, or not of its type, is nil.
package struct ReceivedRequest: Sendable, Hashable {
  /// Which of the two reads was called.
  package enum Endpoint: Sendable, Hashable {
    /// `getTotalData`
    case totals
    /// `getChartData`
    case chart
    /// Anything else, answered with 404.
    case unknown(path: String)
  }

  /// Counted from 1 since the server exists.
  package let number: Int
  /// By method and path.
  package let endpoint: Endpoint
  /// Whether the right key came with it. The key itself is not kept.
  package let hasValidKey: Bool
  /// Of the query or the body.
  package let appID: String?
  /// Nil where the field was left out, which is not the same as an empty list.
  package let source: [String]?
  /// Of retention.
  package let offset: Int?
  /// Of `userData`.
  package let userTimespan: String?
  /// Of `chatData`.
  package let chatTimespan: String?
  /// Of `appData`.
  package let appTimespan: String?
  /// As it was written.
  package let dateStart: String?
  /// As it was written.
  package let dateEnd: String?

  init(number: Int, endpoint: Endpoint, hasValidKey: Bool, body: JSONValue?) {
    self.number = number
    self.endpoint = endpoint
    self.hasValidKey = hasValidKey
    appID = body?["appId"]?.asString
    if case .array(let elements)? = body?["source"] {
      source = elements.compactMap(\.asString)
    } else {
      source = nil
    }
    if case .number(let value)? = body?["offset"] {
      offset = Int(exactly: value)
    } else {
      offset = nil
    }
    userTimespan = body?["userTimespan"]?.asString
    chatTimespan = body?["chatTimespan"]?.asString
    appTimespan = body?["appTimespan"]?.asString
    dateStart = body?["dateStart"]?.asString
    dateEnd = body?["dateEnd"]?.asString
  }
}

extension JSONValue {
  fileprivate var asString: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
