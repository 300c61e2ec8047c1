import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

@Suite struct `Further figures from the command line` {
  /// An archive of a server that sends tokens.
  private func program(_ body: (Program) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z", "LANG": "C.UTF-8"]
      try await program.serving { server, _ in
        server.reconfigure { $0.generation = .tokens }
        let run = try await program.run("collect")
        #expect(run.code == 0, "\(run.errors)")
      }
      try await body(program)
    }
  }

  /// Gives the figure `cachedTokens` of the user series to each bucket that has that of the other.
  private func addSecondSeries(_ program: Program) throws {
    try SimulatedCollection.execute(
      """
      INSERT INTO figure (app, source, grain, day, series, name, value, changed_run_id)
      SELECT app, source, grain, day, 'userData', name, value + 1, changed_run_id FROM figure
      WHERE name = 'cachedTokens' AND app = 1
      """, path: program.path("almanac.db"), patience: 5)
  }

  private static func json(_ outcome: Program.Outcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  /// The values of the only series of an answer, by date.
  private static func values(_ outcome: Program.Outcome) throws -> [String: Double] {
    let series = try #require(try json(outcome)["series"] as? [[String: Any]])
    #expect(series.count == 1)
    let points = try #require(series.first?["points"] as? [[String: Any]])
    return points.reduce(into: [:]) { $0[$1["date"] as? String ?? ""] = $1["value"] as? Double }
  }

  @Test func `are asked for by their own names`() async throws {
    try await program { program in
      let outcome = try await program.run(
        "trend", "cachedTokens", "--app", Fixtures.appID, "--last", "7d", "--format", "json")
      #expect(outcome.code == 0, "\(outcome.errors)")
      // Ten cached tokens for each message; two users with two messages each, then one.
      let values = try Self.values(outcome)
      #expect(values["2026-06-08"] == 40 && values["2026-06-09"] == 20, "\(values)")
      let warnings = try #require(try Self.json(outcome)["warnings"] as? [String])
      #expect(warnings.contains { $0.contains("its unit, and how it adds up, are unknown") })
      let csv = try await program.run(
        "trend", "cachedTokens", "messages", "--app", Fixtures.appID, "--last", "1d", "--format",
        "csv")
      #expect(
        csv.output.hasSuffix(
          "cachedTokens,2026-06-09,20,settling,1,1\nmessages,2026-06-09,2,settling,1,1\n"))
    }
  }

  @Test func `of one name in two series are told apart by the series in front`() async throws {
    try await program { program in
      try addSecondSeries(program)
      let words = ["--last", "1d", "--format", "json", "--app"]
      let run = { (name: String, app: String) in
        try await program.finish(
          program.prepare(["trend", name] + words + [app]), launch: true)
      }
      let ambiguous = try await run("cachedTokens", Fixtures.appID)
      #expect(ambiguous.code == 64 && ambiguous.output.isEmpty)
      #expect(
        ambiguous.errors.contains("userData and chatData each have a figure of that name")
          && ambiguous.errors.contains("userData.cachedTokens or chatData.cachedTokens"))
      let chat = try await run("chatData.cachedTokens", Fixtures.appID)
      #expect(try Self.values(chat) == ["2026-06-09": 20])
      let user = try await run("userData.cachedTokens", Fixtures.appID)
      #expect(try Self.values(user) == ["2026-06-09": 21])
      // The other app has only one of them.
      #expect(
        try Self.values(try await run("cachedTokens", Fixtures.otherID)) == ["2026-06-09": 20])
    }
  }

  private static let refused = [
    "trend cachedTokens", "trend cachedTokens --by source", "trend cachedTokens --by tag",
    "trend cachedTokens --app APP --smooth 3", "trend cachedTokens --app APP --cumulative",
    "trend cachedTokens --by app --top 1", "rank cachedTokens", "anomalies cachedTokens",
    "rank cachedTokens --app APP --last 1d --lowest", "anomalies messages cachedTokens --by source",
    "trend cachedTokens --app APP --source api --source share",
  ]

  @Test func `are refused where they would be added up, and what is said instead is answered`()
    async throws
  {
    try await program { program in
      try SimulatedCollection.execute(
        "INSERT INTO app_tag (app, tag) SELECT id, 'vip' FROM app",
        path: program.path("almanac.db"), patience: 5)
      for line in Self.refused {
        let words = line.split(separator: " ").map { $0 == "APP" ? Fixtures.appID : String($0) }
        let outcome = try await program.finish(program.prepare(words), launch: true)
        #expect(outcome.code == 64 && outcome.output.isEmpty, "\(line): \(outcome.output)")
        #expect(outcome.errors.contains("only the server knows"), "\(line): \(outcome.errors)")
        let hints = outcome.errors.components(separatedBy: "`").enumerated()
          .filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(!hints.isEmpty, "\(line)")
        for hint in hints {
          let words = hint.split(separator: " ").dropFirst().map(String.init)
          let answer = try await program.finish(program.prepare(words), launch: true)
          #expect(answer.code == 0 && !answer.output.isEmpty, "\(hint): \(answer.errors)")
        }
      }
    }
  }

  @Test func `are among the names that an unknown one may have meant`() async throws {
    try await program { program in
      let near = try await program.run("trend", "cachedToken", "--app", Fixtures.appID)
      #expect(near.code == 64 && near.errors.contains("there is no such metric"))
      #expect(near.errors.contains("did you mean cachedTokens?"))
      let far = try await program.run("rank", "zzzzzzzzzzzz")
      #expect(far.code == 64 && far.errors.contains("cachedTokens"))
      let none = try await program.run("trend", "mesages", "--database", program.path("no.db"))
      #expect(none.code == 64 && none.errors.contains("did you mean messages?"), "\(none.errors)")
      #expect(none.errors.contains("no archive can be asked for a further figure"))
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `leave the metrics to be completed`(shell: String) async throws {
    try await Program.inFolder { program in
      let script = try await program.run("--generate-completion-script", shell).output
      let lists = script.split(separator: "\n").filter { $0.contains("points_per_1k_tokens") }
      #expect(lists.count >= 3, "trend, rank and anomalies")
      #expect(lists.allSatisfy { $0.contains("messages") && $0.contains("stickiness") })
    }
  }

  @Test func `are listed below the metrics if there is an archive`() async throws {
    try await program { program in
      let listed = try await program.run("metrics")
      #expect(listed.code == 0 && listed.errors.isEmpty, "\(listed.errors)")
      let sections = listed.output.components(
        separatedBy: "Further figures, as the server sends them; unit and aggregation are unknown")
      #expect(sections.count == 2 && sections[1].contains("cachedTokens  chatData"))
      let json = try Self.json(try await program.run("metrics", "--format", "json"))
      let further = try #require(json["further_figures"] as? [[String: Any]])
      #expect(further.map { $0["name"] as? String } == ["cachedTokens"])
      #expect(further[0]["over_apps"] as? String == "unknown" && further[0]["unit"] is NSNull)
      let csv = try await program.run("metrics", "--format", "csv")
      #expect(csv.output.contains("\ncachedTokens,,,,unknown,unknown,unknown,"))
      try addSecondSeries(program)
      let both = try Self.json(try await program.run("metrics", "--format", "json"))
      #expect(
        (both["further_figures"] as? [[String: Any]])?.map { $0["name"] as? String }
          == ["userData.cachedTokens", "chatData.cachedTokens"])
      let missing = try await program.run("metrics", "--database", program.path("no.db"))
      #expect(missing.code == 65)
      try FileManager.default.removeItem(atPath: program.path("almanac.db"))
      let early = try await program.run("metrics", "--format", "json")
      #expect(early.code == 0 && early.errors.isEmpty && !early.output.contains("further_figures"))
    }
    try await Program.inFolder { program in
      let alone = try await program.run("metrics")
      #expect(alone.code == 0 && alone.errors.isEmpty && !alone.output.contains("Further"))
    }
  }

  @Test func `have a history in which each line names its series`() async throws {
    try await program { program in
      try addSecondSeries(program)
      try SimulatedCollection.execute(
        """
        INSERT INTO revision (app, source, grain, date, figure, old_value, new_value, revised_at,
          run_id, reason) VALUES
          (1, 0, 0, '2026-06-09', 'cachedTokens', 7, 21, '2026-06-10T02:30:00Z', 1, 'grew'),
          (1, 0, 0, '2026-06-09', 'cachedTokens', 8, 20, '2026-06-10T02:30:00Z', 1, 'grew')
        """, path: program.path("almanac.db"), patience: 5)
      let lines = { (words: [String]) -> [[String]] in
        let outcome = try await program.finish(
          program.prepare(
            ["history"] + words + [
              "--app", Fixtures.appID, "--date", "2026-06-09", "--format", "json",
            ]), launch: true)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let values = try Self.json(outcome)["values"] as? [[String: Any]] ?? []
        return values.map { line in
          ["figure", "series", "value", "reason"].map { line[$0].map { "\($0)" } ?? "" }
        }
      }
      let user = [
        ["cachedTokens", "userData", "7", "first"], ["cachedTokens", "userData", "21", "grew"],
      ]
      let chat = [
        ["cachedTokens", "chatData", "8", "first"], ["cachedTokens", "chatData", "20", "grew"],
      ]
      #expect(try await Set(lines(["cachedTokens"])) == Set(user + chat))
      #expect(try await lines(["chatData.cachedTokens"]) == chat)
      #expect(try await lines(["userData.cachedTokens"]) == user)
      // Figures with a column have the series too, and are found by what the server calls them.
      let points = try await lines(["points", "user_points"])
      #expect(points.map { $0[0] + " " + $0[1] } == ["user_points userData", "points chatData"])
      #expect(try await lines(["userData.points"]).map { $0[0] } == ["user_points"])
      #expect(try await lines(["chatData.inputTokens"]).map { $0[0] } == ["input_tokens"])
      let all = try await lines([])
      #expect(all.count { $0[0] == "cachedTokens" } == 4)
      #expect(all.allSatisfy { ["userData", "chatData", "appData"].contains($0[1]) }, "\(all)")
      let absent = try await program.run(
        "history", "cachedTokens", "--app", Fixtures.appID, "--date", "1999-01-01")
      #expect(absent.code == 0 && absent.errors.contains("the bucket is not held"))
      let wrong = try await program.run(
        "history", "cachedToken", "--app", Fixtures.appID, "--date", "2026-06-09")
      #expect(wrong.code == 64 && wrong.errors.contains("did you mean cachedTokens?"))
    }
  }
}
