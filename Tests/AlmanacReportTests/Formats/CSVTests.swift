import AlmanacCore
import AlmanacReport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `An answer as CSV` {
  private static func field(_ cell: Table.Cell) -> String {
    var table = Table([.init("a", "A"), .init("b", "B")])
    table.append([cell, .count(0)])
    return String("\(CSV(Records(table)))".dropFirst("a,b\n".count).dropLast(",0\n".count))
  }

  @Test func `is headed by the names of its columns`() {
    var table = Table([.init("app_id", "ID"), .init("error_rate", "Error rate", .share)])
    #expect("\(CSV(Records(table)))" == "app_id,error_rate\n")
    table.append([.text("x"), .number(0.125)])
    #expect("\(CSV(Records(table)))" == "app_id,error_rate\nx,0.125\n")
  }

  @Test(arguments: [
    ("plain", "plain"), ("客服 🤖", "客服 🤖"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("a\nb", "\"a\nb\""), ("a\r\nb", "\"a\r\nb\""), ("a\rb", "\"a\rb\""), (" a", "\" a\""),
    ("a ", "\"a \""), ("", "\"\""), ("a b", "a b"), ("\"", "\"\"\"\""), ("-", "-"),
    ("=1+1", "=1+1"), ("+1", "+1"), ("@x", "@x"), ("-1", "-1"), ("=a,b", "\"=a,b\""),
  ])
  func `quotes a text only where it must, and changes none`(text: String, field: String) {
    #expect(Self.field(.text(text)) == field)
  }

  @Test(arguments: [
    (0, "0"), (3, "3"), (-42, "-42"), (0.1, "0.1"), (1234.56, "1234.56"),
    (0.1 + 0.2, "0.30000000000000004"),
    (9_007_199_254_740_991, "9007199254740991"), (1e15, "1000000000000000"), (0.0001, "0.0001"),
    (0.000_01, "0.00001"), (0.000_012_34, "0.00001234"), (-0.000_001, "-0.000001"),
    (1.000_000_000_000_1e-6, "0.0000010000000000001"), (1e-7, "1e-07"), (1e300, "1e+300"),
    (123_456_789.125, "123456789.125"), (1e14 + 0.5, "100000000000000.5"),
  ])
  func `has each digit of a number, and no exponent where people read it`(
    number: Double, field: String
  ) {
    #expect(Self.field(.number(number)) == field)
    #expect(Double(field) == number)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `reads back as the number that it was`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<5000 {
      let power = Double.random(in: -9...20, using: &random).rounded()
      let number = Double.random(in: -10...10, using: &random) * pow(10, power)
      let field = Self.field(.number(number))
      #expect(Double(field) == number)
      if (1e-6...1e15).contains(number.magnitude) { #expect(!field.contains("e")) }
    }
  }

  @Test(arguments: [
    (Table.Cell.none, ""), (.flag(true), "true"), (.flag(false), "false"), (.count(0), "0"),
    (.count(.min), "-9223372036854775808"), (.number(.nan), ""), (.number(.infinity), ""),
  ])
  func `has nothing for the unknown`(cell: Table.Cell, field: String) {
    #expect(Self.field(cell) == field)
  }

  @Test func `ends its lines with LF alone`() {
    var table = Table([.init("a", "A")])
    table.append([.text("x")])
    #expect(!"\(CSV(Records(table)))".utf8.contains(0x0D))
    #expect("\(CSV(Records(table)))".hasSuffix("x\n"))
  }
}
