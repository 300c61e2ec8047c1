/// Makes a server's words safe to quote in a message.
enum Quotation {
  /// The text as one line, without control, format and private characters and without the key, cut
  /// to `limit` characters.
  ///
  /// The key is redacted after the cleaning, since cleaning could join two halves of it. It is
  /// redacted before the cut, since a cut could leave half of it.
  static func line(_ text: String, key: APIKey?, limit: Int = 120) -> String {
    // The rest of a long text is never shown, so it is not cleaned.
    let scalars = text.unicodeScalars.lazy.filter(isVisible).prefix(8192)
    let words = String(String.UnicodeScalarView(scalars)).split(separator: " ")
    let clean = words.joined(separator: " ")
    let redacted = key?.redacting(clean) ?? clean
    return redacted.count <= limit ? redacted : redacted.prefix(limit - 1) + "…"
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: false
    case .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
