import AlmanacCore

extension RunMessages {
  /// The next thing to do about an obstacle; `nil` if the kind of the failure says more.
  static func hint(against obstacle: ReadFailure.Obstacle?, for apps: [App]) -> String? {
    let server = apps.first?.server ?? "default"
    switch obstacle {
    case nil: return nil
    case .limit:
      return "lower requests_per_second or concurrency in the configuration, or wait: the next run "
        + "reads what is missing"
    case .gateway:
      return "the key was not looked at: check what stands in front of FastGPT at the url of the "
        + "server \(server), and let requests of this host through to it"
    case .proxy:
      return "check the proxy of the server \(server): its proxy or proxy_file, else $HTTPS_PROXY, "
        + "$HTTP_PROXY or $ALL_PROXY; $NO_PROXY names what is reached without it"
    case .proxyLogin:
      return
        "put the proxy's whole address, as in http://user:password@proxy:3128, into a file that "
        + "others may not read, and name the file in proxy_file of the server \(server)"
    case .certificate:
      return "if an authority of your own has signed it, name its certificate in ca_file of the "
        + "server \(server); if it is for another name, correct the url"
    }
  }
}
