import AlmanacCore
import Yams

/// A key that is given twice in one mapping. Yams tells its first place and makes no tree, so that
/// the path has to be found.
struct DuplicateKey {
  /// With file, line and the key's path.
  let error: AlmanacError

  /// - Parameter mark: where the key stands for the first time
  init(_ text: String, _ mark: Mark, file: String) {
    let unknown = AlmanacError(
      .configuration, "reading the configuration \(file):\(mark.line)",
      cause: "a key is given twice", hint: Self.hint)
    guard let tree = Self.tree(text, mark),
      let place = Self.place(in: YAMLField(node: tree, path: "", file: file))
    else {
      error = unknown
      return
    }
    error = Self.error(place, firstLine: mark.line)
  }

  static func error(_ second: YAMLField, firstLine: Int) -> AlmanacError {
    second.error("it is given twice, first in line \(firstLine)", hint: hint)
  }

  private static let hint = "remove one of the two; none is merged with the other"
  private static let stand = "almanac-given-twice-"

  /// What the text says once the first of the two has another name, as often as that is needed.
  private static func tree(_ text: String, _ mark: Mark) -> Node? {
    var text = text
    var mark = mark
    for attempt in 1...100 {
      guard let renamed = rename(text, mark, "\(stand)\(attempt)-") else { return nil }
      text = renamed
      do {
        return try Yams.compose(yaml: text)
      } catch YamlError.duplicatedKeysInMapping(_, let context) {
        mark = context.mark
      } catch {
        return nil
      }
    }
    return nil
  }

  private static func rename(_ text: String, _ mark: Mark, _ prefix: String) -> String? {
    // YAML's lines end as Swift's do, and its columns are counted in scalars.
    var scalars = text.unicodeScalars
    var place = scalars.startIndex
    for _ in 1..<max(1, mark.line) {
      guard let end = scalars[place...].firstIndex(of: "\n") else { return nil }
      place = scalars.index(after: end)
    }
    guard scalars.index(place, offsetBy: mark.column - 1, limitedBy: scalars.endIndex) != nil else {
      return nil
    }
    place = scalars.index(place, offsetBy: mark.column - 1)
    guard place < scalars.endIndex else { return nil }
    if scalars[place] == "\"" || scalars[place] == "'" { place = scalars.index(after: place) }
    scalars.insert(contentsOf: prefix.unicodeScalars, at: place)
    return String(scalars)
  }

  /// The second of two keys of which the first has the first stand-in before it.
  private static func place(in field: YAMLField) -> YAMLField? {
    let inner: (Node, String) -> YAMLField = { node, name in
      let shown = YAMLField.quotable(name)
      return YAMLField(
        node: node, path: field.path.isEmpty ? shown : "\(field.path).\(shown)", file: field.file)
    }
    for (key, value) in field.node.mapping ?? [:] {
      guard let name = key.string else { continue }
      if name.hasPrefix("\(stand)1-") {
        let own = plain(name)
        let both = field.node.mapping?.keys.filter { $0.string.map(plain) == own } ?? []
        return inner(both.count > 1 ? both[1] : key, own)
      }
      if let place = place(in: inner(value, name)) { return place }
    }
    return (try? field.list())?.lazy.compactMap(place).first
  }

  /// A key without its stand-in.
  private static func plain(_ key: String) -> String {
    guard key.hasPrefix(stand) else { return key }
    return String(key.dropFirst(stand.count).drop(while: \.isNumber).dropFirst())
  }
}
