import AlmanacCore
import AlmanacStore
import Foundation

/// The list of the files of an export, with what they hold.
package struct Manifest: Codable, Equatable {
  static let name = "manifest.json"

  package struct File: Codable, Equatable, Sendable {
    package let name: String
    package let view: String
    /// The year of the rows; `nil` where a view has one file.
    package let year: Int?
    package let rows: Int
    package let bytes: Int
    package let sha256: String
  }

  /// Whether every file has its name and is the one that is listed.
  package var isComplete = true
  package let format: String
  package let archive: String
  package let run: Int
  package let runID: String
  package let schema: Int
  package let isDemo: Bool
  package let almanac: String
  package var files: [File] = []

  private enum CodingKeys: String, CodingKey {
    case isComplete = "complete"
    case runID = "run_id"
    case isDemo = "demo"
    case format, archive, run, schema, almanac, files
  }

  init(_ mark: ArchiveMark, format: String, almanac: String) {
    self.format = format
    self.almanac = almanac
    archive = mark.archive
    run = mark.run
    runID = mark.runID
    schema = mark.schema
    isDemo = mark.isDemo
  }

  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }

  /// The manifest of a folder; `nil` if it has none. Throws an ``AlmanacError`` for one of somebody
  /// else.
  static func read(from folder: String, _ action: String) throws -> Manifest? {
    let path = "\(folder)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let bytes = FileManager.default.contents(atPath: path),
      let manifest = try? JSONDecoder().decode(Manifest.self, from: bytes)
    else {
      throw AlmanacError(
        .unusableArchive, action, cause: "its \(name) is none of almanac, or may not be read",
        hint: "name another folder; this one was left as it is")
    }
    return manifest
  }
}
