import AlmanacCore
import AlmanacStore

/// The apps and sources that a question is about, in groups that each become one series.
struct Selection {
  /// One app as seen through one source, or through all.
  struct Member {
    let app: FactReader.KnownApp
    /// The key of the source in the archive; 0 for all sources.
    let source: Int
    /// The first day of which something is expected; `nil` if nothing ever is.
    let first: Day?

    /// The part of some days that can be known at all. Days before the app is wanted cannot, nor
    /// days after it was read last.
    func availability(in days: Range<Day>) -> Availability {
      let first = max(days.lowerBound, app.since ?? days.lowerBound)
      let end = min(days.upperBound, app.end ?? days.upperBound)
      return first >= end ? .none : first..<end == days ? .all : .some
    }
  }

  enum Availability { case all, some, none }

  /// The members that are added up for one series.
  struct Group {
    let subject: Subject
    let members: [Member]
    /// Whether a member has days that cannot be known.
    private let isBounded: Bool

    init(subject: Subject, members: [Member]) {
      self.subject = subject
      self.members = members
      isBounded = members.contains { $0.app.since != nil || $0.app.end != nil }
    }

    /// Whether the same members can be known on both stretches of days. A sum that lacks an app is
    /// not compared with one that has it.
    func isAlike(
      in days: @autoclosure () -> Range<Day>, and others: @autoclosure () -> Range<Day>
    ) -> Bool {
      guard isBounded else { return true }
      let (days, others) = (days(), others())
      return members.allSatisfy { member in
        let availability = member.availability(in: days)
        return availability != .some && availability == member.availability(in: others)
      }
    }
  }

  let apps: [FactReader.KnownApp]
  /// The apps as they were asked for; a part of a name is completed to the whole name.
  let named: [String]
  let sources: [Name]
  let groups: [Group]

  init(_ query: Query, from reader: FactReader) throws {
    let known = try reader.apps()
    let lookup = AppLookup(known.map { ($0.id, $0.name) }, in: "the archive")
    let ids = try query.apps.map(lookup.id)
    named = zip(query.apps, ids).map { word, id in
      known.first { $0.id == id && id != AppID(word) }?.name ?? word
    }
    let chosen = try Self.apps(known, among: ids, taggedFor: query)
    apps =
      query.breakdown == .source || !query.sources.isEmpty
      ? try chosen.map(reader.withSources) : chosen
    sources = try Self.sources(of: query, among: apps)
    let (apps, sources) = (apps, sources)
    switch query.breakdown {
    case nil:
      let only = apps.count == 1 ? apps.first : nil
      groups = [
        Group(
          subject: only.map { .app($0.id, name: $0.name) } ?? .everything,
          members: Self.members(of: apps, through: sources))
      ]
    case .app:
      groups = apps.map {
        Group(
          subject: .app($0.id, name: $0.name), members: Self.members(of: [$0], through: sources))
      }
    case .source:
      let names = sources.isEmpty ? Self.sources(of: apps) : sources
      groups = names.map {
        Group(subject: .source($0), members: Self.members(of: apps, through: [$0]))
      }
    case .tag:
      let tags = Set(apps.flatMap(\.tags)).filter { query.tags.isEmpty || query.tags.contains($0) }
      groups = tags.sorted().map { tag in
        Group(
          subject: .tag(tag),
          members: Self.members(of: apps.filter { $0.tags.contains(tag) }, through: sources))
      }
    }
  }

  /// A member for each app and each of the sources that it has; without a source, one for each app.
  static func members(
    of apps: [FactReader.KnownApp], through sources: [Name]
  ) -> [Member] {
    guard !sources.isEmpty else { return apps.map { Member(app: $0, source: 0, first: $0.first) } }
    return apps.flatMap { app in
      app.sources.filter { sources.contains($0.name) }.map { source in
        Member(app: app, source: source.key, first: app.first.map { max($0, source.first) })
      }
    }
  }

  private static func sources(of apps: [FactReader.KnownApp]) -> [Name] {
    Set(apps.flatMap { $0.sources.map(\.name) }).sorted()
  }

  /// The apps of the ids, or all without an id, that have one of the asked tags.
  private static func apps(
    _ known: [FactReader.KnownApp], among ids: [AppID], taggedFor query: Query
  ) throws -> [FactReader.KnownApp] {
    let chosen = ids.isEmpty ? known : known.filter { ids.contains($0.id) }
    guard !query.tags.isEmpty else { return chosen }
    let tags = Set(known.flatMap(\.tags)).sorted()
    for tag in query.tags where !tags.contains(tag) {
      throw AlmanacError(
        .usage, "finding the tag \(tag)", cause: "no app has it",
        hint: Suggestion.nearest(to: tag, among: tags).map { "did you mean \"\($0)\"?" }
          ?? (tags.isEmpty
            ? "no app has a tag; give some in the configuration, and collect"
            : "known: " + tags.prefix(20).map(\.text).joined(separator: ", ")))
    }
    let tagged = chosen.filter { !Set($0.tags).isDisjoint(with: query.tags) }
    guard !tagged.isEmpty else {
      throw query.refusal(
        "none of the named apps has the tag \(query.tags.map(\.text).joined(separator: " or "))",
        hint: query.variation { $0.apps = [] })
    }
    return tagged
  }

  private static func sources(
    of query: Query, among apps: [FactReader.KnownApp]
  ) throws -> [Name] {
    // `all` is no source's name: it asks for what the server counts together.
    let all = Name(Source.all.description)
    if query.sources == [all] { return [] }
    let known = sources(of: apps)
    for source in query.sources where !known.contains(source) {
      throw AlmanacError(
        .usage, "finding the source \(source)",
        cause: source == all
          ? "`all` means every source together, so it cannot be named beside another"
          : "none of the asked apps was used through it",
        hint: Suggestion.nearest(to: source, among: known).map { "did you mean \"\($0)\"?" }
          ?? "known: " + ([all] + known).map(\.text).joined(separator: ", "))
    }
    return query.sources
  }
}
