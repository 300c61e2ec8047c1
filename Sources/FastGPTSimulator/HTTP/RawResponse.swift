/// A response as it is sent, whether the server or a fault made it.
package struct RawResponse: Sendable, Hashable {
  /// HTTP status code.
  package var status: Int
  /// The header fields. Missing `Content-Length` and `Date` are added when it is sent; a wrong
  /// length stays wrong.
  package var headers: [String: String]
  /// The bytes that are sent as the body.
  package var body: [UInt8]
  /// The JSON that the body was written from; nil for any other body.
  private(set) var json: JSONValue?
  /// The time before the response is sent.
  package var delay: Duration
  /// The way in which it is sent.
  package var delivery = Delivery.whole

  /// A response with any body, sent at once unless a delay is given.
  package init(
    status: Int, headers: [String: String] = [:], body: [UInt8] = [], delay: Duration = .zero
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.delay = delay
  }

  /// A text such as the HTML page of a proxy.
  package init(
    status: Int, headers: [String: String] = [:], html: String, delay: Duration = .zero
  ) {
    var headers = headers
    headers["Content-Type"] = "text/html; charset=utf-8"
    self.init(status: status, headers: headers, body: Array(html.utf8), delay: delay)
  }

  /// A success envelope.
  static func success(_ content: JSONValue) -> RawResponse {
    json(
      status: 200, ["code": 200, "statusText": "", "message": "", "data": content])
  }

  /// A failure envelope. Whatever went wrong, the HTTP status is 500.
  static func failure(_ failure: ServerFailure) -> RawResponse {
    json(
      status: 500,
      [
        "code": JSONValue(failure.code),
        "statusText": .string(failure.statusText),
        "message": .string(failure.message),
        "data": .null,
      ])
  }

  /// Any JSON.
  static func json(status: Int = 200, _ json: JSONValue) -> RawResponse {
    var response = RawResponse(
      status: status, headers: ["Content-Type": "application/json; charset=utf-8"],
      body: json.bytes)
    response.json = json
    return response
  }
}
