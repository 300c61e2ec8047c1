/// The content of one valid `getChartData` request.
struct ChartQuestion: Sendable, Hashable {
  var appID: String
  /// Epoch milliseconds, inclusive.
  var start: Int
  /// Epoch milliseconds, inclusive.
  var end: Int
  /// Seconds east of UTC that the text of the start carries; `nil` where it carries no offset.
  var startOffset: Int?
  /// The sources to count; an empty set counts all.
  var sources: Set<ExactText>
  /// The retention offset, in units of `userTimespan`.
  var offset: Int
  var userTimespan: Timespan
  var chatTimespan: Timespan
  var appTimespan: Timespan

  /// Uses `userTimespan` for the series whose timespan is not given.
  init(
    appID: String,
    start: Int,
    end: Int,
    startOffset: Int? = nil,
    sources: Set<ExactText> = [],
    offset: Int = 1,
    userTimespan: Timespan = .day,
    chatTimespan: Timespan? = nil,
    appTimespan: Timespan? = nil
  ) {
    self.appID = appID
    self.start = start
    self.end = end
    self.startOffset = startOffset
    self.sources = sources
    self.offset = offset
    self.userTimespan = userTimespan
    self.chatTimespan = chatTimespan ?? userTimespan
    self.appTimespan = appTimespan ?? userTimespan
  }
}
