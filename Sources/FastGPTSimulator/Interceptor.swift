/// Stands between the server and its client, where a proxy stands, and may send something else than
/// the server's own response: the one door for whatever goes wrong on the way.
package struct Interceptor: Sendable {
  /// Nil lets the server's own response pass.
  package typealias Replacement =
    @Sendable (_ request: ReceivedRequest, _ genuine: RawResponse) -> RawResponse?

  package let replacement: Replacement

  /// The closure sees every request, also those that the server refuses.
  package init(_ replacement: @escaping Replacement) {
    self.replacement = replacement
  }
}
