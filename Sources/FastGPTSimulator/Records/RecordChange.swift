import Foundation

/// A change of a conversation record after it began: a thumb given or taken back, a further
/// message, or an upgrade that counts anew.
package struct RecordChange: Sendable, Hashable {
  /// The instant of the change; before it the server does not know of the change.
  package var at: Date
  /// The `id` of the record.
  package var record: String
  /// The new time of the record, if a message moves it.
  package var time: Date?
  /// Messages of both sides to add.
  package var messages = 0
  /// Failed messages to add.
  package var errors = 0
  /// Points to add.
  package var points = 0.0
  /// Seconds spent answering to add.
  package var responseSeconds = 0.0
  /// Thumbs up to add; negative for those taken back.
  package var goodFeedback = 0
  /// Thumbs down to add; may be negative in the same way.
  package var badFeedback = 0
  /// Whether the record is gone from now on.
  package var removes = false

  /// Makes a change of nothing; set the parts that change.
  package init(at: Date, record: String) {
    self.at = at
    self.record = record
  }

  /// Thumbs given, or taken back if a number is negative.
  package static func thumbs(
    at: Date, record: String, up: Int = 0, down: Int = 0
  ) -> RecordChange {
    var change = RecordChange(at: at, record: record)
    change.goodFeedback = up
    change.badFeedback = down
    return change
  }

  /// A further question and its answer, which move the record to their instant.
  package static func talk(
    at: Date, record: String, points: Double = 0.25, responseSeconds: Double = 2
  ) -> RecordChange {
    var change = RecordChange(at: at, record: record)
    change.time = at
    change.messages = 2
    change.points = points
    change.responseSeconds = responseSeconds
    return change
  }

  func apply(to record: inout ChatRecord) {
    if let time { record.time = time }
    record.messages += messages
    record.errors += errors
    record.points += points
    record.responseSeconds += responseSeconds
    record.goodFeedback += goodFeedback
    record.badFeedback += badFeedback
  }
}
