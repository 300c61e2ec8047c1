// AlmanacCore holds the words of almanac and the arithmetic of civil days.
// Owns: days and buckets (Calendar/), what a read brings (Reading/), metrics and series (Asking/).
// Refuses: files, the network and the clock. It imports nothing but Foundation.
// Start here, then read Calendar/Bucket.swift and Reading/Answer.swift.

/// The 24 hexadecimal digits by which FastGPT knows an app; unique over all servers.
package struct AppID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  /// Fails unless the text is 24 hexadecimal digits; capital letters become small ones.
  package init?(_ text: some StringProtocol) {
    let lowered = text.lowercased()
    guard lowered.utf8.count == 24,
      lowered.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.text = lowered
  }

  /// The id that no app has. Its totals are asked for to learn whether a key belongs to one app.
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
  /// The oldest day that is wanted; `nil` for as far back as the server answers.
  package let since: Day?

  package init(id: AppID, name: String, tags: [Name] = [], server: String, since: Day? = nil) {
    self.id = id
    self.name = name
    self.tags = tags
    self.server = server
    self.since = since
  }
}
