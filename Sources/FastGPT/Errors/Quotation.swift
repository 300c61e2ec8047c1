/// Words of the server that may stand in a message for a person.
enum Quotation {
  /// One line without control, format and private characters, without the key, cut to `limit`.
  ///
  /// The key is looked for after the cleaning, which could join its halves, and before the cut,
  /// which could leave one.
  static func line(_ text: String, key: APIKey?, limit: Int = 120) -> String {
    // Nobody reads a megabyte to show 120 characters of it.
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
