import AlmanacCore
import Foundation

/// Reads the dates of HTTP headers, in the three forms of RFC 9110, section 5.6.7.
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
  /// `Sun Nov  6 08:49:37 1994`.
  static func parse(_ text: String) -> Date? {
    var parts = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
    if parts.count == 5 {
      parts = [parts[0], parts[2], parts[1], parts[4], parts[3], "GMT"]
    }
    guard parts.count == 6, parts[5] == "GMT" || parts[5] == "UTC",
      let number = Int(parts[1]), let month = months.firstIndex(of: parts[2]),
      var year = Int(parts[3])
    else { return nil }
    // Two digits mean this century, since no server sends a date of the last one.
    if parts[3].count == 2 { year += 2000 }
    let clock = parts[4].split(separator: ":").map { Int($0) ?? -1 }
    guard let day = Day(year: year, month: month + 1, day: number), clock.count == 3,
      (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
    else { return nil }
    let seconds = day.number * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    return Date(timeIntervalSince1970: TimeInterval(seconds))
  }
}
