import AlmanacCore
import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@testable import FastGPT

/// Compares the decoders with a second reading by the rules, on answers with small damage.
@Suite struct `An answer of odd shapes` {
  /// The result of reading one body, by the decoders or by the rules.
  private struct Outcome: Equatable {
    var isAnswer = false
    var chart: ChartReference?
    var totals: TotalsReference?
  }

  @Test func `is a chart where the rules have one, with its figures`() throws {
    var believed = 0
    var refused = 0
    var unplaceable = 0
    var unread = 0
    let seeds = RandomSeeds("ALMANAC_FUZZ", usual: 1500)
    for seed in seeds {
      var random = SplitMix64(seed: seed)
      var data = random.once(in: 3) ? random.pick(Self.charts) : Self.chart(&random)
      for _ in 0..<Int.random(in: 0...4, using: &random) { data = data.mutant(&random) }
      guard let outcome = Self.outcome(seed, Self.envelope(data).text(&random)) else { return }
      believed += outcome.chart?.buckets.count ?? 0
      refused += outcome.chart?.refused.count ?? 0
      unplaceable += outcome.chart?.unplaceable.count ?? 0
      unread += outcome.chart == nil ? 1 : 0
    }
    // The test proves something only if it met enough of each.
    guard seeds.isMany else { return }
    #expect(believed > seeds.count)
    #expect(refused > seeds.count / 10)
    #expect(unplaceable > seeds.count / 10)
    #expect((seeds.count / 200...seeds.count / 2).contains(unread))
  }

  /// Cases that runs of millions have found, and cases like them.
  @Test(
    arguments: [
      // One bucket twice, first with a source that comes twice.
      #"{"timestamp":1749513600000,"summary":{"sourceCountMap":{"api":3,"api":7}}},"#
        + #"{"timestamp":1749513600000,"summary":{"sourceCountMap":{"api":3}}}"#,
      #"{"timestamp":1749513600000,"summary":{"sourceCountMap":{"api":3,"api":7}}},"#
        + #"{"timestamp":1749513600000,"summary":{"sourceCountMap":{"api":7}}}"#,
    ])
  func `is what the rules have, in cases that chance seldom brings`(users: String) {
    let body =
      #"{"code":200,"statusText":"","message":"","data":{"userData":["# + users
      + #"],"chatData":[],"appData":[]}}"#
    #expect(Self.outcome(0, body)?.isAnswer == true)
  }

  @Test func `is a total where the rules have one`() throws {
    var read = 0
    let seeds = RandomSeeds("ALMANAC_FUZZ", usual: 1000)
    for seed in seeds {
      var random = SplitMix64(seed: seed)
      var data = random.pick(Self.totals)
      for _ in 0..<Int.random(in: 0...3, using: &random) { data = data.mutant(&random) }
      guard let outcome = Self.outcome(seed, Self.envelope(data).text(&random)) else { return }
      read += outcome.totals == nil ? 0 : 1
    }
    guard seeds.isMany else { return }
    #expect((seeds.count / 4..<seeds.count).contains(read))
  }

  @Test func `is an answer only in an envelope that says so`() throws {
    var answers = 0
    let seeds = RandomSeeds("ALMANAC_FUZZ", usual: 1000)
    for seed in seeds {
      var random = SplitMix64(seed: seed)
      var tree = random.pick(Self.failures + [Self.envelope(random.pick(Self.totals))])
      for _ in 0..<Int.random(in: 0...2, using: &random) { tree = tree.mutant(&random) }
      guard let outcome = Self.outcome(seed, tree.text(&random)) else { return }
      answers += outcome.isAnswer ? 1 : 0
    }
    guard seeds.isMany else { return }
    #expect((seeds.count / 50..<seeds.count / 2).contains(answers))
  }

  /// Damaged bytes that are still JSON mean what their tree means; other bytes are not an answer.
  @Test func `is what is left of it when its bytes are spoilt`() throws {
    var answers = 0
    let seeds = RandomSeeds("ALMANAC_FUZZ", usual: 2000)
    for seed in seeds {
      var random = SplitMix64(seed: seed)
      var bytes = random.pick(SimulatedAnswers.all)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        ByteMutation.mutate(&bytes, with: random.pick(SimulatedAnswers.all), &random)
      }
      guard let outcome = Self.outcome(seed, bytes) else { return }
      answers += outcome.isAnswer ? 1 : 0
    }
    guard seeds.isMany else { return }
    #expect((seeds.count / 5..<seeds.count).contains(answers))
  }

  // MARK: both readings

  /// Reads the body both ways; records an issue and returns `nil` if the two differ.
  private static func outcome(_ seed: UInt64, _ body: String) -> Outcome? {
    outcome(seed, Array(body.utf8))
  }

  private static func outcome(_ seed: UInt64, _ body: [UInt8]) -> Outcome? {
    let read = reading(body)
    let expected = rules(body)
    if read == expected { return read }
    Issue.record(
      """
      ALMANAC_FUZZ=1@\(seed): \(String(decoding: body, as: UTF8.self).debugDescription)
      read \(read)
      expected \(expected)
      """)
    return nil
  }

  private static func reading(_ body: [UInt8]) -> Outcome {
    let classifier = ReplyClassifier(
      reply: Reply(status: 200, body: body), request: .chart(Fixture.read()), key: nil)
    // Whatever `data` is, the envelope around it is read alike.
    let isAnswer = classifier.result { reader throws(JSONFault) in try reader.skip() }
    let chart = classifier.result { reader throws(JSONFault) in
      try ChartDecoder.decode(&reader, delivery: Delivery())
    }
    let totals = classifier.result { reader throws(JSONFault) in
      try TotalsDecoder.decode(&reader, delivery: Delivery())
    }
    switch isAnswer {
    case .success:
      let chart = try? chart.get()
      #expect(chart?.refused.allSatisfy { $0.field.count < 100 && $0.reason.count < 80 } ?? true)
      return Outcome(
        isAnswer: true, chart: chart.map { ChartReference($0) },
        totals: (try? totals.get()).map { TotalsReference($0) })
    case .failure(let failed):
      #expect(failed.cause.count < 400 && !failed.cause.contains(where: \.isNewline))
      #expect((try? chart.get()) == nil && (try? totals.get()) == nil)
      return Outcome()
    }
  }

  /// Reads the body by the rules: a success is an object with `data` whose `code` is 200, and that
  /// repeats none of the four members.
  private static func rules(_ body: [UInt8]) -> Outcome {
    guard let envelope = try? JSONNode(reading: body), envelope["code"]?.number == 200,
      let data = envelope["data"], !data.isNull,
      ["statusText", "message"].allSatisfy({ name in
        (envelope.members ?? []).count { $0.key == name } < 2
      })
    else { return Outcome() }
    return Outcome(isAnswer: true, chart: ChartReference(data), totals: TotalsReference(data))
  }
}

// MARK: trees to begin with

extension `An answer of odd shapes` {
  private static let charts = trees(SimulatedAnswers.charts).compactMap { $0["data"] }
  private static let totals = trees(SimulatedAnswers.totals).compactMap { $0["data"] }
  private static let failures = trees(SimulatedAnswers.failures)

  private static func trees(_ bodies: [[UInt8]]) -> [JSONNode] {
    bodies.compactMap { try? JSONNode(reading: $0) }
  }

  private static func envelope(_ data: JSONNode) -> JSONNode {
    .object([
      ("code", .literal("200")), ("statusText", .string("")), ("message", .string("")),
      ("data", data),
    ])
  }

  /// A well-formed answer of either generation, of up to four days.
  private static func chart(_ random: inout SplitMix64) -> JSONNode {
    let isOlder = random.once(in: 4)
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
