import AlmanacCore
import Foundation

/// A value on its way to JSON; unknown is `null`.
package indirect enum JSONValue: Sendable, Encodable {
  case text(String)
  case count(Int)
  case number(Double)
  case flag(Bool)
  case none
  case list([JSONValue])
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

  /// Each row as an object by column name.
  package init(_ table: Table) {
    self = .list(
      table.rows.map { row in
        .fields(
          zip(table.columns, row).reduce(into: [:]) { $0[$1.0.name] = JSONValue($1.1) })
      })
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .count(let count): try container.encode(count)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    case .none: try container.encodeNil()
    case .list(let values): try container.encode(values)
    case .fields(let fields): try container.encode(fields)
    }
  }

  /// Indented, keys in alphabetical order, ended by a newline.
  package func render() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}
