import AlmanacCore
import AlmanacStore

/// Finds, from a day answer for all sources, how far back the server still remembers an app.
///
/// A server deletes by age, and the cut is an instant: days vanish oldest first, and the oldest
/// that is left may have lost its morning. That tells forgetting from a past that changed.
struct ForgottenEnd {
  /// Active days of the answer with their conversations, where it gave their number.
  let active: [Day: Int?]
  /// Days of which the answer says nothing.
  let unknown: Set<Day>
  /// The days that the answer is about.
  let window: Range<Day>
  /// What is held of them.
  let held: [Day: HeldDay]
  /// The newest active day that is held from before the window.
  let newestOlder: Day?
  /// The day that has not ended.
  let today: Day
  /// Days before it had been read after they had ended; `nil` before the first read.
  let readTo: Day?
  /// The oldest active day that earlier answers of the same run showed.
  let seen: Day?
  let lookBack: Int

  private var oldest: Day? { active.keys.min() }

  func memory(after before: Memory) -> Memory {
    var memory = before
    if let oldest { remembering(oldest, &memory) }
    // With older activity left, a day that is gone or smaller has changed.
    let hasOlder = seen.map { seen in oldest.map { seen < $0 } ?? true } ?? false
    if !hasOlder { losing(&memory) }
    return memory
  }

  /// Activity that was thought forgotten is there again.
  private func remembering(_ oldest: Day, _ memory: inout Memory) {
    guard let end = memory.forgotten else { return }
    let isWhole = held[oldest]?.state == .expired && !hasFallen(oldest)
    guard oldest < end || (oldest == end && isWhole) else { return }
    let gone = held.filter { $0.value.isActive && $0.key < oldest }.keys.max() ?? newestOlder
    memory.forgotten = hasFallen(oldest) ? oldest : gone
  }

  private func losing(_ memory: inout Memory) {
    var end = memory.forgotten
    if let gone = newestGone, end.map({ $0 < gone }) ?? true { end = gone }
    if let oldest, end.map({ $0 < oldest }) ?? true, hasFallen(oldest) {
      let state = held[oldest]?.state
      if end != nil || state == .settled || state == .expired || state == .partial {
        end = oldest
      }
    }
    guard var end else { return }
    if end != memory.forgotten {
      let seen = min(readTo.map { $0.number - end.number } ?? 0, lookBack)
      memory.remembers = min(max(memory.remembers, seen), max(today.number - end.number, 0))
    }
    // What was never read and is older than the server remembers for certain may be forgotten too.
    let last = oldest ?? today.advanced(by: -1)
    var day = max(end.advanced(by: 1), window.lowerBound)
    while day <= last, today.number - day.number >= max(memory.remembers, 1) {
      if held[day]?.state.isKnown != true { end = day }
      day = day.advanced(by: 1)
    }
    memory.forgotten = end
  }

  /// The newest active day that is held and gone, with nothing older left. One that was still
  /// open yesterday moved over midnight with its only conversation: a server does not forget in
  /// a day.
  private var newestGone: Day? {
    held.filter { day, held in
      held.isActive && active[day] == nil && !unknown.contains(day)
        && (oldest.map { day < $0 } ?? true)
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
