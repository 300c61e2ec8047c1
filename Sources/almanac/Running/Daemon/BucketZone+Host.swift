import AlmanacCore
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension BucketZone {
  /// The zone of this host, by `$TZ` or `/etc/localtime`; `nil` where it has no name that almanac
  /// knows and changes its clocks.
  ///
  /// Foundation takes a copy of a zone's file for the zone that its abbreviation names first, such
  /// as Chicago for Shanghai's CST. So a name counts only if the C library's clock agrees with it.
  ///
  /// The C library takes UTC for a name in `$TZ` that it does not know, and it knows none where there
  /// is no zone data. So a name in the form of Area/Place counts by itself, or not at all.
  static let host: BucketZone? = {
    let variable = Environment["TZ"].map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
    if let variable, variable.contains("/"), !variable.hasPrefix("/") {
      if let zone = BucketZone(identifier: variable) { return zone }
      guard FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/\(variable)") else {
        return nil
      }
    }
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/etc/localtime")
    return host(
      names: [
        variable,
        link?.split(separator: "zoneinfo/", maxSplits: 1).last.map(String.init),
        try? String(contentsOfFile: "/etc/timezone", encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines),
        TimeZone.current.identifier,
      ].compactMap(\.self),
      offset: clockOffset, now: Date())
  }()

  /// - Parameters:
  ///   - names: those that the zone may have, the likeliest first
  ///   - offset: seconds east of UTC at an instant in Unix seconds, by the host's clock
  static func host(names: [String], offset: (Int) -> Int, now: Date) -> BucketZone? {
    let start = Int(now.timeIntervalSince1970)
    // Every ten days of a year, so that no season is missed.
    let instants = stride(from: start, to: start + 370 * 86_400, by: 10 * 86_400)
    let named = names.lazy.compactMap { BucketZone(identifier: $0) }.first { zone in
      instants.allSatisfy { zone.offset(at: $0) == offset($0) }
    }
    if let named { return named }
    let offsets = Set(instants.map(offset))
    guard offsets.count == 1, let only = offsets.first, only % 60 == 0 else { return nil }
    return BucketZone(secondsFromUTC: only)
  }

  private static func clockOffset(at instant: Int) -> Int {
    var (time, parts) = (time_t(instant), tm())
    tzset()
    localtime_r(&time, &parts)
    return parts.tm_gmtoff
  }
}
