import AlmanacCore

/// A table in GitHub's Markdown, with the same texts as in a terminal.
package struct MarkdownTable {
  private let columns: [ShownColumn]

  package init(_ table: Table) {
    columns = ShownColumn.columns(of: table)
  }

  /// Lines with a heading, each ended by a newline; numbers are aligned at the right.
  package func render() -> String {
    let line = { (texts: [String]) in "| " + texts.joined(separator: " | ") + " |\n" }
    let rows = columns.first?.texts.indices ?? 0..<0
    return line(columns.map { Self.escaped($0.heading) })
      + line(columns.map { $0.isRight ? "---:" : "---" })
      + rows.map { row in line(columns.map { Self.escaped($0.texts[row]) }) }.joined()
  }

  /// The text as Markdown shows it unchanged: no bar ends its cell, and nothing in it becomes
  /// emphasis, a link or HTML.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if "\\|`*_<[&~".unicodeScalars.contains(scalar) { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    }
    return escaped
  }
}
