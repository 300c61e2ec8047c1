/// Finds the apps that a person means.
package struct AppChoice {
  private let apps: [(id: AppID, name: String)]
  private let place: String

  /// - Parameter place: what knows the apps, for a person
  package init(_ apps: [(id: AppID, name: String)], of place: String) {
    self.apps = apps
    self.place = place
  }

  /// By id or name; `nil` if nothing was named.
  package func ids(_ words: [String]) throws -> Set<AppID>? {
    guard !words.isEmpty else { return nil }
    return Set(try words.map(id))
  }

  /// The one app that is meant.
  package func id(_ word: String) throws -> AppID {
    if let id = AppID(word), apps.contains(where: { $0.id == id }) { return id }
    guard word.contains(where: { !$0.isWhitespace }) else {
      throw AlmanacError(
        .usage, "finding an app", cause: "--app is empty", hint: "name the app, by id or name")
    }
    let lowered = word.lowercased()
    var found = apps.filter { Name($0.name) == Name(word) }
    if found.isEmpty { found = apps.filter { $0.name.lowercased() == lowered } }
    if found.isEmpty { found = apps.filter { $0.name.lowercased().contains(lowered) } }
    if found.count == 1 { return found[0].id }
    guard found.isEmpty else {
      throw AlmanacError(
        .usage, "finding the app \(word)",
        cause: "\(found.count) apps are meant by it",
        hint: "name one by id: " + found.map { "\($0.id) (\($0.name))" }.joined(separator: ", "))
    }
    let near = Suggestion.nearest(to: word, among: apps.map(\.name))
    throw AlmanacError(
      .usage, "finding the app \(word)", cause: "\(place) has no such app",
      hint: near.map { "did you mean \"\($0)\"?" }
        ?? "known: " + apps.prefix(10).map(\.name).joined(separator: ", "))
  }
}
