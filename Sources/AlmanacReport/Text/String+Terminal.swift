extension String {
  /// The columns that a terminal gives the text: two for East Asian wide characters and emoji, none
  /// for marks that combine with the character before.
  package var terminalWidth: Int {
    isPlain ? utf8.count : reduce(0) { $0 + $1.terminalWidth }
  }

  /// Whether each byte is a character that is shown in one column.
  private var isPlain: Bool { utf8.allSatisfy { (0x20...0x7E).contains($0) } }

  /// The text without characters that move the cursor or do worse. A server's names may hold some.
  ///
  /// Controls and line separators become spaces. Bidirectional embeddings and overrides, which
  /// could show the rest of a line backwards, are dropped.
  package var oneLine: String {
    if isPlain { return self }
    var text = ""
    for character in self {
      guard let scalar = character.unicodeScalars.first else { continue }
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: text.append(" ")
      case .format where scalar.isBidirectionalControl: continue
      default: text.append(character)
      }
    }
    return text
  }

  func padded(to width: Int, right: Bool) -> String {
    let spaces = String(repeating: " ", count: Swift.max(0, width - terminalWidth))
    return right ? spaces + self : self + spaces
  }

  /// The part of the text that fits into a width, with the ellipsis for the rest.
  ///
  /// - Parameter atBeginning: whether the beginning is left out instead of the end
  func shortened(to width: Int, ellipsis: Character, atBeginning: Bool = false) -> String {
    guard terminalWidth > width else { return self }
    guard width > 0 else { return "" }
    if atBeginning {
      return String(String(reversed()).shortened(to: width, ellipsis: ellipsis).reversed())
    }
    var text = ""
    var room = width - 1
    for character in self {
      room -= character.terminalWidth
      guard room >= 0 else { break }
      text.append(character)
    }
    return text + String(ellipsis)
  }

  /// The text in lines no longer than a width, broken at spaces. A longer word has its own line.
  func wrapped(to width: Int?) -> String {
    guard let width else { return self }
    return split(separator: " ", omittingEmptySubsequences: false).reduce(into: "") { text, word in
      let line = text.split(separator: "\n").last.map(String.init) ?? ""
      let fits = line.terminalWidth + 1 + String(word).terminalWidth <= width
      text += (text.isEmpty ? "" : fits ? " " : "\n") + word
    }
  }

  func trimmingTrailingSpaces() -> String {
    let last = utf8.lastIndex { $0 != UInt8(ascii: " ") }
    return String(self[..<(last.map { utf8.index(after: $0) } ?? startIndex)])
  }
}

extension Character {
  /// The columns that a terminal gives the character, from 0 to a few.
  var terminalWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if first.isASCII && unicodeScalars.count == 1 { return 1 }
    let isEmoji =
      first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}")
    // A terminal adds up the scalars of a cluster, but shows a sequence of emoji as one.
    return isEmoji ? 2 : unicodeScalars.reduce(0) { $0 + $1.terminalWidth }
  }
}

extension Unicode.Scalar {
  fileprivate var terminalWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: 0
    // Terminals show the soft hyphen.
    case .format: value == 0xAD ? 1 : 0
    default: joinsSyllable ? 0 : isWide ? 2 : 1
    }
  }

  /// Whether it is a vowel or a final of a Korean syllable, drawn into the initial before it.
  private var joinsSyllable: Bool {
    (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value)
  }

  fileprivate var isBidirectionalControl: Bool {
    (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
  }

  /// The blocks of Unicode's East Asian Width property W and F that names are written in; emoji
  /// have a property of their own.
  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
      0x1F200...0x1F265, 0x20000...0x3FFFD:
      true
    default:
      false
    }
  }
}
