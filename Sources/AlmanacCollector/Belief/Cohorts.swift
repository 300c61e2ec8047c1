import AlmanacCore
import AlmanacStore

/// The retention of the cohorts of one answer.
struct Cohorts {
  /// The users among whom the server looks for those seen again; `nil` where it has not shown them.
  let base: RetentionBase?
  /// Whether the server has ever answered a retention above zero at the grain. A server that
  /// answers only zero does not measure retention.
  let isMeasured: Bool

  /// The cohort of a bucket; `nil` if it has not changed. Its retention is unknown until it is
  /// mature.
  func cohort(_ reading: BucketReading, over held: Cohort?) -> Cohort? {
    // A figure whose base is known stays until the base of the new one is known, too.
    if base == nil, held?.base != nil { return nil }
    let counted: Figure? = base.map { $0 == .activeUsers ? .userCount : .newUserCount }
    let answered = reading.isMature ? reading.figures[.retentionUserCount].map { Int($0) } : nil
    var new = Cohort(
      base: base, users: counted.flatMap { reading.figures[$0] }.map { Int($0) } ?? held?.users,
      retained: nil, answered: answered ?? held?.answered,
      isMature: reading.isMature || held?.isMature == true)
    // Nobody of an empty cohort can come back, even on a server that measures no retention.
    new.retained = isMeasured || new.users == 0 ? new.answered : nil
    return new == held ? nil : new
  }
}
