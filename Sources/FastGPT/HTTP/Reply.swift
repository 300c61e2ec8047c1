import AlmanacCore
import Foundation

/// One whole HTTP response, not yet classified.
struct Reply: Sendable {
  var status: Int
  /// The header fields that matter here, as they were sent.
  var retryAfter: String?
  var date: String?
  var location: String?
  /// The decompressed body.
  var body: [UInt8] = []

  /// The date in the `Date` header.
  var serverDate: Date? { date.flatMap(HTTPDate.parse) }

  /// The wait that `Retry-After` asks for. A date there counts from the server's own clock, if the
  /// reply shows it. A number too large for `Int` counts as the largest `Int`.
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
