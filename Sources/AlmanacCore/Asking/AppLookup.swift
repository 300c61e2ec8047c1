/// Finds the apps that a person means.
package struct AppLookup {
  private let apps: [(id: AppID, name: String)]
  private let place: String

  /// - Parameter place: where the apps are known, such as `the archive`
  package init(_ apps: [(id: AppID, name: String)], in place: String) {
    self.apps = apps
    self.place = place
  }

  /// The apps that the words mean; `nil` without a word.
  package func ids(of words: [String]) throws -> Set<AppID>? {
    guard !words.isEmpty else { return nil }
    return Set(try words.map(id))
  }

  /// The one app that a word means: by its id, by its name, or by a part of its name.
  ///
  /// Throws an ``AlmanacError`` with the code `usage` where that is no app, or several.
  package func id(of word: String) throws -> AppID {
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
        cause: "\(found.count) apps match it",
        hint: "name one by id: " + found.map { "\($0.id) (\($0.name))" }.joined(separator: ", "))
    }
    let near = Suggestion.nearest(to: word, among: apps.map(\.name))
    throw AlmanacError(
      .usage, "finding the app \(word)", cause: "\(place) has no such app",
      hint: near.map { "did you mean \"\($0)\"?" }
        ?? "known: " + apps.prefix(10).map(\.name).joined(separator: ", "))
  }
}
