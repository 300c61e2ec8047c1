import AlmanacCore
import GRDB

extension FactReader {
  /// The users of one bucket, and how many were seen again.
  package struct HeldCohort {
    package let day: Day
    package let state: BucketState
    /// `nil` where it is not known whom the server looks for.
    package let base: RetentionBase?
    /// `nil` where the server did not say.
    package internal(set) var users: Double?
    /// `nil` until mature, and where the server does not measure it.
    package internal(set) var retained: Double?
    package let isMature: Bool
  }

  /// The cohorts in a query at one offset, in their order.
  package func cohorts(_ query: FactQuery, offset: Int) throws -> [HeldCohort] {
    let held = try buckets(query, [.userCount, .newUserCount])
    guard let first = held.first?.day.number, let last = held.last?.day.number else { return [] }
    var rows = try BoundStatement(
      db,
      """
      SELECT day, base, cohort_users, retention_user_count, mature, run_id FROM retention_fact
      WHERE app = ? AND source = ? AND grain = ? AND day BETWEEN ? AND ? AND "offset" = ?
      ORDER BY day
      """)
    for value in [query.app, query.source, query.grain.rawValue, first, last, offset] {
      rows.bind(value)
    }
    var cohorts: [HeldCohort] = []
    try rows.forEach(of: held.map(\.day.number)) { place, row in
      let base: RetentionBase? = try row.value(orNull: 1)
      var cohort = HeldCohort(
        day: held[place].day, state: held[place].state, base: base,
        users: row.real(orNull: 2), retained: row.real(orNull: 3),
        isMature: row.integer(4) != 0)
      if let run = moment.newestRun {
        // The cohort's users at an earlier moment are those that its bucket had at that moment.
        cohort.users = base.flatMap {
          held[place].figures[$0 == .newUsers ? .newUserCount : .userCount]
        }
        if row.integer(orNull: 5).map({ $0 > run }) ?? true {
          cohort = HeldCohort(
            day: cohort.day, state: cohort.state, base: base, users: cohort.users, retained: nil,
            isMature: false)
        }
      }
      cohorts.append(cohort)
    }
    if let run = moment.newestRun {
      let name = Name(Figure.retentionUserCount.name(offset: offset))
      try takeBack(query, after: run) { day, revision in
        guard revision.figure == name, let place = cohorts.firstIndex(where: { $0.day == day })
        else { return }
        if cohorts[place].isMature { cohorts[place].retained = revision.old }
      }
      if try !wasMeasured(query, by: run) {
        for place in cohorts.indices { cohorts[place].retained = nil }
      }
    }
    return cohorts
  }

  /// Whether a server's zeros were known to be measured.
  private func wasMeasured(_ query: FactQuery, by run: Int) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM server_retention
            WHERE server = (SELECT server FROM app WHERE id = ?) AND grain = ? AND run_id <= ?)
          """), arguments: [query.app, query.grain.rawValue, run]) ?? false
  }

  /// The offsets that are held at a grain, ascending.
  package func offsets(_ app: Int, source: Int, _ grain: Grain) throws -> [Int] {
    try CheckedRow.fetchAll(
      db,
      sql: """
        SELECT DISTINCT "offset" FROM retention_fact
        WHERE app = ? AND source = ? AND grain = ? ORDER BY 1
        """,
      arguments: [app, source, grain.rawValue]
    ).map { try $0[0, in: .offsets] }
  }
}
