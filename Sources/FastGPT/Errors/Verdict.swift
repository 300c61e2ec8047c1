import AlmanacCore
import Foundation

/// What one reply is: an answer to decode, or a setback.
enum Verdict {
  /// Status 200, `code` 200, and `data` begins at this byte.
  case answer(data: Int)
  case setback(Setback)

  /// Judges a reply by its envelope, and by its HTTP status only where there is none: FastGPT
  /// sends 500 with everything, a proxy sends what it means.
  static func on(_ reply: Reply, to request: FastGPTRequest, key: APIKey?) -> Verdict {
    let judge = Judge(reply: reply, request: request, key: key)
    var setback: Setback
    if (300..<400).contains(reply.status) {
      setback = judge.redirect()
    } else {
      let reading = Envelope.read(reply.body)
      switch reading {
      case .envelope(let envelope) where envelope.code == 200 && reply.status == 200:
        if let data = envelope.data { return .answer(data: data) }
        setback = judge.badAnswer("the answer has no data")
      case .envelope(let envelope) where envelope.code != 200:
        setback = judge.serverError(envelope)
      default:
        setback = reply.status == 200 ? judge.noEnvelope(reading) : judge.status(reply.status)
      }
    }
    if setback.isPassing { setback.requestedDelay = reply.requestedDelay() }
    setback.reply = reply
    return .setback(setback)
  }
}

/// The words and the class for each sort of reply that is no answer.
private struct Judge {
  let reply: Reply
  let request: FastGPTRequest
  let key: APIKey?

  /// The server decides where a key goes only once: a redirect could take it anywhere.
  func redirect() -> Setback {
    let target = reply.location.map { Quotation.line($0, key: key, limit: 4096) } ?? ""
    // Scheme, host and port: a path or a query may repeat what was sent.
    let end = target.range(of: "://").map { scheme in
      target[scheme.upperBound...].firstIndex { "/?#\\".contains($0) } ?? target.endIndex
    }
    let place = end.map { String(target[..<$0].suffix(100)) }
    return Setback(
      .badAnswer,
      "the server redirects to \(place ?? "another path of its own") (HTTP \(reply.status)); "
        + "redirects are not followed, so the configured url must be the final one")
  }

  func badAnswer(_ words: String) -> Setback {
    Setback(.badAnswer, "\(words) (HTTP \(reply.status))", isPassing: true)
  }

  /// A body with status 200 that is not FastGPT's.
  func noEnvelope(_ reading: Envelope.Reading) -> Setback {
    switch reading {
    case .envelope: badAnswer("the answer contradicts itself")
    case .bareObject, .bareText:
      Setback(
        .unreachable, "what FastGPT asks in turn did not answer (HTTP \(reply.status))",
        isPassing: true)
    case .markup: badAnswer("a web page came instead of an answer")
    case .empty: badAnswer("the answer is empty")
    case .unreadable(let words): badAnswer("the answer is \(words)")
    }
  }

  /// A status of somebody who does not speak FastGPT's language: a proxy, or another program.
  func status(_ status: Int) -> Setback {
    let shown = "(HTTP \(reply.status))"
    switch status {
    case 407:
      return Setback(
        .unreachable, "a proxy on the way wants a user and a password \(shown)",
        obstacle: .proxyLogin)
    case 401, 403:
      return Setback(
        .key, "a proxy or gateway refuses access before FastGPT is asked \(shown)",
        obstacle: .gateway)
    case 404, 405, 410:
      return Setback(
        .unsupported, "there is no app-log API at this address, or no FastGPT \(shown)")
    case 429:
      return Setback(.unreachable, "too many requests \(shown)", isPassing: true, obstacle: .limit)
    case 408, 425, 500, 502, 503, 504, 520...530:
      return Setback(
        .unreachable, "the server or its proxy fails for the moment \(shown)", isPassing: true)
    case 400..<500: return Setback(.request, "the request is refused \(shown)")
    default: return Setback(.badAnswer, "no answer of FastGPT \(shown)")
    }
  }

  func serverError(_ envelope: Envelope) -> Setback {
    let error = ServerError(statusText: envelope.statusText, code: envelope.code)
    var setback =
      switch error {
      case .lasting(let kind): Setback(kind, cause(of: kind, envelope))
      case .tooManyRequests:
        Setback(
          .unreachable, cause("too many requests", envelope), isPassing: true, obstacle: .limit)
      case .general: general(envelope)
      case nil: unknown(envelope)
      }
    // FastGPT names its errors, and sends them with status 500; a gateway's may look alike. That
    // there were too many requests says nothing of what was asked.
    setback.isFromFastGPT =
      reply.status == 500 && !envelope.statusText.isEmpty && error != .tooManyRequests
    return setback
  }

  private func cause(of kind: ReadFailure.Kind, _ envelope: Envelope) -> String {
    switch kind {
    case .key: cause("the server refuses the key", envelope)
    case .account: cause("the account may not, or no longer", envelope)
    case .app: cause("the server does not know this app, or not for this key", envelope)
    default: cause("the server finds fault with the request", envelope)
    }
  }

  /// `error`, code 500: the message tells a fault of the request from one that passes.
  private func general(_ envelope: Envelope) -> Setback {
    if let fields = envelope.faultyFields {
      // One issue elsewhere would fail the request for a known source too.
      let isSource = request.namesSource && fields.allSatisfy { $0 == "source" }
      let names = fields.filter { !$0.isEmpty }.joined(separator: ", ")
      let shown = names.isEmpty ? "" : ": " + Quotation.line(names, key: key, limit: 80)
      return isSource
        ? Setback(.source, cause("the server does not accept this source", envelope, quoting: ""))
        : Setback(
          .request, cause("the server finds fault with the request\(shown)", envelope, quoting: ""))
    }
    if envelope.message.contains("商业版") || envelope.message.lowercased().contains("commercial") {
      return Setback(
        .unsupported,
        cause("this server lacks the app-log API, a part of the commercial version", envelope))
    }
    return Setback(.unreachable, cause("the server fails", envelope), isPassing: true)
  }

  /// A name and a number that no version known to almanac has. Where the number is one of HTTP it
  /// means what it means there.
  private func unknown(_ envelope: Envelope) -> Setback {
    var setback = Setback(.request, "")
    if let code = envelope.code, (400..<600).contains(code) {
      setback = status(code)
    } else if (400..<600).contains(reply.status), reply.status != 500 {
      setback = status(reply.status)
    }
    setback.cause = cause("the server answers with an error", envelope)
    // It was FastGPT that answered.
    if setback.obstacle == .gateway { setback.obstacle = nil }
    return setback
  }

  /// `words (HTTP 500, unAuthApiKey, code 514): “message”`.
  private func cause(
    _ words: String, _ envelope: Envelope, quoting message: String? = nil
  ) -> String {
    var parts = ["HTTP \(reply.status)"]
    let name = Quotation.line(envelope.statusText, key: key, limit: 40)
    if !name.isEmpty { parts.append(name) }
    if let code = envelope.code { parts.append("code \(code)") }
    let quoted = Quotation.line(message ?? envelope.message, key: key)
    return "\(words) (\(parts.joined(separator: ", ")))" + (quoted.isEmpty ? "" : ": “\(quoted)”")
  }
}
