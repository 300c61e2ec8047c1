/// Distinct users by source, in one bucket.
///
/// The buckets of an answer tell mostly of the same sources in the same order, and share the list
/// of their names.
package struct UsersBySource: Sendable {
  /// Each once.
  package let sources: [Name]
  /// In the order of the sources.
  package let counts: [Int]

  /// - Parameter counts: as many as there are sources
  package init(_ sources: [Name], _ counts: [Int]) {
    self.sources = sources
    self.counts = counts
  }

  /// `nil` for a source that is not told of.
  package subscript(_ source: Name) -> Int? {
    sources.firstIndex(of: source).map { counts[$0] }
  }

  /// Only the sources that had users.
  package var active: UsersBySource {
    let told = zip(sources, counts).filter { $1 > 0 }
    return UsersBySource(told.map(\.0), told.map(\.1))
  }
}

extension UsersBySource: Equatable {
  /// Whether both tell the same of the same sources, in whatever order.
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
