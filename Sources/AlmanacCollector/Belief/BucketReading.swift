import AlmanacCore
import AlmanacStore

/// One bucket as an answer tells of it, zeros of absent series included.
struct BucketReading: Sendable {
  let bucket: Bucket
  /// The bucket's first instant in Unix seconds.
  let time: Int
  /// The state by the bucket's age; `partial` if the bucket is doubted.
  let state: BucketState
  /// The answered figures. An unknown one leaves the held figure as it is.
  let figures: Figures
  /// Whether the later bucket, in which returning users are counted, has ended. No retention counts
  /// before that.
  let isMature: Bool
  /// The users of every source that is known by then; `nil` if the server did not say.
  let usersBySource: UsersBySource?
  let further: [FurtherFigure]
  /// The series in which the answer has the bucket. In the others nothing was counted.
  var told = SeriesSet.all
}

/// The buckets of an answer that can be believed, absent ones included.
struct BucketReadings {
  private let placed: Placement
  private let read: PlannedRead
  private let memory: ServerMemory
  /// 0 for every figure that the server has.
  private let zeros: Figures
  private let sources: KnownSources
  private let moment: Moment

  /// - Parameters:
  ///   - figuresSent: the figures that the server has ever sent, this answer included
  ///   - sources: the first days of the app's sources
  init(
    _ placed: Placement, _ read: PlannedRead, memory: ServerMemory,
    figuresSent: Set<Figure>, sources: [Name: Day], at moment: Moment
  ) {
    self.placed = placed
    self.read = read
    self.memory = memory
    zeros = figuresSent.reduce(into: Figures()) { $0[$1] = 0 }
    self.sources = KnownSources(sources, read.grain)
    self.moment = moment
  }

  /// The readings from a bucket on, oldest first.
  func from(_ first: Day) -> [BucketReading] {
    var sources = sources
    return placed.buckets.enumerated().compactMap { place, bucket in
      guard bucket.start >= first, bucket.start <= moment.today else { return nil }
      return reading(of: bucket, at: place, &sources)
    }
  }

  private func reading(
    of bucket: Bucket, at place: Int, _ sources: inout KnownSources
  ) -> BucketReading? {
    guard !placed.isRefused[place] else { return nil }
    let observation = placed[place]
    // Absence proves nothing about a bucket or a series while another bucket cannot be placed.
    let told = observation?.series ?? []
    let isWhole = read.isRetentionAlone ? told.contains(.user) : told == .all
    guard isWhole || placed.absenceProves else { return nil }
    var figures = observation?.figures ?? Figures()
    var users: UsersBySource?
    if memory.hasForgotten(bucket) {
      // A source that is absent may have had users that are forgotten.
      if read.source == .all { users = observation?.usersBySource?.active }
    } else {
      // A series that leaves the bucket out had nothing to count in it.
      if told != .all {
        figures = figures.filled(from: zeros.only(SeriesSet.all.subtracting(told)))
      }
      if read.source == .all, !read.isRetentionAlone {
        users = observation?.usersBySource
        if users == nil, !told.contains(.user) { users = [:] }
        users = users.map { sources.known(by: bucket, $0) }
      }
    }
    // Once the chat series has sent tokens, a bucket without them is unknown.
    for (shown, own) in [
      (Figure.inputTokens, Figure.userInputTokens), (.outputTokens, .userOutputTokens),
    ]
    where zeros[shown] == nil {
      figures[shown] = figures[own]
    }
    let age = moment.age(of: bucket)
    return BucketReading(
      bucket: bucket, time: moment.zone.start(of: bucket.start),
      state: age != .open && memory.doubts(bucket) ? .partial : age,
      figures: figures, isMature: bucket.advanced(by: read.offset).end <= moment.today,
      usersBySource: users, further: observation?.further ?? [], told: told)
  }
}
