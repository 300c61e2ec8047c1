/// Finds the word that a person may have meant by a misspelt one.
package enum Suggestion {
  /// The nearest candidate, if it is near enough to be meant.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    candidates
      .map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
      .filter { $0.distance <= max(1, word.count / 3) }
      .min { $0.distance < $1.distance }?.candidate
  }

  /// The nearest name, if it is near enough to be meant.
  package static func nearest(to word: Name, among candidates: [Name]) -> String? {
    nearest(to: word.text, among: candidates.map(\.text))
  }

  /// Insertions, deletions and substitutions between two words (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (index, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let substituted = diagonal + (right[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
