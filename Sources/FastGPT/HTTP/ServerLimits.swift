/// How much almanac asks of a server, and how long it waits for it.
package struct ServerLimits: Sendable {
  /// When a failed request is made again.
  package struct Retry: Sendable {
    /// Requests in all, the first included.
    package var tries = 5
    /// The longest wait before the second try; it doubles with each one after it.
    package var baseDelay: Duration = .seconds(1)
    /// No wait is longer, but for one that the server asks for.
    package var longestDelay: Duration = .seconds(60)
    /// From the first request on; a try that would begin later is not made.
    package var totalTime: Duration = .seconds(300)

    package init() {}
  }

  /// For one request, from the first byte sent to the last one received.
  package var timeout: Duration = .seconds(30)
  /// Over all requests of the server, retries included.
  package var requestsPerSecond: Double = 10
  /// Requests under way at the same time.
  package var concurrency = 8
  /// An answer with more bytes, decompressed, is not read to its end.
  package var maximumBodyBytes = 64 << 20
  package var retry = Retry()

  package init() {}
}
