/// Stands between the server and its client, as a proxy does, and may replace a response. Every
/// failure on the way is made here.
package struct Interceptor: Sendable {
  /// Makes the response to a request from the genuine one; nil lets the genuine one pass.
  package typealias Replacement =
    @Sendable (_ request: ReceivedRequest, _ genuine: RawResponse) -> RawResponse?

  /// The closure, called once for each request and before any delay.
  package let replacement: Replacement

  /// Passes every request to the closure, also those that the server refuses.
  package init(_ replacement: @escaping Replacement) {
    self.replacement = replacement
  }
}
