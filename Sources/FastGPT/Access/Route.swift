/// The way to a server: the proxy in between, and the authorities that vouch for the server.
package struct Route: Sendable {
  /// `nil` connects directly.
  package var proxy: ProxyAddress?
  package var authorities = CertificateAuthorities.system

  package init(proxy: ProxyAddress? = nil) {
    self.proxy = proxy
  }
}
