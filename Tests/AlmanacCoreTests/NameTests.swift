import AlmanacCore
import Testing

@Suite struct `A name` {
  /// Pairs that `String` takes for equal.
  static let pairs = [
    ("caf\u{E9}", "cafe\u{301}"), ("\u{212B}", "\u{C5}"), ("\u{C5}", "A\u{30A}"),
    ("\u{AC00}", "\u{1100}\u{1161}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("\u{212A}ey", "Key"),
  ]

  @Test(arguments: pairs)
  func `is another where its bytes are others`(_ left: String, _ right: String) {
    #expect(left == right)
    #expect(Name(left) != Name(right))
    #expect(Set([Name(left), Name(right), Name(left)]).count == 2)
    let counts = [Name(left): 1, Name(right): 2]
    #expect(counts[Name(left)] == 1 && counts[Name(right)] == 2)
    #expect(Source.named(Name(left)) != .named(Name(right)))
    #expect(Set([Subject.source(Name(left)), .source(Name(right))]).count == 2)
    #expect(Set([Subject.tag(Name(left)), .tag(Name(right))]).count == 2)
    let figures = [left, right].map { FurtherFigure(series: .chat, name: Name($0), value: 1) }
    #expect(Set(figures).count == 2)
  }

  @Test(arguments: pairs)
  func `has users of its own`(_ left: String, _ right: String) {
    let users = UsersBySource([Name(left), Name(right)], [1, 2])
    #expect(users[Name(left)] == 1)
    #expect(users[Name(right)] == 2)
    #expect(users == UsersBySource([Name(right), Name(left)], [2, 1]))
    #expect(users != UsersBySource([Name(left), Name(right)], [2, 1]))
    #expect(UsersBySource([Name(left)], [1]) != UsersBySource([Name(right)], [1]))
  }

  @Test func `stands where SQLite puts it`() {
    let names = Self.pairs.flatMap { [$0, $1] } + ["", "a", "ab", "B", "z", "é", "中", "\u{1F600}"]
    let byBytes = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    let sorted = names.map { Name($0) }.sorted()
    #expect(sorted.map { Array($0.text.utf8) } == byBytes.map { Array($0.utf8) })
    let sources = names.map { Source.named(Name($0)) }.sorted()
    #expect(sources.map { Array($0.description.utf8) } == byBytes.map { Array($0.utf8) })
  }

  @Test func `of an app is found by its bytes first`() throws {
    let ids = ["1", "2", "3"].map { AppID(String(repeating: $0, count: 24))! }
    let lookup = AppLookup(
      [(ids[0], "caf\u{E9}"), (ids[1], "cafe\u{301}"), (ids[2], "Caf\u{E9}")], in: "the archive")
    #expect(try lookup.id(of: "caf\u{E9}") == ids[0])
    #expect(try lookup.id(of: "cafe\u{301}") == ids[1])
    #expect(throws: AlmanacError.self) { try lookup.id(of: "CAF\u{C9}") }
  }
}
