import AlmanacCollector
import AlmanacCore
import Foundation

extension CivilClock {
  /// The host's clock, or the instant that `ALMANAC_NOW` names.
  static func fromEnvironment() throws -> CivilClock {
    guard let text = Environment.variables["ALMANAC_NOW"], !text.isEmpty else {
      return CivilClock { Date() }
    }
    guard let now = Date(iso8601: text) else {
      throw AlmanacError(
        .usage, "reading ALMANAC_NOW", cause: "\(text) is not an ISO 8601 instant",
        hint: "write it as 2026-11-22T02:30:00Z, or unset it")
    }
    return CivilClock(isRehearsed: true) { now }
  }
}
