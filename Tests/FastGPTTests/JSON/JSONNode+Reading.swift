import Foundation

@testable import FastGPT

extension JSONNode {
  /// A number that the reader and the standard library read differently.
  struct WrongNumber: Error {
    let literal: String
  }

  /// Reads a whole text with the reader; throws a `JSONFault` if it refuses the text.
  init(reading bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      let node = try Self.read(&reader)
      try reader.end()
      return node
    }
  }

  /// Reads the next value.
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

  /// Compares a number with the standard library's reading to the last bit, the sign of zero included.
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
  /// Whether Foundation read the same from a `FoundationSafeJSON`. Foundation keeps the last of
  /// repeated members, and reads fractions through `Decimal`, which loses the last digits.
  func means(_ value: Any) -> Bool {
    switch (self, value) {
    case (.literal("null"), is NSNull): true
    case (.literal("null"), _): false
    case (.literal(let text), let number as NSNumber):
      // Only the stored type tells a boolean from the number 1.
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

  /// Whether both trees hold the same members in the same order, the same literals as written, and
  /// the same strings scalar by scalar.
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
