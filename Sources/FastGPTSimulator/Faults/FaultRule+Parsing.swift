extension FaultRule {
  /// The reasons why a text is not a rule.
  package enum ParsingError: Error, CustomStringConvertible {
    /// The name is unknown; `names` lists the known ones.
    case unknownFault(String, names: [String])
    /// The text after `#` is neither a number from 1 on nor two such numbers in order.
    case invalidRequests(String)
    /// Nothing follows `@`.
    case missingApp

    /// A sentence for the person who wrote the text.
    package var description: String {
      switch self {
      case .unknownFault(let name, let names):
        "there is no fault '\(name)'; the faults are \(names.joined(separator: ", "))"
      case .invalidRequests(let text):
        "'#\(text)' names no requests; write #3 for the third, #3-5 for the third to the fifth"
      case .missingApp: "an app's id must follow the @"
      }
    }
  }

  /// Reads `NAME[@APP-ID][#N[-M]]`: the N-th to M-th request of the app, or of the server if no app
  /// is named. Without numbers the rule names every request.
  package init(_ text: String, among faults: [Fault]) throws(ParsingError) {
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let target = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(target[0])
    guard let fault = faults.first(where: { $0.name == name }) else {
      throw .unknownFault(name, names: faults.map(\.name))
    }
    if target.count > 1, target[1].isEmpty { throw .missingApp }
    self.init(
      fault, requests: parts.count > 1 ? try Self.requests(parts[1]) : 1...Int.max,
      appID: target.count > 1 ? String(target[1]) : nil)
  }

  private static func requests(
    _ text: Substring
  ) throws(ParsingError) -> ClosedRange<Int> {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
      1 <= first, first <= last
    else { throw .invalidRequests(String(text)) }
    return first...last
  }
}
