import AlmanacCore
import Foundation

// AlmanacReport owns how an answer looks. It refuses to know where the answer came from, and
// nobody else formats one.

/// A table for a terminal: columns padded, numbers to the right.
package struct TerminalTable {
  private let table: Table

  package init(_ table: Table) {
    self.table = table
  }

  /// Lines with a heading, each ended by a newline.
  package func render() -> String {
    let cells = table.rows.map { row in row.map(Self.text) }
    let headings = table.columns.map(\.heading)
    let widths = headings.indices.map { column in
      ([headings[column]] + cells.map { $0[column] }).map(\.terminalWidth).max() ?? 0
    }
    let isNumeric = headings.indices.map { column in
      table.rows.contains { row in
        switch row[column] {
        case .count, .number: true
        default: false
        }
      }
    }
    let line = { (texts: [String]) -> String in
      texts.indices.map { column in
        texts[column].padded(to: widths[column], right: isNumeric[column])
      }.joined(separator: "  ").trimmingTrailingSpaces() + "\n"
    }
    return line(headings) + line(widths.map { String(repeating: "-", count: $0) })
      + cells.map(line).joined()
  }

  private static func text(_ cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): text.oneLine
    case .count(let count): count.grouped
    case .number(let number): String(format: "%.2f", number)
    case .flag(let flag): flag ? "yes" : "no"
    case .none: "-"
    }
  }
}

extension Int {
  /// With a comma at each third digit.
  package var grouped: String {
    var digits = String(magnitude)
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
      index -= 3
    }
    return (self < 0 ? "-" : "") + digits
  }
}

extension String {
  /// Columns that a terminal gives the text: two for East Asian wide characters and emoji.
  package var terminalWidth: Int {
    reduce(0) { width, character in
      guard let scalar = character.unicodeScalars.first else { return width }
      let isEmoji =
        scalar.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}")
      return width + (isEmoji || scalar.isWide ? 2 : 1)
    }
  }

  func padded(to width: Int, right: Bool) -> String {
    let spaces = String(repeating: " ", count: Swift.max(0, width - terminalWidth))
    return right ? spaces + self : self + spaces
  }

  /// Control characters would move the cursor, or worse; a name from a server may hold some.
  package var oneLine: String {
    String(
      map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
  }

  func trimmingTrailingSpaces() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension Unicode.Scalar {
  /// The blocks of Unicode's East Asian Width property W and F that names are written in; emoji
  /// have a property of their own.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default:
      false
    }
  }
}
