/// What goes out over the wire, whoever made it up.
package struct RawResponse: Sendable, Hashable {
  /// HTTP status code.
  package var status: Int
  /// Names and values; the front adds `Content-Length` and `Date` where they are missing, so that a
  /// length may be wrong.
  package var headers: [String: String]
  /// Sent as it is; cut it short, and it arrives cut short.
  package var body: [UInt8]
  /// What the server wrote the body from; nil where that was no JSON.
  private(set) var json: JSONValue?
  /// How long the client waits for it.
  package var delay: Duration
  /// How it gets onto the wire.
  package var delivery = Delivery.whole

  /// Answers at once.
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
