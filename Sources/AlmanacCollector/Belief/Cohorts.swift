import AlmanacCore
import AlmanacStore

/// The retention of the cohorts of one answer.
struct Cohorts {
  /// The users among whom the server looks for those seen again.
  let base: RetentionBase
  /// Whether the server has ever answered a retention above zero at the grain. One that only
  /// answers zero does not measure it.
  let isMeasured: Bool

  /// The cohort of a bucket, unknown until it is mature; `nil` where it is as it was.
  func cohort(_ reading: BucketReading, over held: Cohort?) -> Cohort? {
    let counted: Figure = base == .activeUsers ? .userCount : .newUserCount
    let answered = reading.isMature ? reading.figures[.retentionUserCount].map { Int($0) } : nil
    var new = Cohort(
      base: base, users: reading.figures[counted].map { Int($0) } ?? held?.users,
      retained: nil, answered: answered ?? held?.answered,
      isMature: reading.isMature || held?.isMature == true)
    // Nobody can come back of an empty cohort, measured or not.
    new.retained = isMeasured || new.users == 0 ? new.answered : nil
    return new == held ? nil : new
  }
}
