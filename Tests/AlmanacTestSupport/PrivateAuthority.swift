import NIOSSL

/// An authority that no system trusts, and a certificate for `localhost` and 127.0.0.1 that it has
/// signed. Both are good until 2126; the key of the authority is lost.
package enum PrivateAuthority {
  package static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBrDCCAVGgAwIBAgIUXc483u1H+D5uUrKRWJM+YgVjyqowCgYIKoZIzj0EAwIw
    IjEgMB4GA1UEAwwXYWxtYW5hYydzIG93biBhdXRob3JpdHkwIBcNMjYxMTI1MjEw
    OTQwWhgPMjEyNjExMDEyMTA5NDBaMCIxIDAeBgNVBAMMF2FsbWFuYWMncyBvd24g
    YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEz7Sj+3dJGZ6D2ytI
    NkuVJ0tR7tG2Xz9RkS/CEqEyZFfgfzUB4jABM0nfl3lXcM47TZ6sxiUAQibVEUlZ
    EKWfHKNjMGEwHQYDVR0OBBYEFBDMfIlHp2+EgAJkeaMV7wSos4B1MB8GA1UdIwQY
    MBaAFBDMfIlHp2+EgAJkeaMV7wSos4B1MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
    AQH/BAQDAgIEMAoGCCqGSM49BAMCA0kAMEYCIQCA03iC0B63nnGXNs0/zl5oFsY5
    j5DLkR2cDNi2f3H1aQIhAJj/t2lvJq3locn71eqRAaXsKMw1QYzDfgx9xK5WukJ+
    -----END CERTIFICATE-----
    """

  private static let serverCertificate = """
    -----BEGIN CERTIFICATE-----
    MIIBtzCCAV6gAwIBAgIUItX0fTrbSovSrtvHrsgwJBgOpq8wCgYIKoZIzj0EAwIw
    IjEgMB4GA1UEAwwXYWxtYW5hYydzIG93biBhdXRob3JpdHkwIBcNMjYxMTI1MjEw
    OTQwWhgPMjEyNjExMDEyMTA5NDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMG
    ByqGSM49AgEGCCqGSM49AwEHA0IABJQjAVfBX25BcHqbA6FMoHkQhpUzbAaecSgf
    KM1irjE2rX1NaSqGGiY0sNkd1JhSMJXL2TJNiSYZagiT2jOuEdujfjB8MBoGA1Ud
    EQQTMBGCCWxvY2FsaG9zdIcEfwAAATAJBgNVHRMEAjAAMBMGA1UdJQQMMAoGCCsG
    AQUFBwMBMB0GA1UdDgQWBBRCetaK0pX+d2fSfm3nNFnD9iYt6TAfBgNVHSMEGDAW
    gBQQzHyJR6dvhIACZHmjFe8EqLOAdTAKBggqhkjOPQQDAgNHADBEAiBTSfQWBndC
    oZDCBEPW3SfPP7iQX8XQLY1j+gBw/XtjtgIgP/vb8b6rASCwqzOpRg8ZttBA1s+G
    DZKDnI+lfitZ9/4=
    -----END CERTIFICATE-----
    """

  private static let serverKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRF1AjVoKcyBDksVg
    sW6Ph0AUB/vx0hAYuzYjWb8duZWhRANCAASUIwFXwV9uQXB6mwOhTKB5EIaVM2wG
    nnEoHyjNYq4xNq19TWkqhhomNLDZHdSYUjCVy9kyTYkmGWoIk9ozrhHb
    -----END PRIVATE KEY-----
    """

  /// The TLS context of a server that the authority vouches for.
  package static func serverContext() throws -> NIOSSLContext {
    let certificate = try NIOSSLCertificate(bytes: Array(serverCertificate.utf8), format: .pem)
    let key = try NIOSSLPrivateKey(bytes: Array(serverKey.utf8), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
  }
}
