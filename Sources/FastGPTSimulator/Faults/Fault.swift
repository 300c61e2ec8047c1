/// One way in which a response differs from the server's: replaced, altered or delivered badly.
/// `Fault.all` lists every fault, `Interceptor.faults` lets requests meet them.
package struct Fault: Sendable {
  /// The name in kebab-case, unique in the catalogue and never changed.
  package let name: String
  /// One sentence that describes the response.
  package let sentence: String
  private let replacement: @Sendable (_ genuine: RawResponse) -> RawResponse

  /// Makes a fault that the catalogue lacks.
  ///
  /// - Parameter replacement: makes the response that is sent from the genuine one
  package init(
    _ name: String, _ sentence: String,
    replacement: @escaping @Sendable (_ genuine: RawResponse) -> RawResponse
  ) {
    self.name = name
    self.sentence = sentence
    self.replacement = replacement
  }

  /// The response that is sent instead of a genuine one.
  package func response(insteadOf genuine: RawResponse) -> RawResponse { replacement(genuine) }
}

extension Fault {
  /// Sends the same response always.
  init(_ name: String, _ sentence: String, sends response: RawResponse) {
    self.init(name, sentence) { _ in response }
  }

  /// Sends the genuine response with another body.
  static func ofBody(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> Fault {
    Fault(name, sentence) { genuine in
      var altered = genuine
      altered.body = spoil(genuine.body)
      return altered
    }
  }

  /// Sends the genuine answer with other content in its envelope. A response without content stays
  /// as it is.
  static func ofContent(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> Fault {
    Fault(name, sentence) { genuine in
      guard let json = genuine.json else { return genuine }
      return .json(status: genuine.status, json.changing("data", spoil))
    }
  }
}
