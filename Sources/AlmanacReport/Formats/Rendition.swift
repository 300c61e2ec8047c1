// AlmanacReport turns answers into something to look at. Nobody else formats a result.
// Owns: a report for each answer (Answers/), and Charts/, Tables/, Formats/, Text/ to show it.
// Refuses: figures of its own, the archive, the clock. It shows what an answer holds.
// Start here, then read Answers/TrendReport.swift.

import AlmanacCore

/// An answer in every form that it can be printed in; the values are the same in each.
package struct Rendition {
  /// A table under its heading.
  package struct Section {
    package let heading: String
    package let table: Table

    package init(_ heading: String, _ table: Table) {
      self.heading = heading
      self.table = table
    }
  }

  /// The tables for people, as `table` and `markdown`.
  private let sections: () -> [Section]
  /// The rows for programs, as `csv` and `jsonl`.
  private let records: () -> Records
  private let json: () -> JSONValue
  private let remarks: () -> String
  private let chart: ((Terminal) -> String)?

  /// Takes an answer in each of its forms. A form is made only if it is printed.
  ///
  /// - Parameters:
  ///   - remarks: lines below the table of a terminal
  ///   - chart: draws the answer; `nil` if there is nothing to draw
  package init(
    _ sections: @escaping @autoclosure () -> [Section],
    records: @escaping @autoclosure () -> Records, json: @escaping @autoclosure () -> JSONValue,
    below remarks: @escaping @autoclosure () -> String = "",
    chart: ((Terminal) -> String)? = nil
  ) {
    self.sections = sections
    self.records = records
    self.json = json
    self.remarks = remarks
    self.chart = chart
  }

  /// Writes one form of the answer, ended by a newline. A form for people without rows is empty.
  ///
  /// Throws an ``AlmanacError`` with the code `usage` for the chart of an answer that has none.
  ///
  /// - Parameter isForSpreadsheets: whether CSV is written for a spreadsheet; see ``CSV``
  package func write(
    as format: OutputFormat, for terminal: Terminal, isForSpreadsheets: Bool = false,
    to stream: inout some TextOutputStream
  ) throws {
    switch format {
    case .table:
      stream.write(
        shown.map {
          $0.heading.wrapped(to: terminal.width) + "\n\n"
            + TerminalTable($0.table, for: terminal).render()
        }
        .joined(separator: "\n") + remarks())
    case .markdown:
      stream.write(
        shown.map {
          "**\(MarkdownTable.escaped($0.heading.oneLine))**\n\n" + MarkdownTable($0.table).render()
        }
        .joined(separator: "\n"))
    case .csv: CSV(records(), isForSpreadsheets: isForSpreadsheets).write(to: &stream)
    case .jsonl: JSONLines(records()).write(to: &stream)
    case .json: try json().write(to: &stream)
    case .chart: stream.write(try drawn(for: terminal))
    }
  }

  /// One form of the answer as a text.
  package func text(as format: OutputFormat, for terminal: Terminal) throws -> String {
    var text = ""
    try write(as: format, for: terminal, to: &text)
    return text
  }

  private var shown: [Section] { sections().filter { !$0.table.rows.isEmpty } }

  private func drawn(for terminal: Terminal) throws -> String {
    guard let chart else {
      throw AlmanacError(
        .usage, "drawing the answer", cause: "this answer has no chart",
        hint: "take --format table, csv, json, jsonl or markdown")
    }
    return shown.isEmpty ? "" : chart(terminal)
  }
}
