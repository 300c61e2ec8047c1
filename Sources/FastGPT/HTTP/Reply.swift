import AlmanacCore
import Foundation

/// One HTTP response, whole, and nothing believed yet.
struct Reply: Sendable {
  var status: Int
  /// The header fields that matter here.
  var retryAfter: String?
  var date: String?
  var location: String?
  /// Decompressed.
  var body: [UInt8] = []

  /// The `Date` header.
  var serverDate: Date? { date.flatMap(HTTPDate.parse) }

  /// How long the server asks to wait, from its own clock's view where it shows one. More seconds
  /// than an `Int` counts are as many as it does: a wait of any length is one.
  func requestedDelay(now: Date = Date()) -> Duration? {
    guard let retryAfter else { return nil }
    let digits = retryAfter.utf8
    if !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) {
      return .seconds(Int(retryAfter) ?? .max)
    }
    guard let date = HTTPDate.parse(retryAfter) else { return nil }
    return .seconds(max(0, date.timeIntervalSince(serverDate ?? now).rounded(.up)))
  }
}
