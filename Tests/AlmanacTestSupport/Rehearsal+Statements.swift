extension Rehearsal {
  /// What the archive states, apart from when and in which run it was seen.
  package func statements() throws -> [String] {
    let facts = """
      app_id, date, time, state, users, new_users, retained_users, points, messages, chats, errors,
      good_feedback, bad_feedback, response_seconds
      """
    let queries =
      ["daily", "weekly", "monthly", "quarterly"].flatMap { view in
        [
          "SELECT '\(view)', \(facts) FROM \(view)",
          "SELECT '\(view)', source, \(facts) FROM \(view)_by_source",
        ]
      } + [
        "SELECT * FROM retention", "SELECT * FROM gaps",
        """
        SELECT app_id, source.name, grain, "offset", read_from, settled_to, complete_to
        FROM watermark JOIN app ON app.id = app JOIN source ON source.id = source
        """,
        """
        SELECT app_id, source.name, app_source.first_date, rejected_at IS NULL
        FROM app_source JOIN app ON app.id = app JOIN source ON source.id = source
        """,
        "SELECT app_id, forgotten_date, first_date FROM app",
        """
        SELECT app_id, source.name, grain, day, series, figure.name, value
        FROM figure JOIN app ON app.id = app JOIN source ON source.id = source
        """,
        """
        SELECT app_id, source, grain, date, figure, old_value, new_value, reason FROM revisions
        """,
      ]
    return try queries.flatMap { query in
      try rows(query).map { row in row.map { $0 ?? "-" }.joined(separator: "|") }.sorted()
    }
  }
}
