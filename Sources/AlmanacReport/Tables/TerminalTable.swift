import AlmanacCore

/// A table for a terminal: columns padded, numbers to the right.
///
/// A table that is too wide has its longest texts cut. A text keeps at least 8 columns; in the
/// first column it keeps a quarter of the terminal. If cutting is not enough, the columns stand in
/// several blocks, one below the other, each led by the first column. Numbers and dates are never
/// cut, so a line of them may still be too wide.
package struct TerminalTable {
  private static let gap = "  "
  private static let leastWidth = 8

  private let columns: [ShownColumn]
  private let width: Int?
  private let ellipsis: Character

  /// Fits the table into the terminal.
  package init(_ table: Table, for terminal: Terminal = .none) {
    columns = ShownColumn.columns(of: table)
    width = terminal.width
    ellipsis = terminal.glyphs.ellipsis
  }

  /// Lines with a heading, each ended by a newline; an empty line between blocks.
  package func render() -> String {
    let all = Array(columns.indices)
    if let widths = widths(of: all) { return block(of: all, widths: widths) }
    return blocks().map { block(of: $0, widths: widths(of: $0) ?? leastWidths(of: $0)) }
      .joined(separator: "\n")
  }

  private func block(of indices: [Int], widths: [Int]) -> String {
    var text = ""
    func add(_ cells: some Sequence<String>) {
      var line = ""
      for (place, cell) in cells.enumerated() {
        let column = columns[indices[place]]
        let shown =
          column.canBeCut
          ? cell.shortened(
            to: widths[place], ellipsis: ellipsis, atBeginning: column.isCutAtBeginning) : cell
        if place > 0 { line += Self.gap }
        line += shown.padded(to: widths[place], right: column.isRight)
      }
      text += line.trimmingTrailingSpaces() + "\n"
    }
    add(indices.lazy.map { columns[$0].heading })
    add(widths.lazy.map { String(repeating: "-", count: $0) })
    for row in columns.first?.texts.indices ?? 0..<0 {
      add(indices.lazy.map { columns[$0].texts[row] })
    }
    return text
  }

  /// The widths at which these columns fit side by side; `nil` if they do not fit.
  private func widths(of indices: [Int]) -> [Int]? {
    var widths = indices.map { columns[$0].width }
    guard let limit = width else { return widths }
    var excess = total(widths) - limit
    let least = leastWidths(of: indices)
    while excess > 0 {
      let candidates = widths.indices.filter { widths[$0] > least[$0] }
      guard let longest = candidates.max(by: { widths[$0] < widths[$1] }) else { return nil }
      // The longest is cut down to the next longest; then the two take turns.
      let next = candidates.filter { $0 != longest }.map { widths[$0] }.max() ?? 0
      let floor = max(least[longest], min(next, widths[longest] - 1))
      let cut = min(excess, widths[longest] - floor)
      widths[longest] -= cut
      excess -= cut
    }
    return widths
  }

  /// The columns in blocks that fit. A block is as full as it can be while only texts of the first
  /// column are cut.
  private func blocks() -> [[Int]] {
    guard let limit = width, let first = columns.indices.first else { return [] }
    let leading = columns[first].canBeCut ? min(columns[first].width, limit / 3) : 0
    let reserved = max(leading, leastWidths(of: [first])[0])
    var blocks: [[Int]] = []
    var room = 0
    for column in columns.indices.dropFirst() {
      let wanted = Self.gap.count + columns[column].width
      if blocks.isEmpty || wanted > room {
        blocks.append([first])
        room = limit - reserved
      }
      blocks[blocks.count - 1].append(column)
      room -= wanted
    }
    return blocks.isEmpty ? [[first]] : blocks
  }

  /// The widths below which no text is cut.
  private func leastWidths(of indices: [Int]) -> [Int] {
    indices.map { index in
      let column = columns[index]
      let leading = index == columns.startIndex ? (width ?? 0) / 4 : 0
      return column.canBeCut ? min(column.width, max(Self.leastWidth, leading)) : column.width
    }
  }

  private func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + Self.gap.count * max(0, widths.count - 1)
  }
}
