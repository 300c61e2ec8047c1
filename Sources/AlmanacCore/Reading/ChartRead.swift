/// One request for chart data, in words that know nothing of HTTP.
package struct ChartRead: Hashable, Sendable {
  package let app: AppID
  package let source: Source
  package let grain: Grain
  /// The retention offset in units of the grain, 1 or more.
  package let offset: Int
  /// The first and the last instant asked for, both inclusive, in Unix milliseconds.
  package let instants: ClosedRange<Int>
  /// The zone whose offset the text of the instants carries. The newest servers cut their days
  /// there (docs/server.md, trap 2).
  package var zone: BucketZone

  package init(
    app: AppID, source: Source, grain: Grain, offset: Int, instants: ClosedRange<Int>,
    zone: BucketZone
  ) {
    self.app = app
    self.source = source
    self.grain = grain
    self.offset = offset
    self.instants = instants
    self.zone = zone
  }

  /// The same read, written in another zone.
  package func written(in zone: BucketZone) -> ChartRead {
    var read = self
    read.zone = zone
    return read
  }

  /// Asks for the whole of a window, to the last millisecond of its last bucket in the zone.
  ///
  /// - Parameter withSpares: whether the spare buckets are asked for too; without them, retention
  ///   is not whole
  package init(
    app: AppID, source: Source, window: Window, offset: Int, zone: BucketZone,
    withSpares: Bool = true
  ) {
    let asked = withSpares ? window.asked : window.kept
    let start = zone.start(of: asked.lowerBound) * 1000
    let end = zone.start(of: asked.upperBound) * 1000 - 1
    self.init(
      app: app, source: source, grain: window.grain, offset: offset, instants: start...end,
      zone: zone)
  }
}
