import Foundation

/// Instants as the archive and the answers write them: ISO 8601, UTC, whole seconds.
extension Date {
  /// Reads ISO 8601 with or without fractions of a second; a date alone is its midnight in UTC.
  package init?(iso8601 text: String) {
    // Foundation takes 30 February for 2 March, and anything behind the end.
    let time = #"T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d+)?"#
    let zone = #"Z|([+-])([01]\d):?([0-5]\d)"#
    guard let day = Day(text.prefix(10)),
      let pattern = try? Regex("(?:\(time)(?:\(zone)))?").asciiOnlyDigits(),
      let match = text.dropFirst(10).wholeMatch(of: pattern)
    else { return nil }
    let part = { (group: Int) in match[group].substring.flatMap { Double($0) } ?? 0 }
    let seconds = part(1) * 3600 + part(2) * 60 + part(3) + part(4)
    let east = (part(6) * 3600 + part(7) * 60) * (match[5].substring == "-" ? -1 : 1)
    self.init(timeIntervalSince1970: Double(day.number) * 86_400 + seconds - east)
  }

  /// `2026-11-22T02:30:00Z`.
  package var iso8601: String { formatted(Date.ISO8601FormatStyle()) }

  /// `2026-11-22T02:30:00.000Z` for an instant in Unix milliseconds.
  package static func iso8601(milliseconds: Int) -> String {
    let seconds = floorDivide(milliseconds, 1000)
    let whole = Date(timeIntervalSince1970: TimeInterval(seconds)).iso8601.dropLast()
    let fraction = String(1000 + milliseconds - seconds * 1000).dropFirst()
    return "\(whole).\(fraction)Z"
  }
}
