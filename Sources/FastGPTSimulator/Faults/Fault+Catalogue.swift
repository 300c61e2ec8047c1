extension Fault {
  /// Every fault there is.
  package static func all(_ setting: Setting) -> [Fault] {
    proxies(setting) + envelopes(setting) + deliveries(setting) + bodies + compressions + points
  }

  /// The fault of a name; nil for a name that the catalogue lacks.
  package static func named(_ name: String, _ setting: Setting) -> Fault? {
    all(setting).first { $0.name == name }
  }
}
