import AlmanacCore
import AlmanacStore

/// The observations of an answer by the bucket that each belongs to.
struct Placement {
  private(set) var observations: [Day: Observation] = [:]
  /// Whether the spare bucket before the window was active.
  private(set) var isActiveBefore = false
  /// Buckets of which the answer says nothing that can be believed.
  private(set) var refused: Set<Day> = []
  /// Whether a bucket that the answer leaves out had no activity.
  private(set) var absenceProves = true
  private(set) var refusals: [Refusal] = []
  private let labelling: ZoneHypothesis.Labelling?

  /// Drops the spare buckets, and refuses what cannot be placed in the window.
  ///
  /// - Parameter labelling: the labels that the server is known to give its days; `nil` takes those
  ///   of the answer. A label of the other kind names a day of another zone.
  init(
    _ answer: Answer, in window: Window, zone: BucketZone, labelling: ZoneHypothesis.Labelling?
  ) {
    self.labelling = labelling ?? .of(answer.observations.map(\.serverTimestamp), in: zone)
    for refused in answer.refused {
      let bucket = refused.serverTimestamp.flatMap { zone.bucket(window.grain, labelled: $0) }
        .flatMap { window.mayHold($0) ? $0 : nil }
      if let bucket, !window.keeps(bucket), !refused.isUnplaceable { continue }
      if refused.isUnplaceable || bucket == nil { absenceProves = false }
      if let bucket { self.refused.insert(bucket.start) }
      refusals.append(Refusal(date: bucket?.start, bucket: refused))
    }
    for observation in answer.observations {
      place(observation, in: window, zone: zone)
    }
    for day in refused { observations[day] = nil }
  }

  private mutating func place(_ observation: Observation, in window: Window, zone: BucketZone) {
    let label = observation.serverTimestamp
    guard let bucket = zone.bucket(window.grain, labelled: label),
      labelling?.fits(label, in: zone) ?? true
    else {
      return refuse(observation, of: nil, "starts no \(window.grain) in \(zone)")
    }
    guard window.mayHold(bucket) else {
      return refuse(observation, of: nil, "lies outside of what was asked")
    }
    guard window.keeps(bucket) else {
      if bucket.start < window.kept.lowerBound, observation.figures.isActive {
        isActiveBefore = true
      }
      return
    }
    if let other = observations[bucket.start], other.serverTimestamp != observation.serverTimestamp
    {
      refused.insert(bucket.start)
      refuse(observation, of: bucket.start, "two timestamps name it")
    }
    observations[bucket.start] = observation
  }

  private mutating func refuse(_ observation: Observation, of date: Day?, _ reason: String) {
    absenceProves = false
    refusals.append(
      Refusal(
        date: date,
        bucket: RefusedBucket(
          serverTimestamp: observation.serverTimestamp, field: "timestamp", reason: reason,
          isUnplaceable: true)))
  }

  /// The active buckets, each with its conversations, or its messages on a server that counts no
  /// conversations.
  var active: [Day: Int?] {
    var active: [Day: Int?] = [:]
    for (day, observation) in observations where observation.figures.isActive {
      active[day] = observation.figures.conversations
    }
    return active
  }
}

extension Figures {
  /// The number of conversations, or of messages on a server that counts no conversations. `nil`
  /// also where a damaged archive holds what is no whole number.
  var conversations: Int? {
    (self[.chatCount] ?? self[.chatItemCount]).flatMap(Int.init(exactly:))
  }
}
