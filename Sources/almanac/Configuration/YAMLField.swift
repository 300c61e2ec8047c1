import AlmanacCore
import AlmanacStore
import Foundation
import Yams

/// A value in the configuration file, with the place that an error names.
struct YAMLField {
  let node: Node
  /// The path of the key, such as `apps[2].id`; empty for the whole file.
  let path: String
  let file: String

  /// The file, the line and the path, such as `almanac.yaml:4: server.url`.
  var place: String { "\(file)\(line(of: node)): \(path)" }

  private func line(of node: Node) -> String { node.mark.map { ":\($0.line)" } ?? "" }

  /// An error that names the file, the line and the path.
  ///
  /// - Parameter cause: the cause in words. If the field's own text may be a key, it is left out of
  ///   them
  func error(_ cause: String, hint: String, at node: Node? = nil) -> AlmanacError {
    var cause = cause
    if let text = self.node.scalar?.string, Self.quotable(text) != text {
      cause = cause.replacing(text, with: Self.notShown)
    }
    return AlmanacError(
      .configuration, "reading the configuration \(file)\(line(of: node ?? self.node))",
      cause: (path.isEmpty ? "" : "\(path): ") + cause, hint: hint)
  }

  private static let notShown = "[not shown]"
  // Building an expression takes longer than reading an app. Nothing changes these two, though the
  // compiler does not know.
  nonisolated(unsafe) private static let keyStart = /(fastgpt|openapi|sk)-/.ignoresCase()
  nonisolated(unsafe) private static let key =
    /(fastgpt|openapi|sk)-[A-Za-z0-9]{12,}/.ignoresCase()

  /// The text as an error may quote it.
  ///
  /// A text that may be a misplaced key is not shown: one that looks like FastGPT's keys, is as
  /// long, or has more than one line.
  static func quotable(_ text: String) -> String {
    let isLong = text.split(whereSeparator: \.isWhitespace).contains { $0.count > 40 }
    let isKey = text.firstMatch(of: keyStart) != nil
    return isLong || isKey || text.contains(where: \.isNewline) ? notShown : text
  }

  /// The file that the field names. It is read when it is needed.
  func namedFile() throws -> Configuration.NamedFile {
    Configuration.NamedFile(path: try text(), action: error("", hint: "").action, key: path)
  }

  /// The fields of a mapping; a key that is not among the known ones is an error.
  func fields(_ known: [String]) throws -> [String: YAMLField] {
    guard let mapping = node.mapping else {
      throw error("it must be a mapping", hint: "write `key: value` lines below it")
    }
    try checkKeys(mapping)
    var fields: [String: YAMLField] = [:]
    for (key, value) in mapping {
      let name = key.string ?? "?"
      let shown = Self.quotable(name)
      let inner = path.isEmpty ? shown : "\(path).\(shown)"
      let field = YAMLField(node: value, path: inner, file: file)
      guard known.contains(name) else {
        let near =
          ["key", "apikey", "api_key", "token"].contains(name.lowercased())
          ? "a key never goes in here: put it into a file, and name the file in `api_key_file`; "
          : Suggestion.nearest(to: name, among: known).map { "did you mean `\($0)`? " }
        throw field.error(
          "unknown key",
          hint: (near ?? "") + "known here: \(known.joined(separator: ", "))", at: key)
      }
      fields[name] = field
    }
    return fields
  }

  /// The fields of a mapping whose keys are the user's own names, in the file's order.
  func namedFields() throws -> [(name: String, field: YAMLField)] {
    guard let mapping = node.mapping else {
      throw error("it must be a mapping by name", hint: "write `name:` with its keys below it")
    }
    try checkKeys(mapping)
    return mapping.map { key, value in
      let name = key.string ?? "?"
      return (name, YAMLField(node: value, path: "\(path).\(Self.quotable(name))", file: file))
    }
  }

  /// Keys that Yams tells apart, such as `1` and `"1"`, may be one name.
  private func checkKeys(_ mapping: Node.Mapping) throws {
    var lines: [String: Int] = [:]
    for key in mapping.keys {
      guard let name = key.string else { continue }
      if let line = lines.updateValue(key.mark?.line ?? 0, forKey: name) {
        throw DuplicateKey.error(
          for: YAMLField(node: key, path: path.isEmpty ? name : "\(path).\(name)", file: file),
          firstLine: line)
      }
    }
  }

  func list() throws -> [YAMLField] {
    guard let sequence = node.sequence else {
      throw error("it must be a list", hint: "write `- …` lines below it, or [a, b]")
    }
    return sequence.enumerated().map { index, node in
      YAMLField(node: node, path: "\(path)[\(index)]", file: file)
    }
  }

  func text() throws -> String {
    guard let text = node.scalar?.string, !text.isEmpty, node.null == nil else {
      throw error("it must be a text", hint: "give it a value, or remove the line")
    }
    return text
  }

  /// A text that can stand for an app, a tag or a server wherever a person names one.
  func name() throws -> String {
    let text = try text()
    try refuseKey(wanting: "a name")
    try checkName(text)
    return text
  }

  func checkName(_ name: String) throws {
    let unseen = CharacterSet.whitespacesAndNewlines.union(.controlCharacters)
    let seen = name.unicodeScalars.filter { !unseen.contains($0) }
    guard !seen.isEmpty else {
      throw error("the name has no visible character", hint: "give it letters or digits")
    }
    guard !["all", "other"].contains(name.trimmingCharacters(in: unseen).lowercased()) else {
      throw error(
        "the name \(name.trimmingCharacters(in: unseen)) means something else in answers",
        hint: "take a name that no answer uses: `all` is everything, `other` is the rest")
    }
  }

  /// The path of an archive. Errors do not quote it.
  func archivePath() throws -> String {
    let path = try text()
    if let fault = ArchivePath.fault(in: path) { throw error(fault.cause, hint: fault.hint) }
    try refuseKey(wanting: "the path of a file")
    return path
  }

  /// Refuses a key of FastGPT's form where a text is expected that messages quote.
  ///
  /// - Parameter wanted: the thing that should stand there, such as `a name`
  func refuseKey(wanting wanted: String) throws {
    guard node.scalar?.string.firstMatch(of: Self.key) != nil else { return }
    throw error(
      "this is a key, not \(wanted)", hint: "put it into the file that `api_key_file` names")
  }

  /// The path of a file. Errors do not quote it.
  func filePath() throws -> String {
    let path = try text()
    try refuseKey(wanting: "the path of a file")
    guard !path.hasSuffix("/") else {
      throw error("it names a folder", hint: "name a file, such as almanac.prom in that folder")
    }
    return path
  }

  func flag() throws -> Bool {
    guard let flag = node.bool else {
      throw error("\(try text()) is neither true nor false", hint: "write true or false")
    }
    return flag
  }

  func count(in range: ClosedRange<Int>) throws -> Int {
    guard let count = node.int, range.contains(count) else {
      throw error(
        "\(try text()) is not a whole number from \(range.lowerBound) to \(range.upperBound)",
        hint: "write a number in that range")
    }
    return count
  }

  func number(in range: ClosedRange<Double>) throws -> Double {
    guard let number = node.float, range.contains(number) else {
      throw error(
        "\(try text()) is not a number from \(range.lowerBound) to \(range.upperBound)",
        hint: "write a number in that range")
    }
    return number
  }

  func day() throws -> Day {
    guard let day = Day(try text()) else {
      throw error("\(try text()) is not a date", hint: "write it as YYYY-MM-DD")
    }
    return day
  }

  /// A length such as `15d` or `2w`, in whole days.
  func days() throws -> Int {
    let text = try text()
    guard let match = text.wholeMatch(of: /(\d{1,5})([dw])/), let count = Int(match.1) else {
      throw error("\(text) is not a number of days", hint: "write it as 15d or 2w")
    }
    return match.2 == "w" ? 7 * count : count
  }

  /// A length such as `30s` or `2m`.
  func duration() throws -> Duration {
    let text = try text()
    guard let match = text.wholeMatch(of: /(\d{1,6})(ms|s|m)/), let count = Int(match.1), count > 0
    else {
      throw error("\(text) is not a length of time", hint: "write it as 30s or 2m")
    }
    return match.2 == "ms" ? .milliseconds(count) : .seconds(match.2 == "m" ? 60 * count : count)
  }
}
