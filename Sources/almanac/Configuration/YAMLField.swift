import AlmanacCore
import Yams

/// A value in the configuration file, with the place that an error names.
struct YAMLField {
  let node: Node
  /// As in `apps[2].id`; empty for the whole file.
  let path: String
  let file: String

  func error(_ cause: String, hint: String, at node: Node? = nil) -> AlmanacError {
    let line = (node ?? self.node).mark.map { ":\($0.line)" } ?? ""
    let place = path.isEmpty ? "" : "\(path): "
    return AlmanacError(
      .configuration, "reading the configuration \(file)\(line)", cause: place + cause, hint: hint)
  }

  /// The fields of a mapping; a key that is not among the known ones is an error.
  func fields(_ known: [String]) throws -> [String: YAMLField] {
    guard let mapping = node.mapping else {
      throw error("it must be a mapping", hint: "write `key: value` lines below it")
    }
    var fields: [String: YAMLField] = [:]
    for (key, value) in mapping {
      let name = key.string ?? "?"
      let inner = path.isEmpty ? name : "\(path).\(name)"
      let field = YAMLField(node: value, path: inner, file: file)
      guard known.contains(name) else {
        let near = Suggestion.nearest(to: name, among: known).map { "did you mean `\($0)`? " }
        throw field.error(
          "unknown key",
          hint: (near ?? "") + "known here: \(known.joined(separator: ", "))", at: key)
      }
      fields[name] = field
    }
    return fields
  }

  /// The fields of a mapping whose keys are names of the user's own, in the file's order.
  func namedFields() throws -> [(name: String, field: YAMLField)] {
    guard let mapping = node.mapping else {
      throw error("it must be a mapping by name", hint: "write `name:` with its keys below it")
    }
    return mapping.map { key, value in
      let name = key.string ?? "?"
      return (name, YAMLField(node: value, path: "\(path).\(name)", file: file))
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

  func flag() throws -> Bool {
    guard let flag = node.bool else {
      throw error("\(try text()) is neither true nor false", hint: "write true or false")
    }
    return flag
  }

  func count(_ range: ClosedRange<Int>) throws -> Int {
    guard let count = node.int, range.contains(count) else {
      throw error(
        "\(try text()) is not a whole number from \(range.lowerBound) to \(range.upperBound)",
        hint: "write a number in that range")
    }
    return count
  }

  func number(_ range: ClosedRange<Double>) throws -> Double {
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
