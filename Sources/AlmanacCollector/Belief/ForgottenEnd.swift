import AlmanacCore
import AlmanacStore

/// Finds, from a day answer for all sources, how far back the server still remembers an app.
///
/// A server deletes by age, and the cut is an instant: days vanish oldest first, and the oldest
/// that is left may have lost its morning. That tells forgetting from a past that changed.
struct ForgottenEnd {
  /// The answer's active days, each with its number of conversations if the answer gave it.
  private let active: [Day: Int?]
  /// Days of which the answer says nothing.
  private let unknown: Set<Day>
  private let window: Range<Day>
  /// The days of the window that are held.
  private let held: [Day: HeldDay]
  /// The newest active day that is held from before the window.
  private let newestOlder: Day?
  /// The day that has not ended.
  private let today: Day
  /// The day before which every day was read after its end; `nil` before the first read.
  private let readTo: Day?
  /// The oldest active day that earlier answers of the same run showed.
  private let seen: Day?
  /// Whether the day before the window is active: something older is left.
  private let isActiveBefore: Bool
  private let lookBack: Int
  /// Whether the held days may be cut in another zone than the answer's.
  private let isRecut: Bool

  /// A day that is held.
  private struct HeldDay {
    let state: BucketState
    let isActive: Bool
    /// The number of conversations; `nil` if the server never sent it.
    let chats: Int?
  }

  /// - Parameters:
  ///   - held: the days of the answer, for all sources
  ///   - newestOlder: the newest active day that is held from before them; only needed if something
  ///     is forgotten already
  init(
    _ placed: Placement, held: Held, newestOlder: Day?, knowing known: AppKnowledge, seen: Day?,
    today: Day, lookBack: Int
  ) {
    active = placed.active
    unknown = placed.refused
    window = held.window.kept
    self.held = held.buckets.indices.reduce(into: [:]) { days, place in
      guard let state = held.states[place]?.state else { return }
      let figures = held.figures[place] ?? Figures()
      let counted = [figures[.userCount], figures[.chatItemCount], figures[.chatCount]]
      days[held.buckets[place].start] = HeldDay(
        state: state, isActive: counted.contains { ($0 ?? 0) > 0 }, chats: figures.conversations)
    }
    self.newestOlder = newestOlder
    self.today = today
    readTo = known.progress[ReadSeries(.all, .day, offset: 0)]?.highWaterMark
    self.seen = seen
    isActiveBefore = placed.isActiveBefore
    self.lookBack = lookBack
    isRecut = known.isRecut
  }

  private var oldest: Day? { active.keys.min() }

  func memory(after before: ServerMemory) -> ServerMemory {
    var memory = before
    if let oldest { remembering(oldest, &memory) }
    // A day that is gone or smaller while older activity is left has changed; it is not forgotten.
    let hasOlder = seen.map { seen in oldest.map { seen < $0 } ?? true } ?? false
    if !hasOlder, !isActiveBefore { losing(&memory) }
    return memory
  }

  /// Moves the forgotten end back if activity that was thought forgotten is there again.
  private func remembering(_ oldest: Day, _ memory: inout ServerMemory) {
    guard let end = memory.forgottenThrough else { return }
    let isWhole = held[oldest]?.state == .expired && !isRecut && !hasFallen(oldest)
    guard oldest < end || (oldest == end && isWhole) else { return }
    let gone = held.filter { $0.value.isActive && $0.key < oldest }.keys.max() ?? newestOlder
    memory.forgottenThrough = hasFallen(oldest) ? oldest : gone
  }

  private func losing(_ memory: inout ServerMemory) {
    var end = memory.forgottenThrough
    if let gone = newestGone, end.map({ $0 < gone }) ?? true { end = gone }
    if isRecut {
      // The day that is left as the oldest cannot be compared. If anything is gone, it has lost a
      // part.
      if let known = end, let oldest, known < oldest { end = oldest }
    } else if let oldest, end.map({ $0 < oldest }) ?? true, hasFallen(oldest) {
      let state = held[oldest]?.state
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
      if held[day]?.state.isKnown != true { end = day }
      day = day.advanced(by: 1)
    }
    memory.forgottenThrough = end
  }

  /// The newest active day that is held and that the answer lacks, with nothing older left. A day
  /// that was still open yesterday does not count. Its only conversation went on over midnight,
  /// since a server does not forget within a day. Neither does the day before the oldest that is
  /// left, if the answer is cut in another zone: its activity may be that of the oldest.
  private var newestGone: Day? {
    held.filter { day, held in
      held.isActive && active[day] == nil && !unknown.contains(day)
        && (!isRecut || window.contains(day.advanced(by: 1)))
        && (oldest.map { day.advanced(by: isRecut ? 1 : 0) < $0 } ?? true)
        && !(held.state == .open && day >= today.advanced(by: -1))
    }.keys.max()
  }

  private func hasFallen(_ day: Day) -> Bool {
    guard let before = held[day]?.chats, let now = active[day] ?? nil else { return false }
    return now < before
  }
}

extension BucketState {
  /// Whether the bucket was read after it had ended.
  fileprivate var isKnown: Bool { self != .open }
}
