/// A sign with which a chart tells more about a bucket than its value.
enum ChartMark: CaseIterable, Hashable {
  case gap, missing, partial, open, range, note

  /// The place in the order of declaration, in which the least known comes first.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  func glyph(in glyphs: Glyphs) -> Character {
    let isASCII = glyphs == .ascii
    return switch self {
    case .gap: isASCII ? "x" : "×"
    case .missing: "!"
    case .partial: isASCII ? ">" : "≥"
    case .open: isASCII ? "o" : "○"
    case .range: isASCII ? "*" : "▒"
    case .note: isASCII ? "^" : "▲"
    }
  }

  /// The words of the legend.
  var meaning: String {
    switch self {
    case .gap: "gap, unknown"
    case .missing: "some of it missing"
    case .partial: "lower bound, part forgotten"
    case .open: "open, not ended"
    case .range: "least to most"
    case .note: "note"
    }
  }
}
