import AlmanacCore
import AlmanacReport
import AlmanacStore

extension Int {
  /// The number with its noun, such as `1 app` or `2 apps`.
  func counted(as noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}

extension BucketCounts {
  /// The counts in words, such as `3 new, 1 revised, 40 unchanged, 0 refused`.
  var words: String {
    "\(new.grouped) new, \(revised.grouped) revised, \(unchanged.grouped) unchanged, "
      + "\(refused.grouped) refused"
  }
}
