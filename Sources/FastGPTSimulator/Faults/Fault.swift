/// One way in which a response is other than what the server meant to say: sent by something else,
/// altered, or delivered badly. `Fault.all` has every one, `Interceptor.faults` lets requests meet
/// them.
package struct Fault: Sendable {
  /// In kebab-case, unique in the catalogue, the same in every version.
  package let name: String
  /// One sentence on what the client gets.
  package let sentence: String
  private let replacement: @Sendable (_ genuine: RawResponse) -> RawResponse

  /// For a fault that the catalogue lacks.
  /// - Parameter replacement: makes what is sent from what the server would say
  package init(
    _ name: String, _ sentence: String,
    replacement: @escaping @Sendable (_ genuine: RawResponse) -> RawResponse
  ) {
    self.name = name
    self.sentence = sentence
    self.replacement = replacement
  }

  /// What is sent in place of a genuine response.
  package func response(insteadOf genuine: RawResponse) -> RawResponse { replacement(genuine) }
}

extension Fault {
  /// Always the same response.
  init(_ name: String, _ sentence: String, sends response: RawResponse) {
    self.init(name, sentence) { _ in response }
  }

  /// The genuine response with another body.
  static func ofBody(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> Fault {
    Fault(name, sentence) { genuine in
      var altered = genuine
      altered.body = spoil(genuine.body)
      return altered
    }
  }

  /// The genuine answer with other content in its envelope. What has no content passes as it is.
  static func ofContent(
    _ name: String, _ sentence: String, _ spoil: @escaping @Sendable (JSONValue) -> JSONValue
  ) -> Fault {
    Fault(name, sentence) { genuine in
      guard let json = genuine.json else { return genuine }
      return .json(status: genuine.status, json.changing("data", spoil))
    }
  }
}
