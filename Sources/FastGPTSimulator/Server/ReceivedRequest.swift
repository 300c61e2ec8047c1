/// One received request, valid or not. A field that is missing or of a wrong type is nil.
package struct ReceivedRequest: Sendable, Hashable {
  /// The endpoints of the API.
  package enum Endpoint: Sendable, Hashable {
    /// `getTotalData`
    case totals
    /// `getChartData`
    case chart
    /// Anything else, answered with 404.
    case unknown(path: String)
  }

  /// The number of the request, counted from 1.
  package let number: Int
  /// The endpoint, told by method and path.
  package let endpoint: Endpoint
  /// Whether a valid key came with it. The key itself is not kept.
  package let hasValidKey: Bool
  /// The app that the query or the body names.
  package let appID: String?
  /// The sources asked for. Nil means that the field was left out, unlike an empty list.
  package let source: [String]?
  /// The retention offset.
  package let offset: Int?
  /// The timespan of `userData`.
  package let userTimespan: String?
  /// The timespan of `chatData`.
  package let chatTimespan: String?
  /// The timespan of `appData`.
  package let appTimespan: String?
  /// The start as it was written.
  package let dateStart: String?
  /// The end as it was written.
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
