import AlmanacCore
import Testing

@Suite struct `A word for a metric` {
  private typealias Key = FurtherFigure.Key

  private static let held: Set<Key> = [
    Key(.chat, "cachedTokens"), Key(.user, "seats"), Key(.chat, "seats"), Key(.app, "points"),
    Key(.app, "usage.cached"), Key(.chat, "caf\u{E9}"), Key(.chat, "cafe\u{301}"),
    Key(.user, "chatData.usage"), Key(.chat, "usage"),
  ]
  private static let lookup = MetricLookup(held)

  private static func further(_ word: String) throws -> Key? {
    try lookup.metric(named: word).further
  }

  /// The error for a word that means nothing, or too much.
  private static func refusal(
    _ word: String, _ lookup: MetricLookup = lookup
  ) throws -> AlmanacError? {
    do {
      _ = try lookup.metric(named: word)
      return nil
    } catch let error as AlmanacError { return error }
  }

  @Test func `is a metric of the catalogue first, then a further figure's own name`() throws {
    #expect(try Self.lookup.metric(named: "messages") == Metric(name: "messages"))
    #expect(try Self.further("points") == nil)
    #expect(try Self.further("appData.points") == Key(.app, "points"))
    #expect(try Self.further("cachedTokens") == Key(.chat, "cachedTokens"))
    #expect(try Self.further("usage.cached") == Key(.app, "usage.cached"))
    // An own name may look like another with its series.
    #expect(try Self.further("chatData.usage") == Key(.user, "chatData.usage"))
    #expect(try Self.further("usage") == Key(.chat, "usage"))
  }

  @Test func `may have the series in front, and is answered under the name that was typed`() throws
  {
    let metric = try Self.lookup.metric(named: "chatData.cachedTokens")
    #expect(metric.further == Key(.chat, "cachedTokens"))
    #expect(metric.name == "chatData.cachedTokens")
    #expect(metric.unit == nil && metric.formula == nil && metric.sqlExpression == nil)
    #expect(
      [metric.overTime, metric.overApps, metric.overSources] == [.unknown, .unknown, .unknown])
    #expect(try Self.further("appData.usage.cached") == Key(.app, "usage.cached"))
    #expect(try Self.further("userData.seats") == Key(.user, "seats"))
  }

  @Test func `that several series have is refused with the names to choose from`() throws {
    let error = try #require(try Self.refusal("seats"))
    #expect(error.code == .usage)
    #expect(error.cause == "userData and chatData each have a figure of that name")
    #expect(error.hint == "name the series too: userData.seats or chatData.seats")
  }

  @Test func `means what the asked apps have, and else what any app has`() throws {
    let ofUsers = MetricLookup(Self.held, ofAskedApps: [Key(.user, "seats")])
    #expect(try ofUsers.metric(named: "seats").further == Key(.user, "seats"))
    #expect(try ofUsers.metric(named: "cachedTokens").further == Key(.chat, "cachedTokens"))
    #expect(try Self.refusal("seats", MetricLookup(Self.held, ofAskedApps: [])) != nil)
  }

  /// Trap 15: Swift takes a composed and a decomposed letter for equal.
  @Test func `is told apart by its bytes`() throws {
    let composed = try #require(try Self.further("caf\u{E9}"))
    let decomposed = try #require(try Self.further("cafe\u{301}"))
    #expect(composed.name.text.utf8.count == 5 && decomposed.name.text.utf8.count == 6)
    let one = MetricLookup([Key(.chat, "cafe\u{301}")])
    #expect(try Self.refusal("caf\u{E9}", one)?.cause == "there is no such metric")
  }

  @Test func `that is unknown is refused with the nearest name, further figures among them`() throws
  {
    #expect(try Self.refusal("mesages")?.hint == "did you mean messages?")
    #expect(try Self.refusal("cachedToken")?.hint == "did you mean cachedTokens?")
    #expect(try Self.refusal("seatss")?.hint == "did you mean seats?")
    #expect(try Self.refusal("mesages")?.cause == "there is no such metric")
    let all = try #require(try Self.refusal("zzzzzzzzzzzz")?.hint)
    #expect(all.contains("messages, ") && all.contains("cachedTokens"))
    #expect(
      try Self.refusal("messages,cachedTokens")?.hint
        == "write them apart: messages cachedTokens")
    #expect(try Self.refusal("cachedTokens", MetricLookup([])) != nil)
  }

  @Test func `is there for every further figure that is held`() throws {
    let metrics = Self.lookup.furtherMetrics
    #expect(Set(metrics.compactMap(\.further)) == Self.held.subtracting([]))
    #expect(
      Set(metrics.map(\.name)).isSuperset(of: [
        "cachedTokens", "userData.seats", "chatData.seats", "appData.points", "usage.cached",
      ]))
    for metric in metrics {
      #expect(try Self.lookup.metric(named: metric.name).further == metric.further)
    }
  }
}
