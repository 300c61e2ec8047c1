import AlmanacCore
import Foundation
import Logging

/// A read makes one request, and further tries as long as the failures are transient.
extension FastGPTServer {
  /// Turns the value of `data`, which a reader has come to, into an answer.
  typealias Decoder<Answer> = @Sendable (inout JSONReader, Delivery) throws(JSONFault) -> Answer

  /// The most bytes that are kept of a body that is not an answer.
  private static let keptOfRefused = 1 << 20

  func read<Answer: Sendable>(
    _ request: FastGPTRequest, decode: @escaping Decoder<Answer>
  ) async throws -> Answer {
    var attempt = 0
    var start: Duration?
    while true {
      attempt += 1
      let number = attempt
      let (began, outcome) = try await concurrencyLimit.run {
        try await rateLimit.waitForTurn()
        return (timing.now(), try await exchange(request, attempt: number, decode: decode))
      }
      // The time limit begins with the first request, not with the wait for a free place.
      let first = start ?? began
      start = first
      let failed: FailedAttempt
      switch outcome {
      case .success(let answer): return answer
      case .failure(let failure): failed = failure
      }
      logger.debug(
        "no answer",
        metadata: metadata(of: request, attempt: attempt, adding: ["cause": "\(failed.cause)"]))
      guard failed.isTransient, !request.isAnswered(by: failed), attempt < limits.retry.tries else {
        throw failure(failed, attempts: attempt)
      }
      let delay = delay(after: attempt, for: failed)
      guard timing.now() - first + delay < limits.retry.totalTime else {
        throw failure(failed, attempts: attempt, waitingFor: delay)
      }
      if failed.requestedDelay != nil { await rateLimit.pause(for: delay) }
      try await timing.sleep(delay)
    }
  }

  /// The wait after a failed attempt: exponential with full jitter, so that reads that failed
  /// together do not return together, and never shorter than the server asks for.
  private func delay(after attempt: Int, for failed: FailedAttempt) -> Duration {
    var longest = limits.retry.baseDelay
    for _ in 1..<attempt where longest < limits.retry.longestDelay { longest *= 2 }
    let jittered = min(longest, limits.retry.longestDelay) * timing.random()
    return max(jittered, failed.requestedDelay ?? .zero)
  }

  /// Makes one request. Throws only `CancellationError`.
  private func exchange<Answer: Sendable>(
    _ request: FastGPTRequest, attempt: Int, decode: Decoder<Answer>
  ) async throws -> Result<Answer, FailedAttempt> {
    let wire = try request.request(to: address, key: key, agent: agent)
    logger.debug("asking", metadata: metadata(of: request, attempt: attempt))
    let reply: Reply
    do {
      reply = try await transport.exchange(wire)
    } catch let failed as FailedAttempt {
      return .failure(failed)
    }
    logger.debug(
      "answered",
      metadata: metadata(
        of: request, attempt: attempt,
        adding: ["status": "\(reply.status)", "bytes": "\(reply.body.count)"]))
    return await classify(reply, to: request, attempt: attempt, decode: decode)
  }

  /// Decodes an answer, or says why it is none. It runs on the concurrent pool, since a large
  /// answer takes a while.
  @concurrent
  private func classify<Answer: Sendable>(
    _ received: Reply, to request: FastGPTRequest, attempt: Int, decode: Decoder<Answer>
  ) async -> Result<Answer, FailedAttempt> {
    Stage.decoding.measured { classified(received, to: request, attempt: attempt, decode: decode) }
  }

  private func classified<Answer>(
    _ received: Reply, to request: FastGPTRequest, attempt: Int, decode: Decoder<Answer>
  ) -> Result<Answer, FailedAttempt> {
    var reply = received
    let redacted = key.redacting(received.body)
    // Names in the answer become names in the archive, so the key is redacted there too. A key
    // short enough to be part of a number by chance is redacted only in the stored body.
    if key.isUnmistakable { reply.body = redacted }
    let delivery = Delivery(body: redacted, serverDate: reply.serverDate, attempts: attempt)
    return ReplyClassifier(reply: reply, request: request, key: key)
      .result { reader throws(JSONFault) in try decode(&reader, delivery) }
  }

  private func failure(
    _ failed: FailedAttempt, attempts: Int, waitingFor delay: Duration? = nil
  ) -> ReadFailure {
    var cause = failed.cause
    if attempts > 1 { cause += "; \(attempts) tries" }
    if let delay, failed.requestedDelay == delay {
      cause += "; the server asks to wait \(delay.words)"
    }
    let body = key.redacting(failed.reply?.body ?? [])
    return ReadFailure(
      failed.kind, cause, obstacle: failed.obstacle, status: failed.reply?.status,
      isFromFastGPT: failed.isFromFastGPT,
      delivery: Delivery(
        body: Array(body.prefix(Self.keptOfRefused)), serverDate: failed.reply?.serverDate,
        attempts: attempts))
  }

  private func metadata(
    of request: FastGPTRequest, attempt: Int, adding further: Logger.Metadata = [:]
  ) -> Logger.Metadata {
    var metadata = further
    metadata["server"] = "\(address)"
    metadata["request"] = "\(request.name)"
    metadata["app"] = "\(request.app)"
    metadata["attempt"] = "\(attempt)"
    return metadata
  }
}
