/// The way a conversation came in, such as `api` or `share`. The set is open.
///
/// Every source together comes first, then each by its name.
package enum Source: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Every source together. It is no source's name.
  case all
  case named(Name)

  package var description: String {
    switch self {
    case .all: "all"
    case .named(let name): name.text
    }
  }

  package static func < (left: Source, right: Source) -> Bool {
    switch (left, right) {
    case (.all, .all), (.named, .all): false
    case (.all, .named): true
    case (.named(let left), .named(let right)): left < right
    }
  }
}
