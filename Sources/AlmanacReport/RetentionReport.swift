import AlmanacCore
import AlmanacTrends

/// A retention table as something to look at.
package struct RetentionReport {
  private let retention: Retention

  package init(_ retention: Retention) {
    self.retention = retention
  }

  package var rendition: Rendition {
    Rendition(
      [.init(heading, table)], records: records,
      json: .answer(
        retention.query, retention.span, retention.notes,
        [
          "base": JSONValue(.init(retention.base?.rawValue)),
          "cohorts": .list(retention.cohorts.map(json)),
          "rates": .list(
            zip(retention.offsets, retention.rates).map { offset, rate in
              .fields(["offset": .count(offset), "rate": JSONValue(.init(rate))])
            }),
        ]))
  }

  private var heading: String {
    let query = retention.query
    let cohorts = retention.base == .newUsers ? "new users" : "users"
    return "Share of the \(cohorts) of each \(query.grain) seen again, \(query.whose)"
  }

  private func name(_ offset: Int) -> String { "T+\(offset)" }

  private var table: Table {
    var table = Table(
      [.init("date", "Cohort"), .init("users", "Users")]
        + retention.offsets.map { .init("t\($0)", name($0), .share) })
    for cohort in retention.cohorts {
      table.append(
        [.text(cohort.date.description), .init(whole: cohort.users)]
          + cohort.returns.map { $0.isMature ? .init($0.rate) : .text("immature") })
    }
    if !retention.cohorts.isEmpty {
      table.append([.text("all mature"), .none] + retention.rates.map { .init($0) })
    }
    return table
  }

  private var records: Table {
    var table = Table(
      [
        "date", "offset", "cohort_users", "base", "retained_users", "retention_rate", "mature",
        "expected", "held",
      ].map { .init($0, $0) })
    for cohort in retention.cohorts {
      for (offset, back) in zip(retention.offsets, cohort.returns) {
        table.append([
          .text(cohort.date.description), .count(offset), .init(whole: cohort.users),
          .init(retention.base?.rawValue), .init(whole: back.retained), .init(back.rate),
          .flag(back.isMature), .count(back.coverage.expected), .count(back.coverage.held),
        ])
      }
    }
    return table
  }

  private func json(_ cohort: Retention.Cohort) -> JSONValue {
    .fields([
      "date": .text(cohort.date.description), "users": JSONValue(.init(whole: cohort.users)),
      "state": JSONValue(.init(cohort.state?.rawValue)),
      "offsets": .list(
        zip(retention.offsets, cohort.returns).map { offset, back in
          .fields([
            "offset": .count(offset), "mature": .flag(back.isMature),
            "retained_users": JSONValue(.init(whole: back.retained)),
            "rate": JSONValue(.init(back.rate)), "coverage": JSONValue(back.coverage),
          ])
        }),
    ])
  }
}
