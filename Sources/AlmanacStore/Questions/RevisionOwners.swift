import AlmanacCore

/// A revision as it is kept: under a name, without the series.
struct NamedRevision: Hashable {
  let figure: Name
  let old: Double?
  let new: Double?
  let run: Int
}

/// Tells which of the figures that share a name each revision of that name is of, and so what the
/// figures were before.
///
/// A revision keeps the name alone: that of a column, or a further figure's own, which several
/// series may have. Revisions are taken back from the newest on, so each one is of a figure that
/// now has the revision's new value. Where several have it, they are told apart no more until all
/// of them have one value again.
struct RevisionOwners {
  /// A figure among those that share a name.
  enum Owner: Hashable {
    /// The figure that has a column.
    case column
    case further(Figure.Series)
  }

  /// Figures that cannot be told apart, with their values in any order.
  private struct Group {
    var owners: [Owner]
    var values: [Double?]
    /// The revisions that were taken back since, with their places.
    var pending: [(place: Int, revision: NamedRevision)] = []
  }

  private var groups: [Group]
  /// The owner of each revision, in the order in which they were taken back; `nil` if unknown.
  private(set) var owners: [Owner?] = []

  /// - Parameter values: the values that the figures have now; no value is unknown
  init(_ values: [(owner: Owner, value: Double?)]) {
    groups = values.map { Group(owners: [$0.owner], values: [$0.value]) }
  }

  /// The value of a figure before the revisions that were taken back; `nil` if unknown.
  func value(of owner: Owner) -> Double? {
    guard let group = groups.first(where: { $0.owners == [owner] }) else { return nil }
    return group.values[0]
  }

  mutating func takeBack(_ revision: NamedRevision) {
    owners.append(nil)
    let place = owners.count - 1
    if groups.count == 1, groups[0].owners.count == 1 {
      // No other figure has the name.
      groups[0].values = [revision.old]
      owners[place] = groups[0].owners[0]
      return
    }
    // A revision of a value that no figure has would be of any of them.
    let fitting = groups.filter { $0.values.contains(revision.new) }
    let chosen = fitting.isEmpty ? groups : fitting
    groups.removeAll { group in chosen.contains { $0.owners == group.owners } }
    var group = Group(
      owners: chosen.flatMap(\.owners), values: chosen.flatMap(\.values),
      pending: chosen.flatMap(\.pending))
    if let changed = group.values.firstIndex(of: revision.new) {
      group.values[changed] = revision.old
    } else {
      group.values = group.values.map { _ in nil }
    }
    if group.owners.count == 1 {
      owners[place] = group.owners[0]
      groups.append(group)
      return
    }
    group.pending.append((place, revision))
    groups += split(group)
  }

  /// The figures of a group, each by itself if all have one value. Revisions that are alike are
  /// then one of each.
  private mutating func split(_ group: Group) -> [Group] {
    guard Set(group.values).count == 1 else { return [group] }
    let alike = Set(group.pending.map(\.revision)).count == 1
    if alike, group.pending.count == group.owners.count {
      for (pending, owner) in zip(group.pending, group.owners) { owners[pending.place] = owner }
    }
    return zip(group.owners, group.values).map { Group(owners: [$0], values: [$1]) }
  }
}
