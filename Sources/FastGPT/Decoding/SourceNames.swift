import AlmanacCore

/// The names of the sources in the maps of one answer, each made into text once.
///
/// The maps of an answer have mostly the same names in the same order, so the name that stood at
/// the same place of the map before is tried first, byte by byte.
struct SourceNames {
  /// What a key of a map is.
  enum Key {
    case known
    /// It was there before in the same map.
    case repeated
    /// No name of a source.
    case unusable
  }

  private struct Entry {
    let key: JSONKey
    let name: Name
    /// The map that it was last seen in.
    var map: Int
  }

  private var entries: [Entry] = []
  private var places: [Name: Int] = [:]
  private var map = 0
  /// The entries of the map that is being read, and of the one before, with its names.
  private var current: [Int] = []
  private var previous: [Int] = []
  private var names: [Name] = []

  /// How many names the map before had.
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

  /// Whether a source of this name could not be asked for, would be taken for all of them, or
  /// would not come back from the archive as it went in.
  private func isUnusable(_ name: Name) -> Bool {
    name == "" || name == Name(Source.all.description) || name.text.utf8.contains(0)
  }

  /// The names of the map, in its order.
  mutating func end() -> [Name] {
    if current != previous {
      names = current.map { entries[$0].name }
      previous = current
    }
    return names
  }
}
