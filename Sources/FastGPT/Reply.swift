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

  /// How long the server asks to wait, from its own clock's view where it shows one.
  func requestedDelay(now: Date = Date()) -> Duration? {
    guard let retryAfter else { return nil }
    if let seconds = Int(retryAfter) { return seconds >= 0 ? .seconds(seconds) : nil }
    guard let date = HTTPDate.parse(retryAfter) else { return nil }
    return .seconds(max(0, date.timeIntervalSince(serverDate ?? now).rounded(.up)))
  }
}
