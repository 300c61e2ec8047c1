/// A name from outside: of a source, a further figure, a tag.
///
/// Names are compared, hashed and ordered by their UTF-8 bytes, as the server, JSON and SQLite do
/// it. `String` takes a composed `é` and a decomposed one for equal, and would make one name of
/// two.
package struct Name: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  package init(_ text: String) {
    self.text = text
  }

  package var description: String { text }

  package static func == (left: Name, right: Name) -> Bool {
    left.text.utf8.count == right.text.utf8.count
      && left.text.utf8.elementsEqual(right.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // No name has this byte. It keeps `ab` and `c` from hashing like `a` and `bc`.
    hasher.combine(0xFF as UInt8)
  }

  package static func < (left: Name, right: Name) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

extension Name: ExpressibleByStringLiteral {
  package init(stringLiteral text: String) { self.init(text) }
}
