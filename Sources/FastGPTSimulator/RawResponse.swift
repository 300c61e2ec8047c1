/// What goes out over the wire, whoever made it up.
package struct RawResponse: Sendable, Hashable {
  /// HTTP status code.
  package var status: Int
  /// Names and values; the front adds `Content-Length`, and `Date` where it is missing.
  package var headers: [String: String]
  /// Sent as it is; cut it short, and it arrives cut short.
  package var body: [UInt8]
  /// How long the client waits for it.
  package var delay: Duration

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
    envelope(
      status: 200, ["code": 200, "statusText": "", "message": "", "data": content])
  }

  /// A failure envelope. Whatever went wrong, the HTTP status is 500.
  static func failure(_ failure: ServerFailure) -> RawResponse {
    envelope(
      status: 500,
      [
        "code": JSONValue(failure.code),
        "statusText": .string(failure.statusText),
        "message": .string(failure.message),
        "data": .null,
      ])
  }

  private static func envelope(status: Int, _ json: JSONValue) -> RawResponse {
    RawResponse(
      status: status, headers: ["Content-Type": "application/json; charset=utf-8"],
      body: json.bytes)
  }
}
