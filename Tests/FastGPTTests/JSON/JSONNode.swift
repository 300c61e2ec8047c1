import FastGPTSimulator
import Foundation

@testable import FastGPT

/// A JSON text as a tree that keeps the order of members, repeated members and the spelling of
/// numbers, all of which a dictionary would lose.
indirect enum JSONNode: Sendable {
  /// A number, `true`, `false` or `null`, as it is written.
  case literal(String)
  case string(String)
  case list([JSONNode])
  case object([(key: String, value: JSONNode)])

  /// The value, if the node is a finite number.
  var number: Double? {
    guard case .literal(let text) = self, let first = text.utf8.first, first != UInt8(ascii: "t"),
      first != UInt8(ascii: "f"), first != UInt8(ascii: "n")
    else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  var isNumber: Bool {
    guard case .literal(let text) = self else { return false }
    return !["null", "true", "false"].contains(text)
  }

  var isNull: Bool { if case .literal("null") = self { true } else { false } }

  var members: [(key: String, value: JSONNode)]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The value of a member; `nil` if the name is missing or repeated.
  subscript(name: String) -> JSONNode? {
    let values = (members ?? []).filter { $0.key == name }
    return values.count == 1 ? values[0].value : nil
  }

  // MARK: as bytes

  /// The text, with random escapes in its strings and random white space.
  func text(_ random: inout SplitMix64) -> String {
    let space = random.once(in: 40) ? random.pick([" ", "\t", "\n", "\r\n "]) : ""
    switch self {
    case .literal(let text): return space + text + space
    case .string(let text): return space + Self.quote(text, &random)
    case .list(let nodes):
      return "[" + nodes.map { $0.text(&random) }.joined(separator: space + ",") + space + "]"
    case .object(let members):
      return "{" + space
        + members.map { Self.quote($0.key, &random) + space + ":" + $0.value.text(&random) }
        .joined(separator: ",") + "}" + space
    }
  }

  private static let shortEscapes: [Unicode.Scalar: String] = [
    "\"": #"\""#, "\\": #"\\"#, "/": #"\/"#, "\n": #"\n"#, "\r": #"\r"#, "\t": #"\t"#,
    "\u{8}": #"\b"#, "\u{C}": #"\f"#,
  ]

  private static func quote(_ text: String, _ random: inout SplitMix64) -> String {
    let escapesAll = random.once(in: 50)
    return "\""
      + text.unicodeScalars.map { scalar in
        let needsEscape = scalar.value < 32 || scalar == "\"" || scalar == "\\"
        if !escapesAll, !needsEscape, scalar != "/" || Bool.random(using: &random) {
          return String(scalar)
        }
        if let short = shortEscapes[scalar], Bool.random(using: &random) { return short }
        let form = Bool.random(using: &random) ? "\\u%04X" : "\\u%04x"
        return String(scalar).utf16.map { String(format: form, $0) }.joined()
      }.joined() + "\""
  }

  // MARK: any tree

  static func random(depth: Int = 0, _ random: inout SplitMix64) -> JSONNode {
    switch Int.random(in: 0...(depth > 4 ? 3 : 7), using: &random) {
    case 0: .literal(random.pick(["null", "true", "false"]))
    case 1, 2: .literal(number(&random))
    case 3: .string(text(&random))
    case 4, 5:
      .list(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          Self.random(depth: depth + 1, &random)
        })
    default:
      .object(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          (text(&random), Self.random(depth: depth + 1, &random))
        })
    }
  }

  static func number(_ random: inout SplitMix64) -> String {
    func digits(_ most: Int, _ random: inout SplitMix64) -> String {
      (0..<Int.random(in: 1...most, using: &random)).map { _ in
        String(Int.random(in: 0...9, using: &random))
      }.joined()
    }
    var text = Bool.random(using: &random) ? "-" : ""
    let whole = String(digits(22, &random).drop { $0 == "0" })
    text += whole.isEmpty ? "0" : whole
    if Bool.random(using: &random) { text += "." + digits(20, &random) }
    if random.once(in: 4) { text += random.pick(["e", "E", "e+", "E-"]) + digits(3, &random) }
    return text
  }

  private static func text(_ random: inout SplitMix64) -> String {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in
      random.pick([
        "a", "b", "1", "é", "e\u{301}", "漢", "😀", "\n", "\"", "\\", "/", "\u{7F}", "\u{0}", "\u{8}",
        "\u{FFFF}", "\u{10FFFF}", "\u{2028}",
      ])
    }.joined()
  }

  // MARK: mutants

  private static let odd: [JSONNode] =
    [
      "null", "true", "false", "0", "-0", "-1", "7", "1.5", "10e-1", "0.1e1", "1e400", "-1e400",
      "1e-400", "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807",
      "9223372036854775808", "1e15", "123456789012345678901234567890", "1749513600",
      "1749513600000", "1749513600000.0", "1.7495136e12", "253402300800000", "1749513600001",
      "99999999999", "100000000000", "253402300799999", "9007199254740993.0", "9007199254740994.0",
      "-9223372036854775808", "0.1", "-0.5", "2e-1",
    ].map { .literal($0) } + [
      .string(""), .string("NaN"), .string("12"), .string("漢字"), .list([]), .object([]),
      .list([.literal("1"), .object([])]),
      .object([("deep", .object([("er", .literal("2.5")), ("er", .literal("3"))]))]),
      .object([("api", .literal("3")), ("", .literal("4")), ("all", .literal("5"))]),
    ]

  private static let names = [
    "", "all", "api", "points", "userCount", "chatCount", "timestamp", "summary", "sourceCountMap",
    "userData", "further", "漢字 \"\\/ 😀", "é", "e\u{301}", "__proto__", "a\u{0}b", "totalChat",
    "totalChats", "inputTokens", "totalInputTokens", "totalOutputTokens", "code", "data",
    String(repeating: "n", count: 200),
    String(repeating: "n", count: 201),
  ]

  /// The tree with one random change.
  func mutant(_ random: inout SplitMix64) -> JSONNode {
    let digs = !random.once(in: 8)
    switch self {
    case .list(var nodes) where !nodes.isEmpty:
      let place = nodes.indices.randomElement(using: &random)!
      if digs {
        nodes[place] = nodes[place].mutant(&random)
      } else {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: nodes.remove(at: place)
        case 1: nodes.append(nodes[place])
        case 2:
          nodes.insert(
            nodes[place].mutant(&random), at: nodes.indices.randomElement(using: &random)!)
        default: nodes.shuffle(using: &random)
        }
      }
      return .list(nodes)
    case .object(var members) where !members.isEmpty:
      let place = members.indices.randomElement(using: &random)!
      if digs {
        members[place].value = members[place].value.mutant(&random)
      } else {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: members.remove(at: place)
        case 1: members.append(members[place])
        case 2: members[place].key = random.pick(Self.names)
        case 3:
          members.append(
            (random.pick(Self.names), random.pick(Self.odd)))
        default: members.shuffle(using: &random)
        }
      }
      return .object(members)
    default: return random.pick(Self.odd)
    }
  }
}
