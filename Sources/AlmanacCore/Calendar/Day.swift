/// A civil day of the proleptic Gregorian calendar, without a time zone.
///
/// Source: the day-count algorithms of Howard Hinnant, "chrono-compatible low-level date
/// algorithms".
package struct Day: Hashable, Sendable, Comparable, Strideable, CustomStringConvertible {
  /// Days since 1970-01-01.
  package let number: Int

  package init(number: Int) {
    self.number = number
  }

  /// Fails for a date that no calendar has, such as 30 February.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (1...31).contains(day), (-9999...9999).contains(year) else {
      return nil
    }
    self.init(civilYear: year, month: month, day: day)
    guard civil == (year, month, day) else { return nil }
  }

  /// Reads `YYYY-MM-DD` and nothing else.
  package init?(_ text: String) { self.init(text.utf8) }

  /// Reads `YYYY-MM-DD` and nothing else.
  package init?(_ text: Substring) { self.init(text.utf8) }

  @inline(__always)
  private init?(_ text: some Sequence<UInt8>) {
    var parts = [0, 0, 0]
    var length = 0
    for byte in text {
      switch (length, byte) {
      case (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")): break
      case (0...3, 48...57): parts[0] = parts[0] * 10 + Int(byte - 48)
      case (5...6, 48...57): parts[1] = parts[1] * 10 + Int(byte - 48)
      case (8...9, 48...57): parts[2] = parts[2] * 10 + Int(byte - 48)
      default: return nil
      }
      length += 1
    }
    guard length == 10 else { return nil }
    self.init(year: parts[0], month: parts[1], day: parts[2])
  }

  /// Takes a month and a day as they are; the caller knows that they exist.
  private init(civilYear year: Int, month: Int, day: Int) {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    number = era * 146_097 + dayOfEra - 719_468
  }

  /// The first day of a month; a month outside 1 to 12 counts into its neighbour years.
  package static func first(ofMonth month: Int, year: Int) -> Day {
    let months = year * 12 + month - 1
    let wholeYears = floorDivide(months, 12)
    return Day(civilYear: wholeYears, month: months - wholeYears * 12 + 1, day: 1)
  }

  /// The year, the month from 1 to 12, the day from 1 to 31.
  package var civil: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  /// The number of the weekday after ISO 8601: 1 for Monday to 7 for Sunday.
  package var weekday: Int {
    let sinceMonday = number + 3
    return sinceMonday - floorDivide(sinceMonday, 7) * 7 + 1
  }

  package func distance(to other: Day) -> Int { other.number - number }

  package func advanced(by days: Int) -> Day { Day(number: number + days) }

  package static func < (left: Day, right: Day) -> Bool { left.number < right.number }

  /// `YYYY-MM-DD`.
  package var description: String {
    let (year, month, day) = civil
    guard (0...9999).contains(year) else {
      // The year 2000 has every month and day.
      return "\(year)" + Day(civilYear: 2000, month: month, day: day).description.dropFirst(4)
    }
    return String(unsafeUninitializedCapacity: 10) { text in
      func write(_ number: Int, at place: Int, digits: Int) {
        var rest = number
        for place in (place..<place + digits).reversed() {
          text[place] = UInt8(48 + rest % 10)
          rest /= 10
        }
      }
      write(year, at: 0, digits: 4)
      write(month, at: 5, digits: 2)
      write(day, at: 8, digits: 2)
      text[4] = UInt8(ascii: "-")
      text[7] = UInt8(ascii: "-")
      return 10
    }
  }
}

/// The quotient rounded towards negative infinity, for a positive divisor.
package func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
  let quotient = dividend / divisor
  return dividend < quotient * divisor ? quotient - 1 : quotient
}
