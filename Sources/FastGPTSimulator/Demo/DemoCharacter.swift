/// The kind of a demo app: its users, its quality and its fate. Days are counted from the first day
/// of the demo, so that nothing depends on the last.
struct DemoCharacter: Sendable {
  /// The course of a demo app.
  enum Fate: Sendable {
    case lasting
    /// Answers slowly and badly for two days.
    case incident(day: Int)
    /// Nobody comes after the day.
    case silent(after: Int)
    /// Somebody tried it once.
    case single(day: Int)
    case unused
  }

  var name: String
  var rhythm: DemoRhythm
  var sources: [(name: String, weight: Double)]
  var launchDay = 0
  /// The mean number of new users on a usual day after the launch.
  var newUsers: Double
  /// The factor by which a usual day grows in a year.
  var growth: Double
  /// The share of new users who come back.
  var loyalty: Double
  /// The chance that the keenest regular comes on a usual day.
  var keenness: Double
  /// The points for a thousand tokens.
  var price: Double
  /// The seconds that one answer takes.
  var seconds: ClosedRange<Double>
  var errorRate = 0.008
  /// The share of conversations that get a thumb, up or down.
  var feedback = 0.06
  /// The share of thumbs that point up.
  var praise = 0.8
  var fate = Fate.lasting

  /// The apps of the default demo, in their order.
  static let all: [DemoCharacter] = [
    DemoCharacter(
      name: "客服助手", rhythm: .consumer,
      sources: [("share", 5), ("wecom", 3), ("official_account", 2), ("online", 0.3)],
      newUsers: 5, growth: 1.9, loyalty: 0.35, keenness: 0.5, price: 0.35, seconds: 1.5...9),
    DemoCharacter(
      name: "Docs search", rhythm: .office,
      sources: [("api", 6), ("mcp", 2), ("online", 1)],
      newUsers: 2.2, growth: 2.4, loyalty: 0.6, keenness: 0.6, price: 0.12, seconds: 0.6...4,
      errorRate: 0.004, feedback: 0.03),
    DemoCharacter(
      name: "旅行规划", rhythm: .consumer,
      sources: [("share", 4), ("official_account", 4), ("wechat", 2)],
      newUsers: 6, growth: 1.3, loyalty: 0.16, keenness: 0.35, price: 0.8, seconds: 4...22,
      errorRate: 0.015, feedback: 0.1, praise: 0.88),
    DemoCharacter(
      name: "合同审查", rhythm: .office,
      sources: [("team", 3), ("feishu", 5), ("online", 1)],
      newUsers: 0.7, growth: 1.2, loyalty: 0.75, keenness: 0.4, price: 3.1, seconds: 9...48,
      feedback: 0.14, praise: 0.7),
    DemoCharacter(
      name: "Support bot", rhythm: .office,
      sources: [("online", 2), ("share", 5), ("api", 3), ("test", 0.1)],
      newUsers: 4, growth: 1.5, loyalty: 0.4, keenness: 0.45, price: 0.42, seconds: 1.2...8,
      fate: .incident(day: 398)),
    DemoCharacter(
      name: "Nightly digest", rhythm: .machine,
      sources: [("cronJob", 8), ("api", 1)],
      newUsers: 0.12, growth: 1.0, loyalty: 1, keenness: 0.9, price: 0.9, seconds: 12...30,
      errorRate: 0.02, feedback: 0),
    DemoCharacter(
      name: "菜谱灵感", rhythm: .consumer,
      sources: [("wechat", 5), ("share", 3), ("official_account", 1)],
      launchDay: 190, newUsers: 3, growth: 5, loyalty: 0.3, keenness: 0.4, price: 0.2,
      seconds: 2...10, feedback: 0.12, praise: 0.92),
    DemoCharacter(
      name: "Legacy FAQ", rhythm: .office,
      sources: [("share", 5), ("api", 1)],
      newUsers: 2.5, growth: 0.3, loyalty: 0.25, keenness: 0.3, price: 0.15, seconds: 1...5,
      praise: 0.5, fate: .silent(after: 262)),
    DemoCharacter(
      name: "面试陪练", rhythm: .consumer, sources: [("test", 1)],
      newUsers: 0, growth: 1, loyalty: 0, keenness: 0, price: 0.5, seconds: 2...6,
      fate: .single(day: 131)),
    DemoCharacter(
      name: "Onboarding guide", rhythm: .office, sources: [("online", 1)],
      newUsers: 0, growth: 1, loyalty: 0, keenness: 0, price: 0.5, seconds: 2...6, fate: .unused),
  ]

  /// The app at a place in a fleet of any size: the default ones first, then variations of the used
  /// ones.
  static func character(at place: Int, seed: UInt64) -> DemoCharacter {
    if all.indices.contains(place) { return all[place] }
    let used = all.filter { $0.newUsers > 0 }
    var character = used[place % used.count]
    var random = SplitMix64(seed: seed, place)
    character.name += " \(place / used.count + 1)"
    character.launchDay = Int(random.between(0, 120))
    character.newUsers *= random.between(0.3, 1.1)
    character.growth *= random.between(0.7, 1.2)
    character.price *= random.between(0.6, 1.6)
    return character
  }
}
