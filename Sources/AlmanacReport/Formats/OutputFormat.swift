/// The ways to have an answer; the raw values are those of `--format`.
package enum OutputFormat: String, CaseIterable, Sendable {
  case table, chart, csv, json, jsonl, markdown
}
