import AlmanacCore
import AlmanacStore

/// The observations of an answer by the bucket of the window that each belongs to.
struct Placement {
  /// The buckets of the window, oldest first.
  let buckets: [Bucket]
  private let window: Window
  private let answer: Answer
  /// The observation of each bucket, by its index in the answer; `nil` where the answer leaves the
  /// bucket out, or says nothing of it that can be believed.
  private var observed: [Int?]
  /// Whether the answer says nothing of a bucket that can be believed.
  private(set) var isRefused: [Bool]
  /// Whether the spare bucket before the window was active.
  private(set) var isActiveBefore = false
  /// Whether a bucket that the answer leaves out had no activity.
  private(set) var absenceProves = true
  private(set) var refusals: [Refusal] = []
  private let labelling: ZoneHypothesis.Labelling?

  /// Drops the spare buckets, and refuses what cannot be placed in the window.
  ///
  /// - Parameters:
  ///   - buckets: those of the window
  ///   - labelling: the labels that the server is known to give its days; `nil` takes those of the
  ///     answer. A label of the other kind names a day of another zone.
  init(
    _ answer: Answer, in window: Window, _ buckets: [Bucket], zone: BucketZone,
    labelling: ZoneHypothesis.Labelling?
  ) {
    self.answer = answer
    self.window = window
    self.buckets = buckets
    observed = Array(repeating: nil, count: buckets.count)
    isRefused = Array(repeating: false, count: buckets.count)
    self.labelling = labelling ?? .of(answer.observations.map(\.serverTimestamp), in: zone)
    for refused in answer.refused {
      let bucket = refused.serverTimestamp.flatMap { zone.bucket(window.grain, labelled: $0) }
        .flatMap { window.mayHold($0) ? $0 : nil }
      if let bucket, !window.keeps(bucket), !refused.isUnplaceable { continue }
      if refused.isUnplaceable || bucket == nil { absenceProves = false }
      if let place = bucket.flatMap({ window.place(of: $0, in: buckets) }) {
        isRefused[place] = true
      }
      refusals.append(Refusal(date: bucket?.start, bucket: refused))
    }
    for index in answer.observations.indices { place(index, zone) }
    for place in buckets.indices where isRefused[place] { observed[place] = nil }
  }

  /// The observation of the bucket at a place of the window.
  subscript(place: Int) -> Observation? { observed[place].map { answer.observations[$0] } }

  /// The places of active buckets, oldest first.
  var active: some Sequence<Int> {
    buckets.indices.lazy.filter { place in
      observed[place].map { answer.observations[$0].figures.isActive } ?? false
    }
  }

  private mutating func place(_ index: Int, _ zone: BucketZone) {
    let label = answer.observations[index].serverTimestamp
    guard let bucket = zone.bucket(window.grain, labelled: label),
      labelling?.fits(label, in: zone) ?? true
    else {
      return refuse(label, of: nil, "starts no \(window.grain) in \(zone)")
    }
    guard let place = window.place(of: bucket, in: buckets) else {
      guard window.mayHold(bucket) else {
        return refuse(label, of: nil, "lies outside of what was asked")
      }
      if bucket.start < window.kept.lowerBound, answer.observations[index].figures.isActive {
        isActiveBefore = true
      }
      return
    }
    // An answer has each timestamp once, so this is another one.
    if observed[place] != nil {
      isRefused[place] = true
      refuse(label, of: bucket.start, "two timestamps name it")
    }
    observed[place] = index
  }

  private mutating func refuse(_ label: Int, of date: Day?, _ reason: String) {
    absenceProves = false
    refusals.append(
      Refusal(
        date: date,
        bucket: RefusedBucket(
          serverTimestamp: label, field: "timestamp", reason: reason,
          isUnplaceable: true)))
  }
}

extension Figures {
  /// The number of conversations, or of messages on a server that counts no conversations. `nil`
  /// also where a damaged archive holds what is no whole number.
  var conversations: Int? {
    (self[.chatCount] ?? self[.chatItemCount]).flatMap(Int.init(exactly:))
  }
}
