import AlmanacCore

extension RunMessages {
  /// The next thing to do about what was in the way of a read; `nil` where its kind says more.
  static func hint(_ obstacle: ReadFailure.Obstacle?, _ apps: [App]) -> String? {
    let server = apps.first?.server ?? "default"
    switch obstacle {
    case nil: return nil
    case .limit:
      return "lower requests_per_second or concurrency in the configuration, or wait: the next run "
        + "reads what is missing"
    case .gateway:
      return "the key was not looked at: check what stands in front of FastGPT at the url of the "
        + "server \(server), and let requests of this host through to it"
    }
  }
}
