import AlmanacCore
import Foundation
import Testing

@testable import FastGPT

/// The reader against Foundation's: the same texts are JSON, and they mean the same. `ALMANAC_FUZZ` is
/// the number of texts for each fuzz test, if another is wanted.
struct JSONFuzzTests {
  static func rounds(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["ALMANAC_FUZZ"].flatMap { Int($0) } ?? usual
  }

  private static let rounds = rounds(4000)

  indirect enum Value: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    /// Foundation reads a fraction by way of `Decimal`, which costs it the last digits; the test
    /// below has them.
    static func == (left: Value, right: Value) -> Bool {
      switch (left, right) {
      case (.null, .null): true
      case (.bool(let left), .bool(let right)): left == right
      case (.number(let left), .number(let right)): abs(left - right) <= abs(right) * 1e-14
      case (.string(let left), .string(let right)): left == right
      case (.array(let left), .array(let right)): left == right
      case (.object(let left), .object(let right)): left == right
      default: false
      }
    }
  }

  @Test
  func `a number is the nearest there is`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("number fuzz seed: \(seed)")
    var random = SplitMix(state: seed)
    for _ in 0..<Self.rounds {
      let text = number(&random)
      let expected = Double(text).flatMap { $0.isFinite ? $0 : nil }
      let bytes = Array(text.utf8)
      let read = try bytes.withUnsafeBufferPointer { bytes in
        var reader = JSONReader(bytes)
        return try reader.number().value
      }
      try #require(read == expected, "seed \(seed): \(text)")
    }
  }

  @Test
  func `what is valid and what it means, as Foundation has it`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("JSON fuzz seed: \(seed)")
    var random = SplitMix(state: seed)
    var valid = 0
    for _ in 0..<Self.rounds {
      var bytes: [UInt8] = []
      write(depth: 0, into: &bytes, &random)
      for _ in 0..<Int.random(in: 0...2, using: &random) { Self.mutate(&bytes, &random) }
      guard !Self.isExempt(bytes) else { continue }
      let ours = meaning(of: bytes)
      let theirs = reference(bytes)
      if theirs != nil { valid += 1 }
      guard ours == theirs else {
        let text = String(decoding: bytes, as: UTF8.self).debugDescription
        Issue.record("seed \(seed): \(text)\nread \(ours as Any)\nexpected \(theirs as Any)")
        return
      }
    }
    // Neither all nor none, or the test has proved nothing.
    #expect((Self.rounds / 8..<Self.rounds).contains(valid))
  }

  @Test
  func `no bytes at all bring the readers down`() {
    let seed = UInt64.random(in: 0 ... .max)
    print("byte fuzz seed: \(seed)")
    var random = SplitMix(state: seed)
    let chart = Array(Fixture.chart.utf8)
    for round in 0..<Self.rounds {
      var bytes = chart
      for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&bytes, &random) }
      if round % 3 == 0 {
        bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      }
      guard case .envelope(let envelope) = Envelope.read(bytes), let data = envelope.data else {
        continue
      }
      bytes.withUnsafeBufferPointer { bytes in
        _ = try? ChartDecoder.decode(bytes, at: data, delivery: Delivery())
        _ = try? TotalsDecoder.decode(bytes, at: data, delivery: Delivery())
      }
    }
  }

  // MARK: both readings

  private func meaning(of bytes: [UInt8]) -> Value? {
    bytes.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      guard let value = try? tree(&reader), (try? reader.end()) != nil else { return nil }
      return value
    }
  }

  private func tree(_ reader: inout JSONReader) throws -> Value {
    switch try reader.kind() {
    case .null:
      try reader.skip()
      return .null
    case .bool:
      let isTrue = reader.current == UInt8(ascii: "t")
      try reader.skip()
      return .bool(isTrue)
    case .number:
      guard let value = try reader.number().value else { throw reader.fault("infinite") }
      return .number(value)
    case .string: return .string(try reader.string())
    case .array:
      var values: [Value] = []
      try reader.enterArray()
      while try reader.nextElement() { values.append(try tree(&reader)) }
      return .array(values)
    case .object:
      var values: [String: Value] = [:]
      try reader.enterObject()
      while let key = try reader.nextKey() { values[key.text] = try tree(&reader) }
      return .object(values)
    }
  }

  private func reference(_ bytes: [UInt8]) -> Value? {
    let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    return value.flatMap(convert)
  }

  private func convert(_ value: Any) -> Value? {
    switch value {
    case is NSNull: return .null
    case let text as String: return .string(text)
    case let number as NSNumber:
      // A boolean tells itself from 1 only by the type it is stored as.
      if String(cString: number.objCType) == "c" { return .bool(number.boolValue) }
      return .number(number.doubleValue)
    case let values as [Any]: return .array(values.compactMap(convert))
    case let values as [String: Any]: return .object(values.compactMapValues(convert))
    default: return nil
    }
  }

  /// Where Foundation differs by its own choice: it reads UTF-16 and UTF-32, drops a byte order
  /// mark and lets a list end in a comma; it refuses lone surrogates, which the reader replaces.
  static func isExempt(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    let pair = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/
    return bytes.prefix(4).contains(0) || bytes.prefix(2).contains { $0 >= 0xEF }
      || text.replacing(#"\\"#, with: "").replacing(pair, with: "").lowercased().contains(#"\ud"#)
      || text.contains(/,[ \t\r\n]*[\]}]/)
  }

  // MARK: texts

  private func write(depth: Int, into bytes: inout [UInt8], _ random: inout SplitMix) {
    space(into: &bytes, &random)
    switch Int.random(in: 0...(depth > 4 ? 4 : 7), using: &random) {
    case 0: bytes += Array(["null", "true", "false"].randomElement(using: &random)!.utf8)
    case 1, 2: bytes += Array(number(&random).utf8)
    case 3, 4: bytes += string(&random)
    case 5, 6:
      bytes.append(UInt8(ascii: "{"))
      for index in 0..<Int.random(in: 0...4, using: &random) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        space(into: &bytes, &random)
        bytes += string(&random, unique: index)
        space(into: &bytes, &random)
        bytes.append(UInt8(ascii: ":"))
        write(depth: depth + 1, into: &bytes, &random)
      }
      bytes.append(UInt8(ascii: "}"))
    default:
      bytes.append(UInt8(ascii: "["))
      for index in 0..<Int.random(in: 0...4, using: &random) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(depth: depth + 1, into: &bytes, &random)
      }
      bytes.append(UInt8(ascii: "]"))
    }
    space(into: &bytes, &random)
  }

  private func space(into bytes: inout [UInt8], _ random: inout SplitMix) {
    if Int.random(in: 0..<4, using: &random) == 0 {
      bytes.append([0x20, 0x09, 0x0A, 0x0D].randomElement(using: &random)!)
    }
  }

  private func number(_ random: inout SplitMix) -> String {
    func digits(_ most: Int, _ random: inout SplitMix) -> String {
      (0..<Int.random(in: 1...most, using: &random)).map { _ in
        String(Int.random(in: 0...9, using: &random))
      }.joined()
    }
    var text = Bool.random(using: &random) ? "-" : ""
    let whole = String(digits(22, &random).drop { $0 == "0" })
    text += whole.isEmpty ? "0" : whole
    if Bool.random(using: &random) { text += "." + digits(20, &random) }
    if Int.random(in: 0..<4, using: &random) == 0 {
      text += ["e", "E", "e+", "E-"].randomElement(using: &random)! + digits(3, &random)
    }
    return text
  }

  private func string(_ random: inout SplitMix, unique: Int? = nil) -> [UInt8] {
    var text = unique.map { "\($0)" } ?? ""
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      text += [
        "a", "é", "漢", "😀", #"\uD83D\ude00"#, #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00e9"#,
        #"\u0041"#, "\u{7F}",
      ]
      .randomElement(using: &random)!
    }
    return Array("\"\(text)\"".utf8)
  }

  static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let byte =
      Bool.random(using: &random)
      ? UInt8.random(in: 0 ... .max, using: &random)
      : Array(#"{}[]:,"\0123456789.eE+-tfnu "#.utf8).randomElement(using: &random)!
    switch Int.random(in: 0..<3, using: &random) {
    case 0: bytes[place] = byte
    case 1: bytes.insert(byte, at: place)
    default: bytes.remove(at: place)
    }
  }
}

/// A generator that a printed seed brings back. Source: Steele, Lea, Flood, 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
