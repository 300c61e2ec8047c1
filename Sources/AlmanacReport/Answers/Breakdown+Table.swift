import AlmanacCore
import AlmanacTrends

/// What an answer is broken down by, as columns; the last of them is for people.
extension Query.Breakdown {
  var columns: [Table.Column] {
    switch self {
    case .app: [.init("app_id", "App id"), .init("app", "App")]
    case .source: [.init("source", "Source")]
    case .tag: [.init("tag", "Tag")]
    }
  }

  /// One for each of ``columns``.
  func cells(_ subject: Subject) -> [Table.Cell] {
    guard self == .app else { return [.text(subject.label)] }
    guard case .app(let id, let name) = subject else { return [.none, .text(subject.label)] }
    return [.text(id.text), .text(name)]
  }
}
