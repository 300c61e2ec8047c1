/// The way to a server: through which proxy, and on whose word it is believed to be itself.
package struct Route: Sendable {
  /// `nil` for none.
  package var proxy: ProxyAddress?
  package var authorities = Authorities.system

  package init(proxy: ProxyAddress? = nil) {
    self.proxy = proxy
  }
}
