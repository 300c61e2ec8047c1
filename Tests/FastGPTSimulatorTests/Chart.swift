import FastGPTSimulator
import Foundation
import Testing

/// A chart answer read back from its JSON by Foundation, so that the tests see what a client sees.
struct Chart: Decodable {
  struct Series<Summary: Decodable>: Decodable {
    let timestamp: Int
    let summary: Summary
  }

  struct Users: Decodable, Equatable {
    let userCount: Int
    let newUserCount: Int
    let retentionUserCount: Int
    let points: Double
    let sourceCountMap: [String: Int]
  }

  struct Chats: Decodable, Equatable {
    let chatItemCount: Int
    let chatCount: Int
    let errorCount: Int
    let points: Double
  }

  struct Apps: Decodable, Equatable {
    let goodFeedBackCount: Int
    let badFeedBackCount: Int
    let chatCount: Int
    let totalResponseTime: Double
  }

  let userData: [Series<Users>]
  let chatData: [Series<Chats>]
  let appData: [Series<Apps>]

  init(_ response: RawResponse) throws {
    self = try Envelope<Chart>.success(response)
  }

  /// Starts of the buckets, the same in all three series.
  func days() throws -> [String] {
    try #require(userData.map(\.timestamp) == chatData.map(\.timestamp))
    try #require(userData.map(\.timestamp) == appData.map(\.timestamp))
    return userData.map { series in
      let date = Date(timeIntervalSince1970: Double(series.timestamp) / 1000)
      let text = date.ISO8601Format()
      return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
    }
  }

  var users: [Int] { userData.map(\.summary.userCount) }
  var newUsers: [Int] { userData.map(\.summary.newUserCount) }
  var retained: [Int] { userData.map(\.summary.retentionUserCount) }
  var chats: [Int] { chatData.map(\.summary.chatCount) }
}

/// The shape around every answer.
struct Envelope<Content: Decodable>: Decodable {
  let code: Int
  let statusText: String
  let message: String
  let data: Content?

  static func success(_ response: RawResponse) throws -> Content {
    let envelope = try read(response)
    try #require(response.status == 200)
    try #require(envelope.code == 200)
    try #require(envelope.statusText == "" && envelope.message == "")
    return try #require(envelope.data)
  }

  static func read(_ response: RawResponse) throws -> Envelope {
    try JSONDecoder().decode(Self.self, from: Data(response.body))
  }
}

struct Totals: Decodable, Equatable {
  let totalUsers: Int
  let totalChats: Int
  let totalPoints: Double
}

/// A failure as a client sees it.
struct Failure: Equatable {
  let status: Int
  let code: Int
  let statusText: String
  let message: String

  init(_ response: RawResponse) throws {
    let text = String(decoding: response.body, as: UTF8.self)
    try #require(text.hasSuffix(#","data":null}"#), "\(text)")
    let envelope = try Envelope<Totals>.read(response)
    status = response.status
    code = envelope.code
    statusText = envelope.statusText
    message = envelope.message
  }

  struct Issue: Decodable {
    enum Step: Decodable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
      case name(String)
      case index(Int)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let index = try? container.decode(Int.self) {
          self = .index(index)
        } else {
          self = .name(try container.decode(String.self))
        }
      }
      init(stringLiteral value: String) { self = .name(value) }
      init(integerLiteral value: Int) { self = .index(value) }
    }
    let code: String
    let path: [Step]
    let message: String
  }

  /// The list that a validation failure's message holds.
  func paths() throws -> [[Issue.Step]] {
    try JSONDecoder().decode([Issue].self, from: Data(message.utf8)).map(\.path)
  }
}
