import Foundation

/// Instants as the archive and the answers write them: ISO 8601, UTC, whole seconds.
extension Date {
  /// Reads ISO 8601 with or without fractions of a second; a date alone is its midnight in UTC.
  package init?(iso8601 text: String) {
    if let seconds = Self.seconds(ofUsual: text) {
      self.init(timeIntervalSince1970: seconds)
      return
    }
    // Foundation reads 30 February as 2 March, and accepts any text after the end.
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

  /// Reads the form that the archive writes; `nil` for every other. Without this, each question
  /// would build a regular expression, which takes longer than answering most questions.
  private static func seconds(ofUsual text: String) -> TimeInterval? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"), let day = Day(text.prefix(10))
    else { return nil }
    var parts: [Int] = []
    for place in [11, 14, 17] {
      let digits = bytes[place...place + 1].map { Int($0) - 48 }
      guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
      parts.append(digits[0] * 10 + digits[1])
    }
    guard parts[0] < 24, parts[1] < 60, parts[2] < 60 else { return nil }
    return TimeInterval(
      day.number * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2])
  }

  /// `2026-11-22T02:30:00Z`; fractions of a second are cut off.
  package var iso8601: String {
    let seconds = Int(timeIntervalSince1970.rounded(.down))
    let day = floorDivide(seconds, 86_400)
    let rest = seconds - day * 86_400
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(Day(number: day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  /// `2026-11-22T02:30:00.000Z` for an instant in Unix milliseconds, and
  /// `2026-11-22T10:30:00.000+08:00` in a zone that is east of UTC by that much at the instant.
  package static func iso8601(milliseconds: Int, in zone: BucketZone = .utc) -> String {
    let seconds = floorDivide(milliseconds, 1000)
    let minutes = floorDivide(zone.offset(at: seconds), 60)
    let local = Date(timeIntervalSince1970: TimeInterval(seconds + minutes * 60))
    let fraction = String(1000 + milliseconds - seconds * 1000).dropFirst()
    let offset = BucketZone(secondsFromUTC: minutes * 60).identifier.dropFirst("UTC".count)
    return "\(local.iso8601.dropLast()).\(fraction)\(offset.isEmpty ? "Z" : offset)"
  }
}
