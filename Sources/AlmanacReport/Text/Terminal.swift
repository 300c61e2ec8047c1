/// The abilities of the place where an answer is shown.
package struct Terminal: Sendable, Hashable {
  /// The width in columns; `nil` for no limit, where it is not a terminal.
  package let width: Int?
  /// The richest characters that its font and its character set are known to have.
  package let glyphs: Glyphs
  /// Whether ANSI colours are understood and wanted.
  package let hasColor: Bool

  package init(width: Int?, glyphs: Glyphs, hasColor: Bool) {
    self.width = width
    self.glyphs = glyphs
    self.hasColor = hasColor
  }

  /// No limit of width, and every character.
  package static let none = Terminal(width: nil, glyphs: .braille, hasColor: false)

  /// Decides by the environment alone; the caller asks the system for `isTerminal` and `width`.
  ///
  /// The locale is the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty, as in POSIX. For
  /// colour the rule of no-color.org holds.
  package static func detect(
    environment: [String: String], isTerminal: Bool, width: Int?
  ) -> Terminal {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }
    // A locale may read zh_CN.UTF-8@pinyin.
    let charset = (locale?.lowercased() ?? "").split { $0 == "." || $0 == "@" }
    let glyphs: Glyphs =
      if !charset.contains("utf-8") && !charset.contains("utf8") {
        .ascii
      } else {
        switch environment["TERM"] {
        case "dumb": .ascii
        case "linux": .blocks
        default: .braille
        }
      }
    let refusesColor =
      !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    return Terminal(
      // A terminal that does not know its size says 0.
      width: isTerminal ? width.flatMap { $0 > 0 ? $0 : nil } : nil,
      glyphs: glyphs, hasColor: isTerminal && !refusesColor)
  }
}
