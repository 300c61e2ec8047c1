import Foundation

/// Reads the body of a request as strictly as the server does. It collects every issue instead of
/// stopping at the first.
struct RequestValidation {
  /// The body; nil if it was not JSON.
  let body: JSONValue?
  let knownSources: [String]
  /// Whether an instant may carry another offset than `Z`.
  let takesOffsets: Bool
  private var issues: [RequestIssue] = []

  init(body: JSONValue?, knownSources: [String], takesOffsets: Bool = true) {
    self.body = body
    self.knownSources = knownSources
    self.takesOffsets = takesOffsets
  }

  mutating func question() throws(ServerFailure) -> ChartQuestion {
    guard case .object? = body else {
      throw .invalidRequest([.wrongType(nil, expected: "object", received: body)])
    }
    let appID = text("appId")
    let start = instant("dateStart")
    let end = instant("dateEnd")
    let sources = sources()
    let offset = offset()
    let user = timespan("userTimespan")
    let chat = timespan("chatTimespan")
    let app = timespan("appTimespan")
    guard issues.isEmpty, let appID, let start, let end, let offset, let user, let chat, let app
    else { throw .invalidRequest(issues) }
    return ChartQuestion(
      appID: appID, start: start.instant, end: end.instant, startOffset: start.offset,
      sources: sources, offset: offset,
      userTimespan: user, chatTimespan: chat, appTimespan: app)
  }

  /// Reads the only field of a totals request.
  mutating func appID() throws(ServerFailure) -> String {
    guard let appID = text("appId") else { throw .invalidRequest(issues) }
    return appID
  }

  private mutating func text(_ name: String) -> String? {
    guard case .string(let text)? = body?[name] else {
      issues.append(.wrongType(name, expected: "string", received: body?[name]))
      return nil
    }
    return text
  }

  private mutating func instant(
    _ name: String
  ) -> (instant: EpochMilliseconds, offset: Int?)? {
    guard let text = text(name) else { return nil }
    if takesOffsets || text.hasSuffix("Z"), let written = Self.instant(text) { return written }
    issues.append(
      RequestIssue(
        path: [.member(name)], code: "invalid_format", message: "Invalid ISO datetime"))
    return nil
  }

  /// An instant, and the offset that its text carries in seconds east of UTC. A text without one is
  /// taken for UTC.
  private static func instant(_ text: String) -> (instant: EpochMilliseconds, offset: Int?)? {
    let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
    let ending = text.wholeMatch(of: /.*T[0-9:.]+(?:(Z)|([+-])(\d\d):?(\d\d))/)?.output
    for style in styles {
      guard let date = try? style.parse(ending == nil ? text + "Z" : text) else { continue }
      guard let ending, ending.1 == nil else {
        return (date.epochMilliseconds, ending == nil ? nil : 0)
      }
      let hours = ending.3.flatMap { Int($0) } ?? 0
      let minutes = ending.4.flatMap { Int($0) } ?? 0
      return (
        date.epochMilliseconds, (hours * 3600 + minutes * 60) * (ending.2 == "-" ? -1 : 1)
      )
    }
    return nil
  }

  private mutating func sources() -> Set<ExactText> {
    guard let value = body?["source"] else { return [] }
    guard case .array(let elements) = value else {
      issues.append(.wrongType("source", expected: "array", received: value))
      return []
    }
    var sources: Set<ExactText> = []
    let known = knownSources.map { ExactText($0) }
    for (index, element) in elements.enumerated() {
      if case .string(let text) = element, known.contains(ExactText(text)) {
        sources.insert(ExactText(text))
      } else {
        issues.append(.unknownOption([.member("source"), .index(index)], options: knownSources))
      }
    }
    return sources
  }

  private mutating func offset() -> Int? {
    guard let value = body?["offset"] else { return 1 }
    guard case .number(let number) = value, let offset = Int(exactly: number) else {
      issues.append(.wrongType("offset", expected: "int", received: value))
      return nil
    }
    guard (0...1000).contains(offset) else {
      issues.append(
        RequestIssue(
          path: [.member("offset")], code: offset < 0 ? "too_small" : "too_big",
          message: "Invalid input: expected number to be between 0 and 1000"))
      return nil
    }
    return offset
  }

  private mutating func timespan(_ name: String) -> Timespan? {
    if case .string(let text)? = body?[name], let timespan = Timespan(rawValue: text) {
      return timespan
    }
    issues.append(
      .unknownOption([.member(name)], options: Timespan.allCases.map(\.rawValue)))
    return nil
  }
}
