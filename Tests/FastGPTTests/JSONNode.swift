import Foundation

@testable import FastGPT

/// A JSON text as a tree that keeps what a dictionary would lose: order, repeated members, and how
/// a number is written.
indirect enum JSONNode: Sendable {
  /// A number, `true`, `false` or `null`, as it stands.
  case literal(String)
  case string(String)
  case list([JSONNode])
  case object([(key: String, value: JSONNode)])

  /// The finite number that this is.
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

  // MARK: as bytes

  /// The text, with some characters of its strings escaped and some space about.
  func text(_ random: inout SplitMix) -> String {
    let space = Int.random(in: 0..<40, using: &random) == 0 ? "\n " : ""
    switch self {
    case .literal(let text): return space + text
    case .string(let text): return space + Self.quote(text, &random)
    case .list(let nodes):
      return "[" + nodes.map { $0.text(&random) }.joined(separator: space + ",") + "]"
    case .object(let members):
      return "{"
        + members.map { Self.quote($0.key, &random) + space + ":" + $0.value.text(&random) }
        .joined(separator: ",") + "}"
    }
  }

  private static func quote(_ text: String, _ random: inout SplitMix) -> String {
    let escapesAll = Int.random(in: 0..<50, using: &random) == 0
    return "\""
      + text.unicodeScalars.map { scalar in
        if !escapesAll, scalar.value >= 32, scalar != "\"", scalar != "\\" {
          return String(scalar)
        }
        return String(scalar).utf16.map { String(format: "\\u%04X", $0) }.joined()
      }.joined() + "\""
  }

  // MARK: mutants

  private static let odd: [JSONNode] =
    [
      "null", "true", "false", "0", "-0", "-1", "7", "1.5", "10e-1", "0.1e1", "1e400", "-1e400",
      "1e-400", "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807",
      "9223372036854775808", "1e15", "123456789012345678901234567890", "1749513600",
      "1749513600000", "1749513600000.0", "1.7495136e12", "253402300800000", "1749513600001",
    ].map { .literal($0) } + [
      .string(""), .string("NaN"), .string("12"), .string("漢字"), .list([]), .object([]),
      .list([.literal("1"), .object([])]),
      .object([("deep", .object([("er", .literal("2.5")), ("er", .literal("3"))]))]),
      .object([("api", .literal("3")), ("", .literal("4")), ("all", .literal("5"))]),
    ]

  private static let names = [
    "", "all", "api", "points", "userCount", "chatCount", "timestamp", "summary", "sourceCountMap",
    "userData", "further", "漢字 \"\\/ 😀", String(repeating: "n", count: 201),
  ]

  /// This tree with one thing changed somewhere.
  func mutant(_ random: inout SplitMix) -> JSONNode {
    let digs = Int.random(in: 0..<8, using: &random) > 0
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
        case 2: members[place].key = Self.names.randomElement(using: &random)!
        case 3:
          members.append(
            (Self.names.randomElement(using: &random)!, Self.odd.randomElement(using: &random)!))
        default: members.shuffle(using: &random)
        }
      }
      return .object(members)
    default: return Self.odd.randomElement(using: &random)!
    }
  }
}
