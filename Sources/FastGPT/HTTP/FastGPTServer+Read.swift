import AlmanacCore
import Foundation
import Logging

/// Tries: one read is as many requests as its class of failure allows.
extension FastGPTServer {
  /// Turns the bytes of a body, and the place of its `data` in it, into an answer.
  typealias Decoder<Answer> =
    @Sendable (UnsafeBufferPointer<UInt8>, Int, Delivery) throws(JSONFault) -> Answer

  /// The most that is kept of a body that is no answer.
  private static let keptOfRefused = 1 << 20

  func read<Answer: Sendable>(
    _ request: FastGPTRequest, _ decode: @escaping Decoder<Answer>
  ) async throws -> Answer {
    var attempt = 0
    var start: Duration?
    while true {
      attempt += 1
      let number = attempt
      let (began, outcome) = try await turnstile.pass {
        try await pace.turn()
        return (timing.now(), try await exchange(request, attempt: number, decode))
      }
      // The time limit is one of trying: waiting for a place among the other reads is not in it.
      let first = start ?? began
      start = first
      let setback: Setback
      switch outcome {
      case .success(let answer): return answer
      case .failure(let failure): setback = failure
      }
      logger.debug(
        "no answer", metadata: metadata(request, attempt, ["cause": "\(setback.cause)"]))
      guard setback.isPassing, !request.isAnswered(by: setback), attempt < limits.retry.tries else {
        throw failure(setback, attempt)
      }
      let delay = delay(after: attempt, setback)
      guard timing.now() - first + delay < limits.retry.totalTime else {
        throw failure(setback, attempt, waitingFor: delay)
      }
      if setback.requestedDelay != nil { await pace.hold(for: delay) }
      try await timing.sleep(delay)
    }
  }

  /// Exponential with full jitter, so that reads that failed together do not come back together;
  /// never shorter than the server asks for.
  private func delay(after attempt: Int, _ setback: Setback) -> Duration {
    var longest = limits.retry.baseDelay
    for _ in 1..<attempt where longest < limits.retry.longestDelay { longest *= 2 }
    let jittered = min(longest, limits.retry.longestDelay) * timing.random()
    return max(jittered, setback.requestedDelay ?? .zero)
  }

  /// One request and its answer. Throws nothing but `CancellationError`.
  private func exchange<Answer: Sendable>(
    _ request: FastGPTRequest, attempt: Int, _ decode: Decoder<Answer>
  ) async throws -> Result<Answer, Setback> {
    let wire = try request.request(to: address, key: key, agent: agent)
    logger.debug("asking", metadata: metadata(request, attempt))
    let reply: Reply
    do {
      reply = try await transport.exchange(wire)
    } catch let setback as Setback {
      return .failure(setback)
    }
    logger.debug(
      "answered",
      metadata: metadata(
        request, attempt, ["status": "\(reply.status)", "bytes": "\(reply.body.count)"]))
    return await judged(reply, request, attempt, decode)
  }

  /// On the concurrent pool whoever asks, since a large answer takes a while.
  @concurrent
  private func judged<Answer: Sendable>(
    _ received: Reply, _ request: FastGPTRequest, _ attempt: Int, _ decode: Decoder<Answer>
  ) async -> Result<Answer, Setback> {
    var reply = received
    let redacted = key.redacting(received.body)
    // Names in the answer become names in the archive, so a key among them goes too. One so short
    // that it may be part of a number by chance is redacted only in what is kept of the body.
    if key.isUnmistakable { reply.body = redacted }
    let data: Int
    switch Verdict.on(reply, to: request, key: key) {
    case .setback(let setback): return .failure(setback)
    case .answer(let place): data = place
    }
    let delivery = Delivery(body: redacted, serverDate: reply.serverDate, attempts: attempt)
    do throws(JSONFault) {
      return .success(
        try reply.body.withUnsafeBufferPointer { bytes throws(JSONFault) in
          try decode(bytes, data, delivery)
        })
    } catch {
      var setback = Setback(
        .badAnswer,
        "the answer is not as it should be: \(error.reason) (HTTP \(reply.status))",
        isPassing: true, reply: reply)
      setback.requestedDelay = reply.requestedDelay()
      return .failure(setback)
    }
  }

  private func failure(
    _ setback: Setback, _ attempts: Int, waitingFor delay: Duration? = nil
  ) -> ReadFailure {
    var cause = setback.cause
    if attempts > 1 { cause += "; \(attempts) tries" }
    if let delay, setback.requestedDelay == delay {
      cause += "; the server asks to wait \(delay.words)"
    }
    let body = key.redacting(setback.reply?.body ?? [])
    return ReadFailure(
      setback.kind, cause, obstacle: setback.obstacle, status: setback.reply?.status,
      isFromFastGPT: setback.isFromFastGPT,
      delivery: Delivery(
        body: Array(body.prefix(Self.keptOfRefused)), serverDate: setback.reply?.serverDate,
        attempts: attempts))
  }

  private func metadata(
    _ request: FastGPTRequest, _ attempt: Int, _ further: Logger.Metadata = [:]
  ) -> Logger.Metadata {
    var metadata = further
    metadata["server"] = "\(address)"
    metadata["request"] = "\(request.name)"
    metadata["app"] = "\(request.app)"
    metadata["attempt"] = "\(attempt)"
    return metadata
  }
}
