import Foundation

/// The seeds of a test that strikes at random, one for each case.
///
/// Every run uses the same seeds. A variable of the environment makes them others:
/// `ALMANAC_FUZZ=1000000` so many random ones, `ALMANAC_FUZZ=1@SEED` the one that a failure names.
package struct RandomSeeds: Sequence {
  private let first: UInt64
  package let count: Int

  package init(_ variable: String, usual: Int) {
    let wish = ProcessInfo.processInfo.environment[variable]?.split(separator: "@") ?? []
    count = wish.first.flatMap { Int($0) } ?? usual
    first =
      wish.isEmpty ? 0 : wish.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 0...1 << 60)
  }

  /// Whether there are enough cases to expect some of every kind.
  package var isMany: Bool { count >= 500 }

  package func makeIterator() -> some IteratorProtocol<UInt64> {
    (0..<count).lazy.map { [first] in first &+ UInt64($0) }.makeIterator()
  }
}
