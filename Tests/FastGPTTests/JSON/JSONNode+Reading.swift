import Foundation

@testable import FastGPT

extension JSONNode {
  /// A number that the reader takes for another one than the standard library.
  struct WrongNumber: Error {
    let literal: String
  }

  /// A whole text as the reader has it; throws a `JSONFault` where it refuses the text.
  init(reading bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      let node = try Self.read(&reader)
      try reader.end()
      return node
    }
  }

  /// The value that comes next.
  static func read(_ reader: inout JSONReader) throws -> JSONNode {
    let kind = try reader.kind()
    let start = reader.position
    switch kind {
    case .null, .bool:
      try reader.skip()
      return .literal(String(decoding: reader.bytes[start..<reader.position], as: UTF8.self))
    case .number:
      let number = try reader.number()
      let text = String(decoding: reader.bytes[start..<reader.position], as: UTF8.self)
      try check(number, text)
      return .literal(text)
    case .string: return .string(try reader.string())
    case .array:
      var nodes: [JSONNode] = []
      try reader.enterArray()
      while try reader.nextElement() { nodes.append(try read(&reader)) }
      return .list(nodes)
    case .object:
      var members: [(key: String, value: JSONNode)] = []
      try reader.enterObject()
      while let key = try reader.nextKey() { members.append((key.text, try read(&reader))) }
      return .object(members)
    }
  }

  /// To the last bit, and the sign of zero too.
  private static func check(_ number: JSONNumber, _ text: String) throws(WrongNumber) {
    let value = Double(text).flatMap { $0.isFinite ? $0 : nil }
    let digits = text.drop { $0 == "-" || $0 == "0" }
    let isWhole = !text.contains { ".eE".contains($0) }
    guard number.value?.bitPattern == value?.bitPattern, number.isIntegerLiteral == isWhole,
      number.integer == (isWhole && digits.utf8.count <= 18 ? Int(text) : nil),
      number.text == text.prefix(40)
    else { throw WrongNumber(literal: text) }
  }
}

extension JSONNode {
  /// What Foundation reads, with the differences that it makes taken out before (`PlainText`): the
  /// last of repeated members, and a fraction by way of `Decimal`, which costs the last digits.
  func means(_ value: Any) -> Bool {
    switch (self, value) {
    case (.literal("null"), is NSNull): true
    case (.literal("null"), _): false
    case (.literal(let text), let number as NSNumber):
      // A boolean tells itself from 1 only by the type it is stored as.
      String(cString: number.objCType) == "c"
        ? text == (number.boolValue ? "true" : "false")
        : self.number.map { abs($0 - number.doubleValue) <= abs($0) * 1e-14 } ?? false
    case (.string(let text), let other as String):
      text.unicodeScalars.elementsEqual(other.unicodeScalars)
    case (.list(let nodes), let values as [Any]):
      nodes.count == values.count && zip(nodes, values).allSatisfy { $0.means($1) }
    case (.object(let members), let values as [String: Any]):
      {
        let last = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
        return last.count == values.count
          && last.allSatisfy { key, node in values[key].map { node.means($0) } ?? false }
      }()
    default: false
    }
  }

  /// Whether both are one tree: the same members in the same order, literals as they are written,
  /// texts scalar by scalar.
  static func == (left: JSONNode, right: JSONNode) -> Bool {
    switch (left, right) {
    case (.literal(let left), .literal(let right)): left == right
    case (.string(let left), .string(let right)):
      left.unicodeScalars.elementsEqual(right.unicodeScalars)
    case (.list(let left), .list(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && zip(left, right).allSatisfy {
          $0.key.unicodeScalars.elementsEqual($1.key.unicodeScalars) && $0.value == $1.value
        }
    default: false
    }
  }
}
