extension String {
  /// The text as a field of CSV (RFC 4180); an empty one is `""`, since nothing at all is an unknown
  /// value.
  package var csvField: String {
    // Bytes are compared: to Swift, CR LF is one character that equals neither CR nor LF.
    let needsQuotes =
      isEmpty || hasPrefix(" ") || hasSuffix(" ")
      || utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    return needsQuotes ? "\"" + replacing("\"", with: "\"\"") + "\"" : self
  }

  /// The text with an apostrophe before it if a spreadsheet would take it for a formula.
  package var defused: String {
    guard let first = unicodeScalars.first, "=+-@\t\r＝＋－＠".unicodeScalars.contains(first)
    else { return self }
    return "'" + self
  }

  /// The mark by which a spreadsheet knows a file for UTF-8.
  package static let byteOrderMark = "\u{FEFF}"
}
