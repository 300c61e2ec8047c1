import AlmanacCore
import Foundation
import Testing

@testable import FastGPT

/// Answers that nearly are one, decoded, and read by the rules once more.
@Suite struct `A chart of odd shapes` {
  private static let rounds = JSONFuzzTests.rounds(1000)

  @Test func `is read as the rules have it`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("chart fuzz seed: \(seed), \(Self.rounds) answers")
    var random = SplitMix(state: seed)
    var believed = 0
    var refused = 0
    var unread = 0
    for _ in 0..<Self.rounds {
      var data = Self.chart(&random)
      for _ in 0..<Int.random(in: 0...4, using: &random) { data = data.mutant(&random) }
      let envelope = JSONNode.object([
        ("code", .literal("200")), ("statusText", .string("")), ("message", .string("")),
        ("data", data),
      ])
      let text = envelope.text(&random)
      let expected = ChartReference(data)
      let read = (try? Decoding.chart(text)).map { ChartReference($0) }
      if read != expected {
        Issue.record("seed \(seed): \(text)\nread \(read as Any)\nexpected \(expected as Any)")
        return
      }
      believed += read?.buckets.count ?? 0
      refused += read?.refused.count ?? 0
      unread += read == nil ? 1 : 0
    }
    // Enough of each, or the test has proved nothing.
    #expect(believed > Self.rounds)
    #expect(refused > Self.rounds / 10)
    #expect((Self.rounds / 200...Self.rounds / 2).contains(unread))
  }

  /// Bytes that are no JSON any more are no answer, whatever else they are.
  @Test func `is no answer where Foundation sees no JSON`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("chart byte fuzz seed: \(seed), \(Self.rounds) answers")
    var random = SplitMix(state: seed)
    var broken = 0
    for _ in 0..<Self.rounds {
      let data = Self.chart(&random)
      let text = JSONNode.object([("code", .literal("200")), ("data", data)]).text(&random)
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        JSONFuzzTests.mutate(&bytes, &random)
      }
      if Int.random(in: 0..<6, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      }
      guard !JSONFuzzTests.isExempt(bytes) else { continue }
      let isJSON =
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      guard !isJSON else { continue }
      broken += 1
      guard case .envelope(let envelope) = Envelope.read(bytes), let data = envelope.data else {
        continue
      }
      let answer = bytes.withUnsafeBufferPointer {
        try? ChartDecoder.decode($0, at: data, delivery: Delivery())
      }
      // Foundation refuses a number beyond every Double; the decoder refuses its bucket.
      let written = String(decoding: bytes, as: UTF8.self)
      guard answer != nil, !written.contains(/[0-9][eE]/) else { continue }
      Issue.record("seed \(seed): \(written.debugDescription)")
      return
    }
    #expect(broken > Self.rounds / 4)
  }

  /// A well-formed answer of either generation.
  private static func chart(_ random: inout SplitMix) -> JSONNode {
    let isOlder = Int.random(in: 0..<4, using: &random) == 0
    let days = Int.random(in: 0...4, using: &random)
    let lists = Figure.Series.allCases.map { series in
      let elements = (0..<days).map { day -> JSONNode in
        let start = 1_749_513_600 + 86_400 * day
        var summary = Figure.allCases.filter { $0.series == series }.map { figure in
          (
            key: figure.field,
            value: JSONNode.literal(
              figure.isCount
                ? "\(Int.random(in: 0...40, using: &random))"
                : "\(Double.random(in: 0...9, using: &random))")
          )
        }
        if series == (isOlder ? .app : .user) {
          let counts = ["api", "share", "online"].map {
            (key: $0, value: JSONNode.literal("\(Int.random(in: 0...9, using: &random))"))
          }
          summary.append(("sourceCountMap", .object(counts)))
        }
        return .object([
          ("timestamp", .literal(isOlder ? "\(start)" : "\(start * 1000)")),
          ("summary", .object(summary)),
        ])
      }
      return (key: series.field, value: JSONNode.list(elements))
    }
    return .object(lists)
  }
}
