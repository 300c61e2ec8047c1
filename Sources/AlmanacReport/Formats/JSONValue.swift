import AlmanacCore

/// A value on its way to JSON; unknown is `null`.
package indirect enum JSONValue {
  case text(String)
  case count(Int)
  case number(Double)
  case flag(Bool)
  case none
  case list([JSONValue])
  /// A list with a number of values, each of which is made when it is written.
  case each(Int, (Int) -> JSONValue)
  case fields([String: JSONValue])

  package init(_ cell: Table.Cell) {
    switch cell {
    case .text(let text): self = .text(text)
    case .count(let count): self = .count(count)
    case .number(let number): self = .number(number)
    case .flag(let flag): self = .flag(flag)
    case .none: self = .none
    }
  }

  /// A list with an object for each row, whose keys are the names of the columns.
  package init(_ table: Table) {
    self = .list(
      table.rows.map { row in
        .fields(
          zip(table.columns, row).reduce(into: [:]) { $0[$1.0.name] = JSONValue($1.1) })
      })
  }

  /// Writes it indented, with its keys in alphabetical order and a newline at the end. Throws for a
  /// number that JSON does not have.
  package func write(to stream: inout some TextOutputStream) throws {
    var text = ""
    try write(into: &text, indent: "\n") { stream.write($0) }
    stream.write(text + "\n")
  }

  /// Writes into a text. A text that has become long is flushed and begun anew.
  ///
  /// - Parameter indent: the beginning of a line, with the newline before it
  private func write(
    into text: inout String, indent: String, flush: (String) -> Void
  ) throws {
    switch self {
    case .text(let value): text += value.quotedAsJSON
    case .count(let count): text += String(count)
    case .number(let number):
      guard number.isFinite else {
        throw EncodingError.invalidValue(
          number, EncodingError.Context(codingPath: [], debugDescription: "it is not finite"))
      }
      text += number.plain
    case .flag(let flag): text += flag ? "true" : "false"
    case .none: text += "null"
    case .list(let values):
      try Self.write(values.count, "[", "]", into: &text, indent) { place, text, indent in
        try values[place].write(into: &text, indent: indent, flush: flush)
      }
    case .each(let count, let value):
      try Self.write(count, "[", "]", into: &text, indent) { place, text, indent in
        try value(place).write(into: &text, indent: indent, flush: flush)
        if text.utf8.count > 65_536 {
          flush(text)
          text = ""
        }
      }
    case .fields(let fields):
      let names = fields.keys.sorted()
      try Self.write(names.count, "{", "}", into: &text, indent) { place, text, indent in
        text += names[place].quotedAsJSON + ": "
        try fields[names[place]]?.write(into: &text, indent: indent, flush: flush)
      }
    }
  }

  private static func write(
    _ count: Int, _ open: String, _ close: String, into text: inout String, _ indent: String,
    _ write: (Int, inout String, String) throws -> Void
  ) rethrows {
    text += open
    for place in 0..<count {
      text += (place == 0 ? "" : ",") + indent + "  "
      try write(place, &text, indent + "  ")
    }
    text += (count == 0 ? "" : indent) + close
  }
}
