/// The way to a server, in words that know nothing of HTTP.
///
/// A read that throws has been retried as often as its kind of failure allows.
package struct Feed: Sendable {
  /// Reads the totals of an app. Throws a ``ReadFailure``, or `CancellationError`.
  package var totals: @Sendable (AppID) async throws -> TotalsAnswer
  /// Reads chart data. Throws a ``ReadFailure``, or `CancellationError`.
  package var chart: @Sendable (ChartRead) async throws -> Answer

  package init(
    totals: @escaping @Sendable (AppID) async throws -> TotalsAnswer,
    chart: @escaping @Sendable (ChartRead) async throws -> Answer
  ) {
    self.totals = totals
    self.chart = chart
  }
}
