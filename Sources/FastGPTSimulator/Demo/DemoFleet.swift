import Foundation

/// Makes believable apps for the demo and for benchmarks, from a seed and a range of time.
package enum DemoFleet {
  /// Apps whose records lie between two instants, both inclusive.
  ///
  /// A day depends on `seed`, `from` and its date, never on `until`, so tomorrow's fleet has
  /// today's past. The first ten apps differ in kind: some grow, one has an incident 398 days in,
  /// one falls silent, one had a single conversation and one none at all. Further ones are
  /// variations.
  package static func apps(
    count: Int, seed: UInt64, from: Date, until: Date
  ) -> [SimulatedApp] {
    (0..<max(count, 0)).map { place in
      let character = DemoCharacter.character(at: place, seed: seed)
      var life = DemoLife(character, seed: seed, place: place, from: from.epochMilliseconds)
      return SimulatedApp(
        id: id(seed: seed, place: place), name: character.name,
        records: life.records(through: until.epochMilliseconds))
    }
  }

  private static func id(seed: UInt64, place: Int) -> String {
    var random = SplitMix64(seed: seed, place, -1)
    let digits = [random.next(), random.next()].map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return String(digits.joined().prefix(24))
  }
}
