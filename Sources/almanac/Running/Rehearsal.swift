import AlmanacCollector
import AlmanacCore
import Foundation

extension CivilClock {
  /// The range of instants that a rehearsal may have. Even ten years earlier, and in the days that
  /// a run looks ahead, years have four digits.
  private static let years =
    Date(timeIntervalSince1970: 946_684_800)..<Date(timeIntervalSince1970: 221_845_392_000)

  /// The instant that `ALMANAC_NOW` names, or the host's clock.
  static func fromEnvironment() throws -> CivilClock {
    guard let text = Environment.variables["ALMANAC_NOW"], !text.isEmpty else {
      return CivilClock { Date() }
    }
    guard let now = Date(iso8601: text) else {
      throw AlmanacError(
        .usage, "reading ALMANAC_NOW", cause: "\(text) is not an ISO 8601 instant",
        hint: "write it as 2026-11-22T02:30:00Z, or unset it")
    }
    guard years.contains(now) else {
      throw AlmanacError(
        .usage, "reading ALMANAC_NOW", cause: "\(text) is not between the years 2000 and 9000",
        hint: "name an instant at which there is a FastGPT, or unset it")
    }
    return CivilClock(isRehearsed: true) { now }
  }
}
