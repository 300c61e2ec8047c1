import AlmanacCore
import AlmanacReport
import AlmanacTrends
import ArgumentParser
import Foundation

/// Reads the values of flags that are more than a word.
enum FlagValue {
  /// Reads `2026-03-02`.
  static func day(_ text: String) throws -> Day {
    guard let day = Day(text) else {
      throw ValidationError("\(text) is not a date; write it as YYYY-MM-DD.")
    }
    return day
  }

  /// Reads `36h`, `2d` or `90m`, in seconds.
  static func age(_ text: String) throws -> TimeInterval {
    guard let match = text.wholeMatch(of: /(\d{1,6})([mhd])/), let count = Double(match.1),
      count > 0
    else { throw ValidationError("\(text) is no age; write it as 36h, 2d or 90m.") }
    return count * (match.2 == "m" ? 60 : match.2 == "h" ? 3600 : 86_400)
  }

  /// Reads `300s` or `5m`, in seconds.
  static func patience(_ text: String) throws -> TimeInterval {
    guard let match = text.wholeMatch(of: /(\d{1,6})([sm])/), let count = Double(match.1), count > 0
    else { throw ValidationError("\(text) is no length of time; write it as 300s or 5m.") }
    return count * (match.2 == "m" ? 60 : 1)
  }

  /// Reads `90d`.
  static func length(_ text: String) throws -> AskedRange.Length {
    guard let length = AskedRange.Length(text) else {
      throw ValidationError(
        "\(text) is no length; write a number from 1 to \(AskedRange.Length.most) and d, w, m or q, "
          + "as in 90d or 12w.")
    }
    return length
  }
}

// Each type says which words it takes, and that they have no descriptions. Left to itself,
// ArgumentParser looks for them by key paths for a tenth of the time of a short question.

extension Grain: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }
  public static var allValueStrings: [String] { allCases.map(\.name) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension OutputFormat: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension Query.Breakdown: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
  public static var allValueDescriptions: [String: String] { [:] }
}

extension Query.Comparison: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
  public static var allValueDescriptions: [String: String] { [:] }
}
