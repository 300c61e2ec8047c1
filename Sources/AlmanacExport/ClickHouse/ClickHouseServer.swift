import AlmanacCore
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A database of a ClickHouse, spoken to over HTTP.
package struct ClickHouseServer: Sendable {
  private let client: HTTPClient
  private let address: URLComponents
  private let headers: HTTPHeaders
  /// The address without what belongs to a query, for messages.
  package let name: String

  /// Settings of every request. A number is read back as it was written; an error comes as a status,
  /// before any of the answer; rows are there when an insert is answered.
  private static let settings = [
    ("wait_end_of_query", "1"), ("precise_float_parsing", "1"), ("async_insert", "0"),
  ]

  /// - Parameters:
  ///   - url: the address of the HTTP interface; `database` and settings may stand in its query.
  ///     Throws an ``AlmanacError`` if it is none, or holds a password.
  ///   - user: `nil` leaves it to the server
  ///   - key: the user's password
  ///   - timeout: the seconds that the server may be silent
  package init(
    url: String, user: String?, key: String?, timeout: TimeInterval, version: String
  ) throws {
    guard let address = URLComponents(string: url), let host = address.host, !host.isEmpty,
      ["http", "https"].contains(address.scheme)
    else {
      throw AlmanacError(
        .usage, "reading --url", cause: "it is no address of an HTTP interface",
        hint: "write it as http://host:8123/?database=almanac")
    }
    let isSecret = { (name: String) in ["password", "user"].contains(name.lowercased()) }
    guard address.user == nil, address.password == nil,
      address.queryItems?.contains(where: { isSecret($0.name) }) != true
    else {
      throw AlmanacError(
        .usage, "reading --url", cause: "it names a user or a password, which others can see there",
        hint: "name the user with --user, and put the password into a file for --key-file or into "
          + "$CLICKHOUSE_PASSWORD")
    }
    guard let database = address.queryItems?.first(where: { $0.name == "database" })?.value,
      !database.isEmpty
    else {
      throw AlmanacError(
        .usage, "reading --url", cause: "it names no database",
        hint: "write it as http://host:8123/?database=almanac; a path names none")
    }
    self.address = address
    name = "database \(database) of \(host)" + (address.port.map { ":\($0)" } ?? "")
    var headers = HTTPHeaders([("User-Agent", "almanac/\(version)")])
    if let user { headers.add(name: "X-ClickHouse-User", value: user) }
    if let key { headers.add(name: "X-ClickHouse-Key", value: key) }
    self.headers = headers
    var settings = HTTPClient.Configuration()
    settings.httpVersion = .http1Only
    settings.redirectConfiguration = .disallow
    settings.timeout.connect = .seconds(10)
    settings.timeout.read = .milliseconds(Int64(timeout * 1000))
    settings.timeout.write = settings.timeout.read
    // A request whose connection is closed meanwhile must not be sent twice.
    settings.connectionPool.idleTimeout = .seconds(2)
    settings.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
  }

  /// Runs a statement, and gives the lines of its answer, as tab-separated values.
  @discardableResult
  func run(_ statement: String) async throws -> [[String]] {
    var request = try request([])
    request.body = .bytes(ByteBuffer(string: statement))
    let answer = try await answer(to: request)
    return answer.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map { Self.unescaped($0) }
    }
  }

  /// Puts rows into a table, together or not at all.
  ///
  /// - Parameters:
  ///   - rows: tab-separated text
  ///   - target: the table's name, the columns in parentheses, and perhaps a query on `input`
  func insert(_ rows: [UInt8], into target: String) async throws {
    var request = try request([("query", "INSERT INTO \(target) FORMAT TabSeparated")])
    request.body = .bytes(ByteBuffer(bytes: rows))
    _ = try await answer(to: request)
  }

  /// Closes the connections.
  package func shutdown() async { try? await client.shutdown() }

  private func request(_ items: [(String, String)]) throws -> HTTPClientRequest {
    var address = address
    if address.path.isEmpty { address.path = "/" }
    address.queryItems =
      (address.queryItems ?? []) + (Self.settings + items).map { URLQueryItem(name: $0, value: $1) }
    // `URLComponents` leaves a plus as it is, and servers read it as a space.
    address.percentEncodedQuery = address.percentEncodedQuery?.replacing("+", with: "%2B")
    var request = HTTPClientRequest(url: address.string ?? "")
    request.method = .POST
    request.headers = headers
    return request
  }

  private func answer(to request: HTTPClientRequest) async throws -> String {
    let body: ByteBuffer
    let status: HTTPResponseStatus
    do {
      let response = try await client.execute(request, timeout: .hours(24))
      body = try await response.body.collect(upTo: 64 << 20)
      status = response.status
    } catch let error as HTTPClientError {
      try Task.checkCancellation()
      throw ClickHouseFailure(cause: error.words)
    } catch {
      try Task.checkCancellation()
      let name = "\(type(of: error))"
      throw ClickHouseFailure(
        cause: name.hasPrefix("NIOConnection")
          ? "nobody answers there"
          : name.contains("SSL")
            ? "no secure connection (TLS) comes about; is it http:// there?"
            : "the connection failed (\(name))")
    }
    let text = String(buffer: body)
    guard status == .ok else { throw ClickHouseFailure(status: Int(status.code), text) }
    return text
  }

  private static func unescaped(_ field: Substring) -> String {
    var text = ""
    var isEscaped = false
    for character in field.unicodeScalars {
      if isEscaped {
        let plain: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r", "0": "\0"]
        text.unicodeScalars.append(plain[character] ?? character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(character)
      }
    }
    return text
  }
}

/// A failure of ClickHouse, or of the way to it.
struct ClickHouseFailure: Error {
  /// The number of ClickHouse's own error; `nil` where the way failed.
  let code: Int?
  /// One line.
  let cause: String

  init(cause: String) {
    code = nil
    self.cause = cause
  }

  /// - Parameter text: the answer, such as `Code: 60. DB::Exception: Table a.b does not exist.
  ///   (UNKNOWN_TABLE) (version …)`
  init(status: Int, _ text: String) {
    guard let found = text.firstMatch(of: /Code: (\d+)\. DB::Exception: ([^\n]*)/) else {
      code = nil
      cause = "it answers with HTTP \(status), and is perhaps no ClickHouse"
      return
    }
    code = Int(found.1)
    let said = found.2.replacing(/\ \(version [^)]*\)+/, with: "")
    cause = said.count > 300 ? said.prefix(300) + "…" : String(said)
  }

  /// The next step, if the error tells one.
  var hint: String? {
    switch code {
    case 192, 193, 194, 516:
      "name the user with --user, and put the password into a file for --key-file or into "
        + "$CLICKHOUSE_PASSWORD"
    case 497:
      "grant that user SELECT, INSERT, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER ADD COLUMN and "
        + "ALTER DELETE there, and SELECT on system.parts"
    case 81: "make it with CREATE DATABASE, or name another one in --url (?database=…)"
    case 243, 1002: "make room there"
    case nil: "check --url, and whether the server runs"
    default: nil
    }
  }
}

extension HTTPClientError {
  fileprivate var words: String {
    switch self {
    case .connectTimeout, .deadlineExceeded: "there is no answer in time"
    case .readTimeout, .writeTimeout:
      "the server was silent for longer than --timeout allows"
    case .remoteConnectionClosed: "the connection was lost"
    default: "the connection failed (\(shortDescription))"
    }
  }
}
