import AlmanacCore
import AlmanacStore

/// Finds, from a day answer for all sources, how far back the server still remembers an app.
///
/// A server deletes by age, and the cut is an instant: days vanish oldest first, and the oldest
/// that is left may have lost its morning. That tells forgetting from a past that changed.
struct ForgottenEnd {
  private let placed: Placement
  /// The days of the answer that are held, in the places of the answer's.
  private let held: Held
  /// The place of the oldest active day of the answer.
  private let oldestPlace: Int?
  /// The newest active day that is held from before the window.
  private let newestOlder: Day?
  /// The day that has not ended.
  private let today: Day
  /// The day before which every day was read after its end; `nil` before the first read.
  private let readTo: Day?
  /// The oldest active day that earlier answers of the same run showed.
  private let seen: Day?
  private let lookBack: Int
  /// Whether the held days may be cut in another zone than the answer's.
  private let isRecut: Bool

  /// - Parameters:
  ///   - held: the days of the answer, for all sources
  ///   - newestOlder: the newest active day that is held from before them; only needed if something
  ///     is forgotten already
  init(
    _ placed: Placement, held: Held, newestOlder: Day?, knowing known: AppKnowledge, seen: Day?,
    today: Day, lookBack: Int
  ) {
    self.placed = placed
    self.held = held
    oldestPlace = placed.active.first { _ in true }
    self.newestOlder = newestOlder
    self.today = today
    readTo = known.progress[ReadSeries(.all, .day, offset: 0)]?.highWaterMark
    self.seen = seen
    self.lookBack = lookBack
    isRecut = known.isRecut
  }

  private var window: Range<Day> { held.window.kept }

  /// The oldest active day of the answer.
  private var oldest: Day? { oldestPlace.map { placed.buckets[$0].start } }

  /// The state of a day; `nil` where it is not held, or lies outside of the window.
  private func state(of day: Day) -> BucketState? {
    held.place(of: Bucket(.day, holding: day)).flatMap { held.states[$0]?.state }
  }

  /// Whether a day is held with users, messages or conversations.
  private func wasActive(at place: Int) -> Bool {
    guard held.states[place] != nil, let figures = held.figures[place] else { return false }
    return [Figure.userCount, .chatItemCount, .chatCount].contains { (figures[$0] ?? 0) > 0 }
  }

  func memory(after before: ServerMemory) -> ServerMemory {
    var memory = before
    if let oldest { remembering(oldest, &memory) }
    // A day that is gone or smaller while older activity is left has changed; it is not forgotten.
    let hasOlder = seen.map { seen in oldest.map { seen < $0 } ?? true } ?? false
    if !hasOlder, !placed.isActiveBefore { losing(&memory) }
    return memory
  }

  /// Moves the forgotten end back if activity that was thought forgotten is there again.
  private func remembering(_ oldest: Day, _ memory: inout ServerMemory) {
    guard let end = memory.forgottenThrough else { return }
    let isWhole = state(of: oldest) == .expired && !isRecut && !hasFallen
    guard oldest < end || (oldest == end && isWhole) else { return }
    let gone = placed.buckets.indices.last {
      placed.buckets[$0].start < oldest && wasActive(at: $0)
    }
    memory.forgottenThrough =
      hasFallen ? oldest : gone.map { placed.buckets[$0].start } ?? newestOlder
  }

  private func losing(_ memory: inout ServerMemory) {
    var end = memory.forgottenThrough
    if let gone = newestGone, end.map({ $0 < gone }) ?? true { end = gone }
    if isRecut {
      // The day that is left as the oldest cannot be compared. If anything is gone, it has lost a
      // part.
      if let known = end, let oldest, known < oldest { end = oldest }
    } else if let oldest, end.map({ $0 < oldest }) ?? true, hasFallen {
      let state = state(of: oldest)
      if end != nil || state == .settled || state == .expired || state == .partial {
        end = oldest
      }
    }
    guard var end else { return }
    if end != memory.forgottenThrough {
      let seen = min(readTo.map { $0.number - end.number } ?? 0, lookBack)
      memory.remembers = min(max(memory.remembers, seen), max(today.number - end.number, 0))
    }
    // A day that was never read, and is older than the server remembers for certain, may be
    // forgotten too.
    let last = oldest ?? today.advanced(by: -1)
    var day = max(end.advanced(by: 1), window.lowerBound)
    while day <= last, today.number - day.number >= max(memory.remembers, 1) {
      if state(of: day)?.isKnown != true { end = day }
      day = day.advanced(by: 1)
    }
    memory.forgottenThrough = end
  }

  /// The newest active day that is held and that the answer lacks, with nothing older left. A day
  /// that was still open yesterday does not count. Its only conversation went on over midnight,
  /// since a server does not forget within a day. Neither does the day before the oldest that is
  /// left, if the answer is cut in another zone: its activity may be that of the oldest.
  private var newestGone: Day? {
    let gone = placed.buckets.indices.last { place in
      let day = placed.buckets[place].start
      return wasActive(at: place) && placed[place]?.figures.isActive != true
        && !placed.isRefused[place] && (!isRecut || window.contains(day.advanced(by: 1)))
        && (oldest.map { day.advanced(by: isRecut ? 1 : 0) < $0 } ?? true)
        && !(held.states[place]?.state == .open && day >= today.advanced(by: -1))
    }
    return gone.map { placed.buckets[$0].start }
  }

  /// Whether the oldest active day has fewer conversations than were held of it.
  private var hasFallen: Bool {
    guard let place = oldestPlace, held.states[place] != nil,
      let before = (held.figures[place] ?? Figures()).conversations,
      let now = placed[place]?.figures.conversations
    else { return false }
    return now < before
  }
}

extension BucketState {
  /// Whether the bucket was read after it had ended.
  fileprivate var isKnown: Bool { self != .open }
}
