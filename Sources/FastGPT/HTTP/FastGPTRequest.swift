import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The two requests of the app-log API.
enum FastGPTRequest {
  case totals(AppID)
  case chart(ChartRead)

  private static let prefix = "/api/proApi/core/app/logs/"

  var app: AppID {
    switch self {
    case .totals(let app): app
    case .chart(let read): read.app
    }
  }

  /// Whether the request names a source; the server may not know it.
  var namesSource: Bool {
    switch self {
    case .totals: false
    case .chart(let read): read.source != .all
    }
  }

  /// Whether the failure is the answer that was wanted. The app that cannot exist is asked about to
  /// see how FastGPT refuses the request, which is therefore not tried again.
  func isAnswered(by failed: FailedAttempt) -> Bool { app == .nobody && failed.isFromFastGPT }

  /// The name of the endpoint, for messages.
  var name: String {
    switch self {
    case .totals: "getTotalData"
    case .chart: "getChartData"
    }
  }

  func request(to address: ServerAddress, key: APIKey, agent: String) throws -> HTTPClientRequest {
    var request: HTTPClientRequest
    switch self {
    case .totals(let app):
      request = HTTPClientRequest(url: address.url(appending: "\(Self.prefix)\(name)?appId=\(app)"))
    case .chart(let read):
      request = HTTPClientRequest(url: address.url(appending: Self.prefix + name))
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: try Self.encoded(ChartBody(read))))
    }
    request.headers.add(name: "Accept", value: "application/json")
    request.headers.add(name: "Accept-Encoding", value: "gzip, deflate")
    request.headers.add(name: "User-Agent", value: agent)
    request.headers.add(name: "Authorization", value: key.authorization)
    return request
  }

  /// The body of a request. The same read always gives the same bytes.
  private static func encoded(_ body: ChartBody) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(body)
  }
}

/// The body of `getChartData`.
private struct ChartBody: Encodable {
  let appId: String
  let dateStart: String
  let dateEnd: String
  let offset: Int
  /// `nil` leaves the field out, which means every source. A list of names would miss the sources
  /// that almanac does not know yet (docs/server.md, trap 9).
  let source: [String]?
  let userTimespan: String
  let chatTimespan: String
  let appTimespan: String

  init(_ read: ChartRead) {
    appId = read.app.text
    dateStart = Date.iso8601(milliseconds: read.instants.lowerBound, in: read.zone)
    dateEnd = Date.iso8601(milliseconds: read.instants.upperBound, in: read.zone)
    offset = read.offset
    source =
      switch read.source {
      case .all: nil
      case .named(let name): [name.text]
      }
    userTimespan = read.grain.name
    chatTimespan = read.grain.name
    appTimespan = read.grain.name
  }
}
