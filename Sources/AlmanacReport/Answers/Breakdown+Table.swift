import AlmanacCore
import AlmanacTrends

/// The breakdown of an answer as columns, the last of which people see.
extension Query.Breakdown {
  var columns: [Table.Column] {
    switch self {
    case .app: [.init("app_id", "App id"), .init("app", "App")]
    case .source: [.init("source", "Source")]
    case .tag: [.init("tag", "Tag")]
    }
  }

  /// The cells of a subject, one for each of ``columns``.
  func cells(of subject: Subject) -> [Table.Cell] {
    guard self == .app else { return [.text(subject.label)] }
    guard case .app(let id, let name) = subject else { return [.none, .text(subject.label)] }
    return [.text(id.text), .text(name)]
  }
}
