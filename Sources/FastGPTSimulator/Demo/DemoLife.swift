import Foundation

/// Goes through the days of one demo app, one after the other, and writes down its conversations.
struct DemoLife {
  /// Somebody who comes back.
  private struct Regular {
    let number: Int
    let source: Int
    /// The chance of a visit on a usual day.
    let visits: Double
    /// The chance of leaving for good on any day.
    let leaves: Double
  }

  private let character: DemoCharacter
  private let weights: [Double]
  private let seed: UInt64
  private let place: Int
  private let from: EpochMilliseconds
  private var regulars: [Regular] = []
  private var usersSoFar = 0
  private var records: [ChatRecord] = []

  init(_ character: DemoCharacter, seed: UInt64, place: Int, from: EpochMilliseconds) {
    self.character = character
    self.seed = seed
    self.place = place
    self.from = from
    weights = character.sources.map(\.weight)
  }

  private static let dayLength = 86_400_000
  /// The people of the demo live at UTC+8.
  private static let midnight = -8 * 3_600_000

  /// The records from the first day to an instant, inclusive.
  mutating func records(through until: EpochMilliseconds) -> [ChatRecord] {
    let first = (from - Self.midnight) / Self.dayLength
    let last = (until - Self.midnight) / Self.dayLength
    guard first <= last else { return [] }
    for day in first...last { live(day, number: day - first) }
    // The last day is made to its end and cut here, so that what came before the cut stays.
    let range = Date(epochMilliseconds: from)...Date(epochMilliseconds: max(from, until))
    return records.filter { range.contains($0.time) }
  }

  /// - Parameters:
  ///   - day: counted from 1970
  ///   - number: counted from the first day of the demo
  private mutating func live(_ day: Int, number: Int) {
    // Each day draws from a stream of its own, so a longer past or future shifts nothing.
    var random = SplitMix64(seed: seed, place, day)
    switch character.fate {
    case .unused: return
    case .single(let only):
      if number == only { converse(on: day, user: 0, source: 0, trouble: false, &random) }
      return
    case .silent(let lastDay) where number > lastDay: return
    default: break
    }
    guard number >= character.launchDay else { return }
    var trouble = false
    if case .incident(let start) = character.fate { trouble = (start...start + 1).contains(number) }
    // 1 January 1970 was a Thursday; the second remainder is for the days before it.
    let weekday = ((day + 3) % 7 + 7) % 7
    let tempo = character.rhythm.weekdays[weekday] * random.between(0.88, 1.12)
    let years = Double(number - character.launchDay) / 365
    let growth = exp(log(character.growth) * years)

    var staying: [Regular] = []
    staying.reserveCapacity(regulars.count)
    for regular in regulars {
      if random.chance(regular.visits * tempo) {
        visit(
          on: day, user: regular.number, source: regular.source, trouble: trouble, &random)
      }
      // A bad day costs regulars.
      if !random.chance(trouble ? regular.leaves * 4 : regular.leaves) { staying.append(regular) }
    }
    regulars = staying
    for _ in 0..<random.count(mean: character.newUsers * growth * tempo) {
      let regular = Regular(
        number: usersSoFar, source: random.pick(weights),
        visits: character.keenness * random.between(0.1, 1),
        leaves: random.between(0.006, 0.045))
      usersSoFar += 1
      visit(
        on: day, user: regular.number, source: regular.source, trouble: trouble, &random)
      if random.chance(character.loyalty) { regulars.append(regular) }
    }
  }

  private mutating func visit(
    on day: Int, user: Int, source: Int, trouble: Bool, _ random: inout SplitMix64
  ) {
    repeat {
      // Most people always come in the same way.
      let way = random.chance(0.93) ? source : random.pick(weights)
      converse(on: day, user: user, source: way, trouble: trouble, &random)
    } while random.chance(0.27)
  }

  private mutating func converse(
    on day: Int, user: Int, source: Int, trouble: Bool, _ random: inout SplitMix64
  ) {
    let start = day * Self.dayLength + Self.midnight + character.rhythm.instant(&random)
    let turns = 1 + min(random.count(mean: 1.4), 11)
    var points = 0.0
    var answering = 0.0
    var errors = 0
    for _ in 0..<turns {
      let tokens = (300 + 2700 * random.unit()).rounded()
      points += tokens / 1000 * character.price
      let pace = character.seconds.lowerBound
      let spread = character.seconds.upperBound - pace
      let seconds = (pace + spread * random.unit() * random.unit()) * (trouble ? 4.5 : 1)
      answering += (seconds * 100).rounded() / 100
      if random.chance(trouble ? 0.35 : character.errorRate) { errors += 1 }
    }
    let talking = Int(answering * 1000) + turns * Int(8000 + 40_000 * random.unit())
    let thumb = random.chance(character.feedback)
    let up = thumb && random.chance(trouble ? 0.1 : character.praise)
    records.append(
      ChatRecord(
        id: "\(day)-\(records.count)",
        userID: "u\(user)",
        source: character.sources[source].name,
        createdAt: Date(epochMilliseconds: start),
        time: Date(epochMilliseconds: start + talking),
        messages: 2 * turns,
        errors: errors,
        points: points,
        responseSeconds: answering,
        goodFeedback: up ? 1 : 0,
        badFeedback: thumb && !up ? 1 : 0))
  }
}
