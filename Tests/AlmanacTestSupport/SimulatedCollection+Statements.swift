import Foundation

extension SimulatedCollection {
  /// Figures of all sources that no later answer of the same run changes.
  package func facts() throws -> Set<[String?]> {
    try Set(
      ["daily", "weekly", "monthly", "quarterly"].flatMap { view in
        try rows(
          """
          SELECT '\(view)', app_id, date, users, new_users, points, messages, chats, errors,
            good_feedback, bad_feedback, response_seconds
          FROM \(view)
          """)
      })
  }

  /// Whether a text stands anywhere in the archive's files; captures are compressed, and apart.
  package func holds(_ text: String) throws -> Bool {
    try ["", "-wal"].contains {
      try Data(contentsOf: URL(filePath: path + $0)).range(of: Data(text.utf8)) != nil
    }
  }

  /// The statements of the archive, without when and in which run they were seen.
  ///
  /// - Parameter reach: whether to tell how far reads are over, too
  package func statements(reach: Bool = true) throws -> [String] {
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
      + (reach
        ? [
          """
          SELECT app_id, source.name, grain, "offset", backfilled_from, watermark, high_water_mark
          FROM read_progress JOIN app ON app.id = app JOIN source ON source.id = source
          """
        ] : [])
    return try queries.flatMap { query in
      try rows(query).map { row in row.map { $0 ?? "-" }.joined(separator: "|") }.sorted()
    }
  }
}
