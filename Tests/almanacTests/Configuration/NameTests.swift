import AlmanacTestSupport
import FastGPTSimulator
import Foundation
import Testing

/// Follows such names from the server through the archive to every question.
@Suite struct `Names that only their bytes tell apart` {
  /// Pairs that `String` takes for equal.
  static let pairs = [
    ("caf\u{E9}", "cafe\u{301}"), ("\u{212B}", "\u{C5}"), ("\u{AC00}", "\u{1100}\u{1161}"),
  ]

  /// Collects two messages a day from the source of the left name, and five every other day from
  /// that of the right name. Further figures of these names are 3 and 4 each day.
  private func collected(
    _ left: String, _ right: String, _ body: (Program) async throws -> Void
  ) async throws {
    let first = Date("2026-05-01T00:00:00Z")
    let records = (0..<40).flatMap { day -> [ChatRecord] in
      let noon = first.addingTimeInterval(43_200 + 86_400 * Double(day))
      let ann = Fixtures.record("ann", noon, source: left)
      let bob = Fixtures.record("bob", noon.addingTimeInterval(60), source: right, messages: 5)
      return [ann] + (day % 2 == 0 ? [bob] : [])
    }
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": "2026-06-10T02:30:00Z"]
      try await program.serving { server, base in
        server.install(SimulatedApp(id: Fixtures.appID, name: "Support bot", records: records))
        server.reconfigure {
          $0.knownSources += [left, right]
          $0.interceptor = Interceptor { _, genuine in
            var answer = genuine
            let text = String(decoding: genuine.body, as: UTF8.self)
            let further = #","\#(left)":3,"\#(right)":4,"errorCount":"#
            answer.body = Array(text.replacing(#","errorCount":"#, with: further).utf8)
            return answer
          }
        }
        try program.write(
          program.configuration(url: base.absoluteString)
            .replacing("name: Support bot", with: "name: Support bot\n    tags: [\(left)]")
            .replacing("name: 客服助手", with: "name: 客服助手\n    tags: [\(right)]"),
          to: "almanac.yaml")
        let outcome = try await program.run("collect")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(" 0 refused"))
        try await body(program)
      }
    }
  }

  private func rows(_ sql: String, _ program: Program) throws -> [[String?]] {
    try SimulatedCollection.rows(sql, path: program.path("almanac.db"))
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: pairs)
  func `are collected as two`(_ left: String, _ right: String) async throws {
    try await collected(left, right) { program in
      let app = "app_id = '\(Fixtures.appID)'"
      let sources = try rows(
        """
        SELECT hex(source), sum(messages), sum(users) FROM daily_by_source
        WHERE \(app) AND state <> 'open' GROUP BY source
        """, program)
      let hex = { (text: String) in
        text.utf8.map { String(format: "%02X", $0) }.joined()
      }
      #expect(
        Set(sources) == [[hex(left), "80", "40"], [hex(right), "100", "20"]])
      let figures = try rows(
        """
        SELECT hex(figure.name), max(value) FROM figure JOIN app ON app.id = app
        WHERE \(app) AND source = 0 AND grain = 0 GROUP BY figure.name
        """, program)
      #expect(Set(figures) == [[hex(left), "3.0"], [hex(right), "4.0"]])
      #expect(try rows("SELECT count(*) FROM refusal", program) == [["0"]])
      // A run on nothing new finds them as they are.
      let again = try await program.run("collect")
      #expect(again.output.contains("0 new, 0 revised"), "\(again.output)")
    }
  }

  @Test(arguments: pairs)
  func `are asked about as two`(_ left: String, _ right: String) async throws {
    try await collected(left, right) { program in
      for (source, messages) in [(left, "2"), (right, "5")] {
        let day = try await program.run(
          "trend", "messages", "--app", Fixtures.appID, "--source", source, "--from", "2026-06-08",
          "--to", "2026-06-08", "--format", "csv")
        #expect(day.output.contains("2026-06-08,\(messages),"), "\(day.output)\(day.errors)")
      }
      let by = try await program.run(
        "rank", "messages", "--by", "source", "--app", Fixtures.appID, "--format", "jsonl")
      let names = try by.output.split(separator: "\n").map { line in
        let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return bytes(row?["source"] as? String ?? "")
      }
      #expect(names == [bytes(right), bytes(left)] || names == [bytes(left), bytes(right)])
      for (figure, value) in [(left, "3"), (right, "4")] {
        let past = try await program.run(
          "history", figure, "--app", Fixtures.appID, "--date", "2026-06-01", "--format", "csv")
        let lines = past.output.split(separator: "\n").dropFirst()
        #expect(lines.count == 1, "\(past.output)\(past.errors)")
        let expected = bytes("\(figure),chatData,\(value),")
        #expect(bytes(String(lines.first ?? "")).starts(with: expected))
      }
      for (tag, app) in [(left, "Support bot"), (right, "客服助手")] {
        let tagged = try await program.run(
          "rank", "messages", "--tag", tag, "--by", "app", "--format", "csv")
        #expect(tagged.output.split(separator: "\n").count == 2, "\(tagged.output)")
        #expect(tagged.output.contains(app))
      }
      let tags = try await program.run("rank", "messages", "--by", "tag", "--format", "csv")
      #expect(tags.output.split(separator: "\n").count == 3, "\(tags.output)")
    }
  }
}
