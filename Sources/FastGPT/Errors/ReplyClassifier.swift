import AlmanacCore
import Foundation

/// Tells an answer from a failed attempt, and gives each failure its kind and its words.
///
/// The envelope decides. The HTTP status decides only if there is no envelope: FastGPT sends 500
/// with every error, while a proxy sends the status that it means (docs/server.md, errors).
struct ReplyClassifier {
  let reply: Reply
  let request: FastGPTRequest
  /// The key that no message may show.
  let key: APIKey?

  /// The answer in the reply, or the failure that it is.
  ///
  /// - Parameter decode: reads the value of `data`
  func result<Answer>(
    _ decode: (inout JSONReader) throws(JSONFault) -> Answer
  ) -> Result<Answer, FailedAttempt> {
    var failed: FailedAttempt
    if (300..<400).contains(reply.status) {
      failed = redirect()
    } else {
      var answer: Answer?
      var fault: JSONFault?
      let reading = Envelope.read(reply.body) { reader throws(JSONFault) in
        do throws(JSONFault) {
          answer = try decode(&reader)
        } catch {
          fault = error
          throw error
        }
      }
      switch reading {
      case .envelope(let envelope) where envelope.code == 200 && reply.status == 200:
        if let answer { return .success(answer) }
        failed = badAnswer(
          fault.map { "the answer has an unexpected form: \($0.reason)" }
            ?? "the answer has no data")
      case .envelope(let envelope) where envelope.code != 200:
        failed = serverError(envelope)
      default:
        failed = reply.status == 200 ? noEnvelope(reading) : failure(ofStatus: reply.status)
      }
    }
    if failed.isTransient { failed.requestedDelay = reply.requestedDelay() }
    failed.reply = reply
    return .failure(failed)
  }

  /// Refuses a redirect, which could take the key to any other server.
  private func redirect() -> FailedAttempt {
    let target = reply.location.map { Quotation.line($0, key: key, limit: 4096) } ?? ""
    // Only scheme, host and port are shown: a path or a query may repeat the request.
    let end = target.range(of: "://").map { scheme in
      target[scheme.upperBound...].firstIndex { "/?#\\".contains($0) } ?? target.endIndex
    }
    let place = end.map { String(target[..<$0].suffix(100)) }
    return FailedAttempt(
      .badAnswer,
      cause:
        "the server redirects to \(place ?? "another path of its own") (HTTP \(reply.status)); "
        + "redirects are not followed, so the configured url must be the final one")
  }

  private func badAnswer(_ words: String) -> FailedAttempt {
    FailedAttempt(.badAnswer, cause: "\(words) (HTTP \(reply.status))", isTransient: true)
  }

  /// Describes a body with status 200 that is not FastGPT's.
  private func noEnvelope(_ reading: Envelope.Reading) -> FailedAttempt {
    switch reading {
    case .envelope: badAnswer("the answer says success and failure at once")
    case .bareObject, .bareText:
      FailedAttempt(
        .unreachable, cause: "a service behind FastGPT did not answer (HTTP \(reply.status))",
        isTransient: true)
    case .markup: badAnswer("a web page came instead of an answer")
    case .empty: badAnswer("the answer is empty")
    case .unreadable(let words): badAnswer("the answer is \(words)")
    }
  }

  /// Describes a reply of a proxy or another program by its HTTP status.
  private func failure(ofStatus status: Int) -> FailedAttempt {
    let shown = "(HTTP \(reply.status))"
    switch status {
    case 407:
      return FailedAttempt(
        .unreachable, cause: "a proxy on the way wants a user and a password \(shown)",
        obstacle: .proxyLogin)
    case 401, 403:
      return FailedAttempt(
        .key, cause: "a proxy or gateway in front of FastGPT refused access \(shown)",
        obstacle: .gateway)
    case 404, 405, 410:
      return FailedAttempt(
        .unsupported, cause: "this address has no app-log API, or is not a FastGPT server \(shown)")
    case 429:
      return FailedAttempt(
        .unreachable, cause: "too many requests \(shown)", isTransient: true, obstacle: .limit)
    case 408, 425, 500, 502, 503, 504, 520...530:
      return FailedAttempt(
        .unreachable, cause: "the server or a proxy in front of it failed \(shown)",
        isTransient: true)
    case 400..<500: return FailedAttempt(.request, cause: "the request was refused \(shown)")
    default:
      return FailedAttempt(.badAnswer, cause: "the reply is not an answer of FastGPT \(shown)")
    }
  }

  private func serverError(_ envelope: Envelope) -> FailedAttempt {
    let error = ServerError(statusText: envelope.statusText, code: envelope.code)
    var failed =
      switch error {
      case .lasting(let kind): FailedAttempt(kind, cause: cause(of: kind, in: envelope))
      case .tooManyRequests:
        FailedAttempt(
          .unreachable, cause: cause("too many requests", in: envelope), isTransient: true,
          obstacle: .limit)
      case .general: general(envelope)
      case nil: unknown(envelope)
      }
    // FastGPT names its errors and sends them with status 500. A gateway's errors may look like
    // them, but lack one of the two. A limit on requests is left out, since it says nothing about
    // this request.
    failed.isFromFastGPT =
      reply.status == 500 && !envelope.statusText.isEmpty && error != .tooManyRequests
    return failed
  }

  private func cause(of kind: ReadFailure.Kind, in envelope: Envelope) -> String {
    switch kind {
    case .key: cause("the server rejected the key", in: envelope)
    case .account:
      cause("the team's account does not allow this: quota, balance or role", in: envelope)
    case .app: cause("the server has no such app, or the key may not read it", in: envelope)
    default: cause("the server rejected the request as invalid", in: envelope)
    }
  }

  /// Describes the unspecific `error`: its message tells a bad request from a transient failure.
  private func general(_ envelope: Envelope) -> FailedAttempt {
    if let fields = envelope.faultyFields {
      // An issue in another field would fail the request for a known source too.
      let isSource = request.namesSource && fields.allSatisfy { $0 == "source" }
      let names = fields.filter { !$0.isEmpty }.joined(separator: ", ")
      let shown = names.isEmpty ? "" : ": " + Quotation.line(names, key: key, limit: 80)
      return isSource
        ? FailedAttempt(
          .source, cause: cause("the server did not accept this source", in: envelope, quoting: ""))
        : FailedAttempt(
          .request,
          cause: cause(
            "the server rejected the request as invalid\(shown)", in: envelope, quoting: ""))
    }
    if envelope.message.contains("商业版") || envelope.message.lowercased().contains("commercial") {
      return FailedAttempt(
        .unsupported,
        cause: cause(
          "this server lacks the app-log API, which is part of the commercial version", in: envelope
        ))
    }
    return FailedAttempt(
      .unreachable, cause: cause("the server reported a failure", in: envelope), isTransient: true)
  }

  /// Describes an error whose name and number almanac does not know. A number in the range of HTTP
  /// statuses is read as one.
  private func unknown(_ envelope: Envelope) -> FailedAttempt {
    var failed = FailedAttempt(.request, cause: "")
    if let code = envelope.code, (400..<600).contains(code) {
      failed = failure(ofStatus: code)
    } else if (400..<600).contains(reply.status), reply.status != 500 {
      failed = failure(ofStatus: reply.status)
    }
    failed.cause = cause("the server reported an unknown error", in: envelope)
    // FastGPT itself answered, so no gateway was in the way.
    if failed.obstacle == .gateway { failed.obstacle = nil }
    return failed
  }

  /// The cause in full: `words (HTTP 500, unAuthApiKey, code 514): “message”`.
  private func cause(
    _ words: String, in envelope: Envelope, quoting message: String? = nil
  ) -> String {
    var parts = ["HTTP \(reply.status)"]
    let name = Quotation.line(envelope.statusText, key: key, limit: 40)
    if !name.isEmpty { parts.append(name) }
    if let code = envelope.code { parts.append("code \(code)") }
    let quoted = Quotation.line(message ?? envelope.message, key: key)
    return "\(words) (\(parts.joined(separator: ", ")))" + (quoted.isEmpty ? "" : ": “\(quoted)”")
  }
}
