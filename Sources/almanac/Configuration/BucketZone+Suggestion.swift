import AlmanacCore
import Foundation

extension BucketZone {
  /// What to write instead of a text that names no zone.
  static func hint(for text: String) -> String {
    let general = "write auto, UTC, UTC+08:00 or an IANA name such as Asia/Shanghai"
    return meant(by: text).map { "did you mean \($0)? Otherwise \(general)" } ?? general
  }

  private static func meant(by text: String) -> String? {
    if let match = text.uppercased().wholeMatch(of: /(?:UTC|GMT)?([+-])(\d{1,2}):?([0-5]\d)?/) {
      let hours = match.2.count == 1 ? "0\(match.2)" : "\(match.2)"
      let offset = "UTC\(match.1)\(hours):\(match.3 ?? "00")"
      return BucketZone(identifier: offset)?.identifier
    }
    // A short word such as CST is China to its writer and Chicago to others.
    guard text.count > 3 else { return nil }
    return Suggestion.nearest(
      to: text, among: ["auto"] + TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") })
  }
}
