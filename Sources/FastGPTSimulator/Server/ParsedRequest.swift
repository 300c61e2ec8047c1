import Foundation

/// A request split into its endpoint and its content, which need not be valid.
struct ParsedRequest {
  let endpoint: ReceivedRequest.Endpoint
  let path: String
  /// The query of a totals request or the body of a chart request; nil if the body was not JSON.
  let content: JSONValue?

  private static let logs = "/api/proApi/core/app/logs/"

  init(method: String, target: String, body: [UInt8]) {
    let parts = URLComponents(string: target)
    path = parts?.path ?? target
    switch (method, path) {
    case ("GET", Self.logs + "getTotalData"):
      endpoint = .totals
      content = .object(
        (parts?.queryItems ?? []).map {
          JSONValue.Member(name: $0.name, value: .string($0.value ?? ""))
        })
    case ("POST", Self.logs + "getChartData"):
      endpoint = .chart
      content = try? JSONDecoder().decode(JSONValue.self, from: Data(body))
    default:
      endpoint = .unknown(path: path)
      content = nil
    }
  }
}
