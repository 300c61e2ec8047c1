import AlmanacCore

/// The sources through which an app was used, each since a bucket of its own.
struct KnownSources {
  /// Each source with the bucket from which it is known, oldest first.
  private let all: [(name: Name, since: Day)]
  /// The names of the last answer's map, and where each known source stands among them.
  private var told: [Name] = []
  private var places: [Int?]
  /// The names that are known by the last bucket.
  private var names: [Name] = []

  init(_ firsts: [Name: Day], _ grain: Grain) {
    all = firsts.map { (name: $0.key, since: grain.start(of: $0.value)) }
      .sorted { ($0.since, $0.name) < ($1.since, $1.name) }
    places = Array(repeating: nil, count: all.count)
  }

  /// Users of every source known by the bucket; one that the server's map leaves out had none.
  mutating func known(by bucket: Bucket, _ map: UsersBySource) -> UsersBySource {
    if map.sources != told {
      let index = Dictionary(zip(map.sources, map.sources.indices)) { first, _ in first }
      places = all.map { index[$0.name] }
      told = map.sources
    }
    let count = all.prefix { $0.since <= bucket.start }.count
    if count != names.count { names = all.prefix(count).map(\.name) }
    return UsersBySource(names, places.prefix(count).map { $0.map { map.counts[$0] } ?? 0 })
  }
}
