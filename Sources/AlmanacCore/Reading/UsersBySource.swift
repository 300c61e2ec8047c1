/// Distinct users by source, in one bucket.
///
/// Most buckets of an answer have the same sources in the same order, so they share one list of
/// names.
package struct UsersBySource: Sendable {
  /// The sources, each once.
  package let sources: [Name]
  /// The users of each source, in the same order.
  package let counts: [Int]

  /// - Parameter counts: as many as there are sources
  package init(_ sources: [Name], _ counts: [Int]) {
    self.sources = sources
    self.counts = counts
  }

  /// The users of a source; `nil` where the source is not among them.
  package subscript(_ source: Name) -> Int? {
    sources.firstIndex(of: source).map { counts[$0] }
  }

  /// The sources that had users, alone.
  package var active: UsersBySource {
    let told = zip(sources, counts).filter { $1 > 0 }
    return UsersBySource(told.map(\.0), told.map(\.1))
  }
}

extension UsersBySource: Equatable {
  /// Whether both have the same users of the same sources, in whatever order.
  package static func == (left: UsersBySource, right: UsersBySource) -> Bool {
    if left.sources == right.sources { return left.counts == right.counts }
    return left.sources.count == right.sources.count
      && Dictionary(zip(left.sources, left.counts)) { $1 }
        == Dictionary(zip(right.sources, right.counts)) { $1 }
  }
}

extension UsersBySource: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (Name, Int)...) {
    self.init(elements.map(\.0), elements.map(\.1))
  }
}
