/// What one valid `getChartData` request asks for.
struct ChartQuestion: Sendable, Hashable {
  var appID: String
  /// Epoch milliseconds, inclusive.
  var start: Int
  /// Epoch milliseconds, inclusive.
  var end: Int
  /// Keep only these; empty keeps every one.
  var sources: Set<ExactText>
  /// Of retention, in units of `userTimespan`.
  var offset: Int
  var userTimespan: Timespan
  var chatTimespan: Timespan
  var appTimespan: Timespan

  /// All three series at one timespan, where the others are not named.
  init(
    appID: String,
    start: Int,
    end: Int,
    sources: Set<ExactText> = [],
    offset: Int = 1,
    userTimespan: Timespan = .day,
    chatTimespan: Timespan? = nil,
    appTimespan: Timespan? = nil
  ) {
    self.appID = appID
    self.start = start
    self.end = end
    self.sources = sources
    self.offset = offset
    self.userTimespan = userTimespan
    self.chatTimespan = chatTimespan ?? userTimespan
    self.appTimespan = appTimespan ?? userTimespan
  }
}
