import Foundation

/// Instants as the archive and the answers write them: ISO 8601, UTC, whole seconds.
extension Date {
  /// Reads ISO 8601 with or without fractions of a second; a date alone is its midnight in UTC.
  package init?(iso8601 text: String) {
    let style = Date.ISO8601FormatStyle()
    let parsed =
      (try? style.parse(text))
      ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    if let parsed {
      self = parsed
    } else if let day = Day(text) {
      self = Date(timeIntervalSince1970: TimeInterval(day.number * 86_400))
    } else {
      return nil
    }
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
