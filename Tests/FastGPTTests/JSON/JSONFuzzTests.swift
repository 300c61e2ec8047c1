import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@testable import FastGPT

/// Compares the reader with Foundation's.
@Suite struct `The reader of JSON` {
  @Test func `takes a number for the nearest there is`() throws {
    for seed in RandomSeeds("ALMANAC_FUZZ", usual: 4000) {
      var random = SplitMix64(seed: seed)
      let text = JSONNode.number(&random)
      _ = try JSONNode(reading: Array(text.utf8))
    }
  }

  /// The order of members and repeated members count too.
  @Test func `finds a tree as it was written`() throws {
    for seed in RandomSeeds("ALMANAC_FUZZ", usual: 2000) {
      var random = SplitMix64(seed: seed)
      let tree = JSONNode.random(&random)
      let text = tree.text(&random)
      let read = try? JSONNode(reading: Array(text.utf8))
      guard let read, read == tree else {
        Issue.record("ALMANAC_FUZZ=1@\(seed): \(text.debugDescription)\nread \(read as Any)")
        return
      }
    }
  }

  /// The bytes are answers, damaged answers, and JSON or nearly JSON of any shape.
  @Test func `takes for valid what Foundation does, and finds the same in it`() {
    var read = 0
    var refused = 0
    var differences: Set<FoundationSafeJSON.Difference> = []
    let seeds = RandomSeeds("ALMANAC_FUZZ", usual: 5000)
    for seed in seeds {
      var random = SplitMix64(seed: seed)
      let bytes = ByteMutation.document(&random)
      let plain = FoundationSafeJSON(bytes)
      differences.formUnion(plain.differences)
      if let complaint = Self.complaint(bytes, plain, &read, &refused) {
        let text = String(decoding: bytes, as: UTF8.self).debugDescription
        Issue.record("ALMANAC_FUZZ=1@\(seed): \(complaint)\n\(text)")
        return
      }
    }
    // The test proves something only if it met enough of each.
    guard seeds.isMany else { return }
    #expect(min(read, refused) > seeds.count / 5, "\(read) read, \(refused) refused")
    #expect(differences == Set(FoundationSafeJSON.Difference.allCases))
  }

  /// The difference between both readings of a text, if there is one.
  private static func complaint(
    _ bytes: [UInt8], _ plain: FoundationSafeJSON, _ read: inout Int, _ refused: inout Int
  ) -> String? {
    let node: JSONNode?
    do {
      node = try JSONNode(reading: bytes)
    } catch let number as JSONNode.WrongNumber {
      return "\(number.literal) is read as another number"
    } catch {
      node = nil
    }
    if node == nil { refused += 1 } else { read += 1 }
    if plain.isRefused, node != nil { return "read in spite of \(plain.differences)" }
    if !plain.differences.isDisjoint(with: [.wideText, .depth]) { return nil }
    let plainNode = plain.bytes == bytes ? node : try? JSONNode(reading: plain.bytes)
    let foundation = try? JSONSerialization.jsonObject(
      with: Data(plain.bytes), options: .fragmentsAllowed)
    switch (plainNode, foundation) {
    case (nil, nil): break
    case (nil, let value?): return "refused, where Foundation reads \(value)"
    case (let node?, nil): return "read as \(node), where Foundation refuses"
    case (let node?, let value?):
      if !node.means(value) { return "read as \(node), by Foundation as \(value)" }
    }
    if plain.isRefused { return nil }
    // The replaced parts must not change the meaning of the rest.
    switch (node?.withoutHugeNumbers, plainNode) {
    case (nil, nil): return nil
    case (let node?, let plainNode?) where node == plainNode: return nil
    default: return "read as \(node as Any), with \(plain.differences) replaced \(plainNode as Any)"
    }
  }
}

extension ByteMutation {
  /// An answer or any JSON, damaged in up to four places.
  static func document(_ random: inout SplitMix64) -> [UInt8] {
    var bytes = original(&random)
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      mutate(&bytes, with: original(&random), &random)
    }
    return bytes
  }

  private static func original(_ random: inout SplitMix64) -> [UInt8] {
    random.once(in: 3)
      ? Array(JSONNode.random(&random).text(&random).utf8) : random.pick(SimulatedAnswers.all)
  }
}

extension JSONNode {
  /// The tree with 0 in place of each number beyond every `Double`.
  fileprivate var withoutHugeNumbers: JSONNode {
    switch self {
    case .literal(let text): isNumber && number == nil && !text.isEmpty ? .literal("0") : self
    case .string: self
    case .list(let nodes): .list(nodes.map(\.withoutHugeNumbers))
    case .object(let members): .object(members.map { ($0.key, $0.value.withoutHugeNumbers) })
    }
  }
}
