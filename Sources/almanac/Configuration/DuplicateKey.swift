import AlmanacCore
import Yams

/// A key that is given twice in one mapping.
///
/// Yams tells only its first place and makes no tree, so the path has to be found here.
struct DuplicateKey {
  /// The error with file, line and the key's path.
  let error: AlmanacError

  /// - Parameter mark: the first place of the key
  init(in text: String, at mark: Mark, file: String) {
    let unknown = AlmanacError(
      .configuration, "reading the configuration \(file):\(mark.line)",
      cause: "a key is given twice", hint: Self.hint)
    guard let tree = Self.tree(of: text, renaming: mark),
      let place = Self.place(in: YAMLField(node: tree, path: "", file: file))
    else {
      error = unknown
      return
    }
    error = Self.error(for: place, firstLine: mark.line)
  }

  static func error(for second: YAMLField, firstLine: Int) -> AlmanacError {
    second.error("it is given twice, first in line \(firstLine)", hint: hint)
  }

  private static let hint = "remove one of the two; none is merged with the other"
  private static let standIn = "almanac-given-twice-"

  /// The tree of the text after the first of two equal keys got another name.
  ///
  /// The text may hold more equal keys, which then get other names too.
  private static func tree(of text: String, renaming mark: Mark) -> Node? {
    var text = text
    var mark = mark
    for attempt in 1...100 {
      guard let renamed = renamed(text, at: mark, with: "\(standIn)\(attempt)-") else { return nil }
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

  private static func renamed(_ text: String, at mark: Mark, with prefix: String) -> String? {
    // Lines of YAML end as Swift's do. Its columns count scalars.
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

  /// The second of the two keys. The other one begins with the first stand-in.
  private static func place(in field: YAMLField) -> YAMLField? {
    let inner: (Node, String) -> YAMLField = { node, name in
      let shown = YAMLField.quotable(name)
      return YAMLField(
        node: node, path: field.path.isEmpty ? shown : "\(field.path).\(shown)", file: field.file)
    }
    for (key, value) in field.node.mapping ?? [:] {
      guard let name = key.string else { continue }
      if name.hasPrefix("\(standIn)1-") {
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
    guard key.hasPrefix(standIn) else { return key }
    return String(key.dropFirst(standIn.count).drop(while: \.isNumber).dropFirst())
  }
}
