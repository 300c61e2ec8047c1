import AlmanacCore
import AlmanacTrends

/// Turns the retention of cohorts into tables, rows and JSON.
package struct RetentionReport {
  private let retention: Retention

  package init(_ retention: Retention) {
    self.retention = retention
  }

  package var rendition: Rendition {
    Rendition(
      [.init(heading, table)], records: Records(records),
      json: .answer(
        to: retention.query, over: retention.span, notes: retention.notes,
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
    return "Share of the \(cohorts) of each \(query.grain) seen again, \(query.words)"
  }

  private func name(_ offset: Int) -> String { "T+\(offset)" }

  private var table: Table {
    // The rate of a cohort that lacks a part is the rate of the rest.
    let showsHeld = retention.offsets.indices.map { index in
      retention.cohorts.contains { $0.returns[index].coverage.isIncomplete }
    }
    var columns: [Table.Column] = [.init("date", "Cohort"), .init("users", "Users")]
    for (offset, showsHeld) in zip(retention.offsets, showsHeld) {
      columns.append(.init("t\(offset)", name(offset), .share))
      if showsHeld { columns.append(.init("t\(offset)_held", "Held")) }
    }
    var table = Table(columns)
    for cohort in retention.cohorts {
      var row: [Table.Cell] = [.text(cohort.date.description), .init(whole: cohort.users)]
      for (back, showsHeld) in zip(cohort.returns, showsHeld) {
        row.append(back.isMature ? .init(back.rate) : .text("immature"))
        if showsHeld { row.append(.text(back.coverage.words)) }
      }
      table.append(row)
    }
    if !retention.cohorts.isEmpty {
      var row: [Table.Cell] = [.text("all mature"), .none]
      for (rate, showsHeld) in zip(retention.rates, showsHeld) {
        row += [.init(rate)] + (showsHeld ? [.none] : [])
      }
      table.append(row)
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
          .text(cohort.date.description), .count(offset), .init(whole: back.users),
          .init(cohort.base?.rawValue), .init(whole: back.retained), .init(back.rate),
          .flag(back.isMature), .count(back.coverage.expected), .count(back.coverage.held),
        ])
      }
    }
    return table
  }

  private func json(_ cohort: Retention.Cohort) -> JSONValue {
    .fields([
      "date": .text(cohort.date.description), "users": JSONValue(.init(whole: cohort.users)),
      "base": JSONValue(.init(cohort.base?.rawValue)),
      "state": JSONValue(.init(cohort.state?.rawValue)),
      "offsets": .list(
        zip(retention.offsets, cohort.returns).map { offset, back in
          .fields([
            "offset": .count(offset), "mature": .flag(back.isMature),
            "cohort_users": JSONValue(.init(whole: back.users)),
            "retained_users": JSONValue(.init(whole: back.retained)),
            "rate": JSONValue(.init(back.rate)), "coverage": JSONValue(back.coverage),
          ])
        }),
    ])
  }
}
