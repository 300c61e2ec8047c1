import Foundation

extension Fault {
  /// Responses of a proxy or a dead upstream, instead of the server's.
  static func proxies(_ setting: Setting) -> [Fault] {
    [
      Fault("limit-seconds", "A proxy's 429 page with Retry-After in seconds.") { _ in
        page(429, "Too Many Requests", headers: ["Retry-After": String(setting.retryAfter)])
      },
      Fault("limit-date", "A proxy's 429 page with Retry-After as an HTTP date.") { _ in
        let date = setting.clock() + TimeInterval(setting.retryAfter)
        return page(429, "Too Many Requests", headers: ["Retry-After": date.httpDate])
      },
      Fault(
        "limit-page", "A proxy's 429 page without Retry-After.",
        sends: page(429, "Too Many Requests")),
      Fault("gateway-502", "A proxy's 502 page.", sends: page(502, "Bad Gateway")),
      Fault("gateway-503", "A proxy's 503 page.", sends: page(503, "Service Unavailable")),
      Fault("gateway-504", "A proxy's 504 page.", sends: page(504, "Gateway Time-out")),
      Fault(
        "redirect", "A 302 to another host.",
        sends: page(302, "Found", headers: ["Location": setting.redirect])),
      Fault("login-page", "A login page with status 200.", sends: page(200, "Sign in")),
      Fault(
        "upstream-object", "The bare error object of a dead upstream with status 200.",
        sends: .json([
          "errno": -111, "code": "ECONNREFUSED", "syscall": "connect", "address": "10.0.0.7",
          "port": 3000,
        ])),
      Fault(
        "upstream-text", "The bare error text of a dead upstream with status 200.",
        sends: RawResponse(
          status: 200, headers: ["Content-Type": "text/plain; charset=utf-8"],
          body: Array("connect ECONNREFUSED 10.0.0.7:3000".utf8))),
      Fault(
        "key-in-header", "A proxy's 502 page with the key in two of its headers.",
        sends: page(
          502, "Bad Gateway",
          headers: [
            "X-Forwarded-Authorization": "Bearer \(setting.key)", "Via": "1.1 \(setting.key)",
          ])),
    ]
  }

  private static func page(
    _ status: Int, _ title: String, headers: [String: String] = [:]
  ) -> RawResponse {
    RawResponse(
      status: status, headers: headers,
      html: """
        <!DOCTYPE html>
        <html><head><title>\(title)</title></head>
        <body><center><h1>\(title)</h1></center><hr><center>nginx</center></body></html>

        """)
  }
}
