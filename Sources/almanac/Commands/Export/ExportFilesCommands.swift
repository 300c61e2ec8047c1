import AlmanacExport
import AlmanacStore
import ArgumentParser

/// `almanac export csv`
struct ExportCSVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "csv",
    abstract: "Write the public views as CSV, a file for each view and year.",
    discussion: """
      RFC 4180 in UTF-8, with a head; nothing between two commas is an unknown value. The file \
      manifest.json, written last, lists all files with rows, bytes and SHA-256, and the run that \
      they show; "complete": false in it tells that an export was broken off. Exporting again writes \
      the files that differ.

      EXAMPLES
        almanac export csv export/
        almanac export csv --excel for-excel/
      """)

  @OptionGroup var archive: ArchiveOptions

  @Flag(
    help: """
      For spreadsheets: a byte order mark comes first, and a text that would be taken for a formula \
      has an apostrophe before it.
      """)
  var excel = false

  @Argument(help: "The folder, made if there is none.")
  var folder: String

  func run() throws {
    try FileExport.run(of: archive, into: folder, as: .csv(isForSpreadsheets: excel))
  }
}

/// `almanac export jsonl`
struct ExportJSONLinesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jsonl",
    abstract: "Write the public views as JSON Lines, a file for each view and year.",
    discussion: """
      An object for each row, with null for an unknown value. The file manifest.json is as that of \
      `almanac export csv`.

      EXAMPLE
        almanac export jsonl export/
      """)

  @OptionGroup var archive: ArchiveOptions

  @Argument(help: "The folder, made if there is none.")
  var folder: String

  func run() throws { try FileExport.run(of: archive, into: folder, as: .jsonl) }
}

extension FileExport {
  fileprivate static func run(
    of archive: ArchiveOptions, into folder: String, as form: FileExport.Form
  ) throws {
    let moment = try archive.moment()
    let export = FileExport(of: moment, into: folder, as: form, version: Almanac.version)
    let (manifest, written) = try export.write()
    let rows = manifest.files.reduce(0) { $0 + $1.rows }
    try StandardOutput.write(
      "\(moment.words) is in \(folder): \(manifest.files.count) files, "
        + "\(rows) rows; \(written) of the files are new or differ\n")
  }
}
