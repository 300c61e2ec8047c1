import Foundation

/// One conversation record as FastGPT's app log keeps it: the messages that came within 15 minutes
/// of each other. The server counts these records and calls them chats.
package struct ChatRecord: Sendable, Hashable {
  /// Unique within its app.
  package var id: String
  /// The user, any text. The server shows only counts of users.
  package var userID: String
  /// The way in which the conversation came in, such as `api` or `share`.
  package var source: String
  /// The instant of the first message.
  package var createdAt: Date
  /// The instant by which the server filters and buckets. It moves with every further message.
  package var time: Date
  /// Messages of both sides, `chatItemCount` upstream.
  package var messages: Int
  /// Messages that failed.
  package var errors: Int
  /// The points that the conversation cost.
  package var points: Double
  /// Seconds spent answering, summed over the messages.
  package var responseSeconds: Double
  /// Thumbs up. Negative if one was taken back from an older record.
  package var goodFeedback: Int
  /// Thumbs down; may be negative in the same way.
  package var badFeedback: Int

  /// Makes a conversation of one question and its answer, unless told otherwise.
  package init(
    id: String,
    userID: String,
    source: String = "api",
    createdAt: Date? = nil,
    time: Date,
    messages: Int = 2,
    errors: Int = 0,
    points: Double = 0,
    responseSeconds: Double = 0,
    goodFeedback: Int = 0,
    badFeedback: Int = 0
  ) {
    self.id = id
    self.userID = userID
    self.source = source
    self.createdAt = createdAt ?? time
    self.time = time
    self.messages = messages
    self.errors = errors
    self.points = points
    self.responseSeconds = responseSeconds
    self.goodFeedback = goodFeedback
    self.badFeedback = badFeedback
  }
}
