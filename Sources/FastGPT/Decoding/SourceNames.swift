import AlmanacCore

/// The source names in the maps of one answer, each turned into text only once.
///
/// Most maps of an answer hold the same names in the same order. Each key is therefore compared,
/// byte by byte, with the key at the same place of the previous map first.
struct SourceNames {
  /// The result of adding a key.
  enum Key {
    case known
    /// The same map already holds the name.
    case repeated
    /// The text cannot be the name of a source.
    case unusable
  }

  private struct Entry {
    let key: JSONKey
    let name: Name
    /// The number of the map that last held it.
    var map: Int
  }

  private var entries: [Entry] = []
  private var places: [Name: Int] = [:]
  private var map = 0
  /// The entries of the map that is being read; below, those of the previous map and their names.
  private var current: [Int] = []
  private var previous: [Int] = []
  private var names: [Name] = []

  /// The number of names in the previous map.
  var expected: Int { previous.count }

  mutating func begin() {
    map += 1
    current.removeAll(keepingCapacity: true)
  }

  mutating func take(_ key: JSONKey) -> Key {
    let place = current.count
    let entry: Int
    if place < previous.count, entries[previous[place]].key.isSpelled(like: key) {
      entry = previous[place]
    } else {
      let name = Name(key.text)
      if isUnusable(name) { return .unusable }
      entry = places[name] ?? entries.count
      if entry == entries.count {
        places[name] = entry
        entries.append(Entry(key: key, name: name, map: 0))
      }
    }
    if entries[entry].map == map { return .repeated }
    entries[entry].map = map
    current.append(entry)
    return .known
  }

  /// Whether the name is empty, means all sources, or holds a zero byte, which the archive would
  /// not give back.
  private func isUnusable(_ name: Name) -> Bool {
    name == "" || name == Name(Source.all.description) || name.text.utf8.contains(0)
  }

  /// Ends a map and returns its names in order.
  mutating func end() -> [Name] {
    if current != previous {
      names = current.map { entries[$0].name }
      previous = current
    }
    return names
  }
}
