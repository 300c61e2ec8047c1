import Foundation

/// What happens to a conversation record after it began: a thumb given or taken back, a further
/// message, an upgrade that counts anew.
package struct RecordChange: Sendable, Hashable {
  /// When it happens; before that the server knows nothing of it.
  package var at: Date
  /// The `id` of the record.
  package var record: String
  /// The record's new time, where a message moves it.
  package var time: Date?
  /// To add, of both sides.
  package var messages = 0
  /// To add.
  package var errors = 0
  /// To add.
  package var points = 0.0
  /// To add.
  package var responseSeconds = 0.0
  /// Thumbs up to add; negative for those taken back.
  package var goodFeedback = 0
  /// Thumbs down, likewise.
  package var badFeedback = 0
  /// Whether the record is gone from now on.
  package var removes = false

  /// Nothing changes but what is said; numbers are added to those of the record.
  package init(at: Date, record: String) {
    self.at = at
    self.record = record
  }

  /// A thumb, or one taken back where a number is negative.
  package static func thumbs(
    at: Date, record: String, up: Int = 0, down: Int = 0
  ) -> RecordChange {
    var change = RecordChange(at: at, record: record)
    change.goodFeedback = up
    change.badFeedback = down
    return change
  }

  /// A further question and its answer, which move the record to now.
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
