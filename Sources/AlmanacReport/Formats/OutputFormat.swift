/// The forms of an answer. The raw values are the words of `--format`.
package enum OutputFormat: String, CaseIterable, Sendable {
  case table, chart, csv, json, jsonl, markdown
}
