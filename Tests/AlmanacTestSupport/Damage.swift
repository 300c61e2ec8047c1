import FastGPTSimulator
import Foundation

/// A way in which a file comes to harm. What it strikes is by a seed.
package enum Damage: String, CaseIterable, Sendable {
  /// Single bits anywhere.
  case bits
  /// Bytes of the file's head and of the schema.
  case head
  /// Bytes where a page says what is in it and where.
  case pageHeads
  /// A whole page.
  case zeroedPage, randomPage, swappedPages
  case cutOff

  package func strike(_ file: Data, seed: UInt64) -> Data {
    var random = SplitMix64(seed: seed)
    var bytes = [UInt8](file)
    let page = Int(bytes[16]) << 8 | Int(bytes[17])
    let pages = bytes.count / page
    // Every file has something in page 1.
    let number = Int.random(in: 1..<pages, using: &random)
    let place = number * page..<(number + 1) * page
    switch self {
    case .bits:
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      }
    case .head:
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<page, using: &random)] = .random(in: 0...255, using: &random)
      }
    case .pageHeads:
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[place.lowerBound + Int.random(in: 0..<40, using: &random)] =
          .random(in: 0...255, using: &random)
      }
    case .zeroedPage:
      for index in place { bytes[index] = 0 }
    case .randomPage:
      for index in place { bytes[index] = .random(in: 0...255, using: &random) }
    case .swappedPages:
      let other = Int.random(in: 0..<pages, using: &random) * page
      for offset in 0..<page { bytes.swapAt(place.lowerBound + offset, other + offset) }
    case .cutOff:
      bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
    }
    return Data(bytes)
  }
}
