/// The characters that an answer may be drawn with, richest first.
package enum Glyphs: String, Sendable, CaseIterable {
  /// Unicode with braille patterns.
  case braille
  /// Unicode without braille, which the Linux console has no font for.
  case blocks
  case ascii

  /// The sign where a text was cut, one column wide.
  var ellipsis: Character { self == .ascii ? "~" : "…" }
}
