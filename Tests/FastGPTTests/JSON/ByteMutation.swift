import FastGPTSimulator

/// Damages the bytes of a document, as a network or an attacker might.
enum ByteMutation {
  /// Changes one place; `other` is a second document from which a part may come.
  static func mutate(_ bytes: inout [UInt8], with other: [UInt8], _ random: inout SplitMix64) {
    guard !bytes.isEmpty else {
      bytes = other
      return
    }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(place + Int.random(in: 1...40, using: &random), bytes.count)
    switch Int.random(in: 0..<13, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
    case 2: bytes[place] = random.pick(characters)
    case 3: bytes.insert(random.pick(characters), at: place)
    case 4: bytes.remove(at: place)
    case 5: bytes.removeSubrange(place..<end)
    case 6: bytes.insert(contentsOf: Array(bytes[place..<end]), at: end)
    case 7: bytes.removeLast(bytes.count - place)
    case 8:
      guard let cut = other.indices.randomElement(using: &random) else { return }
      bytes.replaceSubrange(place..., with: other[cut...])
    case 9: swapTokens(&bytes, &random)
    case 10: bytes.insert(contentsOf: random.pick(fragments), at: place)
    case 11: bytes.insert(contentsOf: random.pick(fragments), at: random.once(in: 2) ? 0 : place)
    default: bytes.replaceSubrange(token(in: bytes, at: place), with: random.pick(values))
    }
  }

  private static let characters = Array(#"{}[]:,"\0123456789.eE+-tfnu/ "#.utf8)

  /// Byte sequences that are wrong everywhere, or everywhere but in a string.
  private static let fragments: [[UInt8]] =
    [
      [0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE, 0, 0], [0], [0x1F], [0x7F], [0x0B], [0x0A],
      // Bytes that are not UTF-8: a lone continuation, overlong forms, a surrogate, beyond
      // U+10FFFF, cut off.
      [0x80], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
      // UTF-8 at its borders.
      [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEF, 0xBF, 0xBF],
      [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    ]
    + [
      #"\ud83d"#, #"\ude00"#, #"\ud83d\ude00"#, #"\uDBFF\uDFFF"#, #"\ud83d\n"#, #"\ud83d\ud83d"#,
      #"\u0000"#, #"\uFEFF"#, #"\u00e9"#, #"\u12"#, #"\u12g4"#, #"\x41"#, #"\\"#, #"\/"#, "\\",
      "\u{301}", "\u{2028}", "//", "/**/", ",,", "],", "},", ",]", ",}", "\"\"",
    ].map { Array($0.utf8) }

  /// Values, and texts that are nearly values.
  private static let values: [[UInt8]] =
    ([
      "null", "true", "false", "nul", "True", "NaN", "Infinity", "-Infinity", "01", "-01", "+1",
      "-", "1.", ".5", "1e", "1e+", "0x10", "-0", "-0.0", "0e999999999999", "1e400", "-1e400",
      "1e-400", "1e999999999999999999999", "5e-324", "1.7976931348623157e308", "1.8e308", "1e22",
      "1e23", "9007199254740992", "9007199254740993", "9223372036854775807",
      "9223372036854775808", "18446744073709551615", "18446744073709551616",
      "999999999999999999", "1000000000000000000", "0.1", "2.5", "12.0", "1e2", "-7",
      "0." + String(repeating: "0", count: 320) + "1", "1" + String(repeating: "0", count: 320),
      String(repeating: "9", count: 310) + "e-300", "1749513600", "1749513600000", "{}", "[]",
      "\"\"", "\"12\"", "\"\u{FEFF}x\"", "'a'", #"{"a":1,"a":2}"#, #"{"a":1,}"#, "[1,]", "[,]",
      #"{"api":1,"share":2,"":3,"all":4}"#, #""timestamp":1758585600000,"summary""#,
    ]
    + [100, 120, 126, 127, 128, 129, 300, 600].flatMap { depth in
      [
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth),
        String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth),
      ]
    }).map { Array($0.utf8) }

  private static let borders = Set(Array("{}[]:, \n".utf8))

  /// The range between two borders around `place`.
  private static func token(in bytes: [UInt8], at place: Int) -> Range<Int> {
    var start = place
    while start > 0, !borders.contains(bytes[start - 1]) { start -= 1 }
    var end = max(start + 1, place)
    while end < bytes.count, !borders.contains(bytes[end]) { end += 1 }
    return start..<end
  }

  private static func swapTokens(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let places = [0, 1].map { _ in Int.random(in: 0..<bytes.count, using: &random) }.sorted()
    let (first, second) = (token(in: bytes, at: places[0]), token(in: bytes, at: places[1]))
    guard first.upperBound <= second.lowerBound else { return }
    let (left, right) = (Array(bytes[first]), Array(bytes[second]))
    bytes.replaceSubrange(second, with: left)
    bytes.replaceSubrange(first, with: right)
  }
}
