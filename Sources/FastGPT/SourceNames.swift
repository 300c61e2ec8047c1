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
    let name: String
    /// The map that it was last seen in.
    var map: Int
  }

  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var map = 0
  /// The entries of the map that is being read, and of the one before, with its names.
  private var current: [Int] = []
  private var previous: [Int] = []
  private var names: [String] = []

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
      let name = key.text
      if name.isEmpty || name == Source.all.description { return .unusable }
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

  /// The names of the map, in its order.
  mutating func end() -> [String] {
    if current != previous {
      names = current.map { entries[$0].name }
      previous = current
    }
    return names
  }
}
