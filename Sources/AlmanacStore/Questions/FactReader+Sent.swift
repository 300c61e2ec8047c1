import AlmanacCore
import GRDB

extension FactReader {
  /// The figures that a server has sent at least once, as far as they have a column.
  package func figuresSent(by server: String) throws -> Set<Figure> {
    let names = Set(
      try String.fetchAll(
        db,
        sql: """
          SELECT figure FROM server_figure
          WHERE server = (SELECT id FROM server WHERE name = ?)
          """, arguments: [server]))
    var sent = Set(Figure.allCases.filter { names.contains($0.name) })
    // Where the chat series has no tokens, those of the user series are shown.
    if sent.contains(.userInputTokens) { sent.insert(.inputTokens) }
    if sent.contains(.userOutputTokens) { sent.insert(.outputTokens) }
    return sent
  }
}
