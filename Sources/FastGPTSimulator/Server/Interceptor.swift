/// Stands between the server and its client, where a proxy stands, and may send something else than
/// the server's own response: the one door for whatever goes wrong on the way.
package struct Interceptor: Sendable {
  /// Given what came in and what the server would say; nil lets that pass.
  package typealias Replacement =
    @Sendable (_ request: ReceivedRequest, _ genuine: RawResponse) -> RawResponse?

  /// Called once for each request, before any delay.
  package let replacement: Replacement

  /// The closure sees every request, also those that the server refuses.
  package init(_ replacement: @escaping Replacement) {
    self.replacement = replacement
  }
}
