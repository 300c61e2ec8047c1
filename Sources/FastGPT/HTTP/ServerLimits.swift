/// The load that almanac puts on a server, and the time that it waits for answers.
package struct ServerLimits: Sendable {
  /// The rules by which a failed request is made again.
  package struct Retry: Sendable {
    /// The most requests of one read, the first included.
    package var tries = 5
    /// The longest wait before the second try; it doubles with each one after it.
    package var baseDelay: Duration = .seconds(1)
    /// The longest wait, unless the server asks for a longer one.
    package var longestDelay: Duration = .seconds(60)
    /// The time from the first request within which a further try may begin.
    package var totalTime: Duration = .seconds(300)

    package init() {}
  }

  /// The time limit of one request, from the first byte sent to the last one received.
  package var timeout: Duration = .seconds(30)
  /// The rate of all requests to the server, retries included.
  package var requestsPerSecond: Double = 10
  /// The most requests under way at the same time.
  package var concurrency = 8
  /// The largest answer that is read to its end, in decompressed bytes.
  package var maximumBodyBytes = 64 << 20
  package var retry = Retry()

  package init() {}
}
