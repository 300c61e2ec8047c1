/// The mistakes that some servers make.
package struct Quirks: OptionSet, Sendable {
  /// One bit for each mistake.
  package let rawValue: Int

  /// Takes any bits; those without a name mean nothing.
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// The newest users come a second time, under a timestamp of null.
  package static let nullTimestamp = Quirks(rawValue: 1)
  /// The newest chats come a second time with one message more, if there is more than one bucket.
  package static let doubledStamp = Quirks(rawValue: 2)
  /// Retention is 0.
  package static let noRetention = Quirks(rawValue: 4)
  /// Retention is 0 at every grain above a day.
  package static let noCoarseRetention = Quirks(rawValue: 8)

  /// An instant that is written with another offset than `Z` is a fault of the request.
  package static let refusesOffsets = Quirks(rawValue: 16)

  /// An answer about named sources counts one user more than the map of all sources does.
  package static let countsSourcesTwice = Quirks(rawValue: 32)

  /// Makes the server's mistakes in an answer, before it is written.
  func spoil(_ answer: inout ChartAnswer, to question: ChartQuestion) {
    if contains(.noRetention) || (contains(.noCoarseRetention) && question.userTimespan != .day) {
      for index in answer.users.indices { answer.users[index].retentionUserCount = 0 }
    }
    if contains(.countsSourcesTwice), !question.sources.isEmpty {
      for index in answer.users.indices { answer.users[index].userCount += 1 }
    }
    if contains(.nullTimestamp), var last = answer.users.last {
      last.timestamp = nil
      answer.users.append(last)
    }
    if contains(.doubledStamp), answer.chats.count > 1, var last = answer.chats.last {
      last.chatItemCount += 1
      answer.chats.append(last)
    }
  }
}
