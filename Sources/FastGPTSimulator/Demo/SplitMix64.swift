import Foundation

/// A small seeded source of numbers, the same on every platform and in every release of Swift.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A stream of its own for each place in a tree of things, such as an app and a day: what one
  /// place draws does not shift the others.
  init(seed: UInt64, _ path: Int...) {
    state = seed
    for step in path {
      state = next() ^ UInt64(bitPattern: Int64(step))
    }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number of at least 0 and below 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number between two others, evenly distributed.
  mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

  /// True in `probability` of all draws.
  mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  /// An index, chosen in proportion to the weights.
  mutating func pick(_ weights: [Double]) -> Int {
    var rest = unit() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return weights.count - 1
  }

  /// A Poisson-distributed count with the given mean (Knuth's method).
  mutating func count(mean: Double) -> Int {
    let floor = exp(-mean)
    var product = unit()
    var count = 0
    while product > floor {
      product *= unit()
      count += 1
    }
    return count
  }
}
