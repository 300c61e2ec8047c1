import AlmanacCore
import Testing

@testable import AlmanacStore

@Suite struct `Revisions of figures that share a name` {
  private typealias Owner = RevisionOwners.Owner
  private static let user = Owner.further(.user)
  private static let chat = Owner.further(.chat)

  private static func revision(_ old: Double?, _ new: Double?, run: Int = 1) -> NamedRevision {
    NamedRevision(figure: "seats", old: old, new: new, run: run)
  }

  /// - Parameter revisions: the newest first
  private static func takingBack(
    _ revisions: [NamedRevision], user: Double, chat: Double
  ) -> RevisionOwners {
    var owners = RevisionOwners([(Self.user, user), (Self.chat, chat)])
    for revision in revisions { owners.takeBack(revision) }
    return owners
  }

  @Test func `are all of the only figure of the name, whatever they say`() {
    var owners = RevisionOwners([(Owner.column, 7)])
    owners.takeBack(Self.revision(5, 6))
    owners.takeBack(Self.revision(nil, 5))
    #expect(owners.owners == [.column, .column])
    #expect(owners.value(of: .column) == nil)
  }

  @Test func `are told apart by the values that they end with`() {
    let owners = Self.takingBack(
      [Self.revision(3, 4), Self.revision(8, 9), Self.revision(nil, 8)], user: 4, chat: 9)
    #expect(owners.owners == [Self.user, Self.chat, Self.chat])
    #expect(owners.value(of: Self.user) == 3 && owners.value(of: Self.chat) == nil)
  }

  @Test func `of equal figures that changed alike are one of each`() {
    let owners = Self.takingBack(
      [Self.revision(10, 12), Self.revision(10, 12)], user: 12, chat: 12)
    #expect(Set(owners.owners) == [Self.user, Self.chat])
    #expect(owners.value(of: Self.user) == 10 && owners.value(of: Self.chat) == 10)
  }

  @Test func `cannot be told apart where only one of two equal figures changed`() {
    let owners = Self.takingBack([Self.revision(10, 12)], user: 12, chat: 12)
    #expect(owners.owners == [nil])
    #expect(owners.value(of: Self.user) == nil && owners.value(of: Self.chat) == nil)
    // Before that they were equal again, and so are known.
    let before = Self.takingBack(
      [Self.revision(10, 12), Self.revision(10, 12, run: 0), Self.revision(1, 10)], user: 12,
      chat: 12)
    #expect(before.owners == [nil, nil, nil])
    let equal = Self.takingBack(
      [Self.revision(10, 12), Self.revision(10, 12, run: 0)], user: 12, chat: 12)
    #expect(equal.value(of: Self.user) == 10 && equal.value(of: Self.chat) == 10)
  }

  @Test func `with a value that no figure has are of none that is known`() {
    let owners = Self.takingBack([Self.revision(1, 2), Self.revision(3, 4)], user: 4, chat: 9)
    #expect(owners.owners == [nil, nil])
    #expect(owners.value(of: Self.user) == nil && owners.value(of: Self.chat) == nil)
  }

  /// Every history of two figures with three values and three changes.
  @Test func `give each figure its own past or none`() {
    var (told, wrong) = (0, 0)
    for code in 0..<9 * 6 * 6 * 6 {
      let first = [Double(code % 3), Double(code / 3 % 3)]
      var values = first
      var revisions: [(NamedRevision, Owner)] = []
      var rest = code / 9
      for run in 1...3 {
        let (which, new) = (rest % 2, Double(rest / 2 % 3))
        rest /= 6
        guard new != values[which] else { continue }
        let owner = [Self.user, Self.chat][which]
        revisions.insert((Self.revision(values[which], new, run: run), owner), at: 0)
        values[which] = new
      }
      let owners = Self.takingBack(revisions.map(\.0), user: values[0], chat: values[1])
      for (owner, value) in zip([Self.user, Self.chat], first) {
        guard let past = owners.value(of: owner) else { continue }
        told += 1
        if past != value { wrong += 1 }
      }
      wrong += zip(revisions, owners.owners).count { $1 != nil && $1 != $0.1 }
    }
    #expect(wrong == 0)
    #expect(told > 1000)
  }
}
