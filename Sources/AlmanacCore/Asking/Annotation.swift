/// A dated note that somebody put on the charts.
package struct Annotation: Sendable, Equatable {
  package let date: Day
  /// The name of the app that it is about; `nil` for all.
  package let app: String?
  package let text: String

  package init(date: Day, app: String?, text: String) {
    self.date = date
    self.app = app
    self.text = text
  }
}
