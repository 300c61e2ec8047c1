/// The 24 hexadecimal digits by which FastGPT knows an app; unique over all servers.
package struct AppID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  package init?(_ text: some StringProtocol) {
    let lowered = text.lowercased()
    guard lowered.utf8.count == 24,
      lowered.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.text = lowered
  }

  /// The id of no app: to ask about it shows whose key it is.
  package static let nobody = AppID(unchecked: String(repeating: "0", count: 24))

  private init(unchecked text: String) { self.text = text }

  package var description: String { text }

  package static func < (left: AppID, right: AppID) -> Bool { left.text < right.text }
}

/// One FastGPT application, as configured.
package struct App: Hashable, Sendable {
  package let id: AppID
  package let name: String
  package let tags: [Name]
  /// The name of the server that runs it.
  package let server: String
  /// Nothing older is wanted; `nil` for as far back as the server answers.
  package let since: Day?

  package init(id: AppID, name: String, tags: [Name] = [], server: String, since: Day? = nil) {
    self.id = id
    self.name = name
    self.tags = tags
    self.server = server
    self.since = since
  }
}

/// The way a conversation came in; an open set, in the order of its names.
package enum Source: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// No filter. The name of no source.
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
