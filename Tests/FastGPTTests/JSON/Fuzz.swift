import FastGPTSimulator
import Foundation

/// How many documents a fuzz test makes, each from a seed of its own.
///
/// Every check makes the same ones. `ALMANAC_FUZZ=1000000` makes so many others, and
/// `ALMANAC_FUZZ=1@SEED` the one again whose seed a failure has told.
struct Fuzz: Sequence {
  private let first: UInt64
  let count: Int

  init(_ usual: Int) {
    let wish = ProcessInfo.processInfo.environment["ALMANAC_FUZZ"]?.split(separator: "@") ?? []
    count = wish.first.flatMap { Int($0) } ?? usual
    first =
      wish.isEmpty ? 0 : wish.dropFirst().first.flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
  }

  /// Whether there are enough of them to expect some of every kind.
  var isMany: Bool { count >= 500 }

  func makeIterator() -> some IteratorProtocol<UInt64> {
    (0..<count).lazy.map { [first] in first &+ UInt64($0) }.makeIterator()
  }
}

extension SplitMix64 {
  /// Whether something happens that happens once in so many times.
  mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &self)]
  }
}
