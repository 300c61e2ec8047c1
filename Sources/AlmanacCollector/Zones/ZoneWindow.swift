import AlmanacCore

/// A part of an active day that tells the likeliest hypothesis from others: they put it into
/// different days.
struct ZoneWindow {
  let app: AppID
  /// Unix milliseconds.
  let instants: ClosedRange<Int>
  /// The volume of the day that holds it, were the likeliest hypothesis true.
  let volume: Double
  /// The chance that it has activity, times the share of rivals refuted if that activity is where
  /// the likeliest hypothesis has it. More is refuted if it is not.
  let worth: Double
}
