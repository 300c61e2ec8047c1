import AlmanacCore
import AlmanacStore

extension ServerBase {
  /// Learns from an answer what the server's retention is a share of. It returns the base of this
  /// answer's own retention: `nil` where nothing has shown one, and where the answer contradicts
  /// what earlier ones have shown and no second one has confirmed it.
  ///
  /// An answer without data shows nothing, and neither does a single sign, nor signs of both.
  mutating func learn(from answer: Answer) -> RetentionBase? {
    let shown = answer.signs.base
    if answer.observations.contains(where: \.figures.retainsMoreThanNew) {
      // Only a server that looks for all users finds more of them than were new.
      self = ServerBase(base: .activeUsers, isProved: isProved || shown == .newUsers)
      return base
    }
    guard let shown else { return isDoubted ? nil : base }
    if base == nil || shown == base {
      base = shown
      isDoubted = false
    } else if !isProved, answer.signs.isComplete {
      // An upgrade in place changes every answer.
      if isDoubted { base = shown }
      isDoubted.toggle()
    }
    return isDoubted ? nil : base
  }
}

extension GenerationSigns {
  /// The base that two signs or three show; `nil` for fewer, and for signs of both.
  fileprivate var base: RetentionBase? {
    if isDisjoint(with: .older), count > 1 { return .activeUsers }
    if isDisjoint(with: .newer), count > 1 { return .newUsers }
    return nil
  }

  fileprivate var isComplete: Bool { self == .older || self == .newer }

  private var count: Int { rawValue.nonzeroBitCount }
}

extension Figures {
  /// Whether more users came back than were new.
  fileprivate var retainsMoreThanNew: Bool {
    guard let retained = self[.retentionUserCount], let new = self[.newUserCount] else {
      return false
    }
    return retained > new
  }
}
