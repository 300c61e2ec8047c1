import FastGPTSimulator
import Foundation

/// The seeds of a fuzz test, one for each document.
///
/// Every run uses the same seeds. `ALMANAC_FUZZ=1000000` uses that many random ones, and
/// `ALMANAC_FUZZ=1@SEED` repeats the document of a failure.
struct FuzzSeeds: Sequence {
  private let first: UInt64
  let count: Int

  init(_ usual: Int) {
    let wish = ProcessInfo.processInfo.environment["ALMANAC_FUZZ"]?.split(separator: "@") ?? []
    count = wish.first.flatMap { Int($0) } ?? usual
    first =
      wish.isEmpty ? 0 : wish.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
  }

  /// Whether there are enough documents to expect some of every kind.
  var isMany: Bool { count >= 500 }

  func makeIterator() -> some IteratorProtocol<UInt64> {
    (0..<count).lazy.map { [first] in first &+ UInt64($0) }.makeIterator()
  }
}

extension SplitMix64 {
  /// True once in `times` draws on average.
  mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &self)]
  }
}
