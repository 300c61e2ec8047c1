import AlmanacTestSupport
import Foundation
import Testing

@Suite(.serialized) struct `Questions from the command line` {
  private static let now = "2026-11-22T02:30:00Z"

  /// The files of an archive of the demo's apps, by what their names end in.
  private static let demo = Task {
    try await Program.inFolder { program in
      var program = program
      program.environment = ["ALMANAC_NOW": now]
      let demo = try await program.run(
        "demo", "--apps", "6", "--months", "14", "--database", "almanac.db")
      #expect(demo.code == 0, "\(demo.errors)")
      return try ["", "-wal", "-shm"].reduce(into: [:]) { files, side in
        files[side] = try Data(contentsOf: program.folder.appending(path: "almanac.db" + side))
      }
    }
  }

  /// Gives a copy of the demo's archive, since to make one takes longer than to ask it.
  private func asking(_ body: (Program) async throws -> Void) async throws {
    try await Program.inFolder { program in
      var program = program
      program.environment = [
        "ALMANAC_NOW": Self.now, "ALMANAC_DATABASE": program.path("almanac.db"),
        "LANG": "C.UTF-8",
      ]
      for (side, bytes) in try await Self.demo.value {
        try bytes.write(to: program.folder.appending(path: "almanac.db" + side))
      }
      try await body(program)
    }
  }

  private func ask(_ program: Program, _ words: [String]) async throws -> Program.Outcome {
    try await program.finish(program.prepare(words), launch: true)
  }

  /// The words of a line as a shell would split it.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character == " " {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return words + (word.isEmpty ? [] : [word])
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  /// The blocks of one kind in the README and the documents.
  private static func blocks(_ kind: String) throws -> [String] {
    try ["README.md", "docs/asking.md", "docs/archive.md"].flatMap { file in
      try String(contentsOf: root.appending(path: file), encoding: .utf8)
        .components(separatedBy: "```")
        .filter { $0.hasPrefix(kind + "\n") }.map { String($0.dropFirst(kind.count + 1)) }
    }
  }

  private static let questions: Set<String> = [
    "trend", "summary", "rank", "retention", "anomalies", "metrics", "status", "history",
  ]

  @Test func `of the README and the documents are all answered`() async throws {
    let lines = try Self.blocks("sh").flatMap { $0.split(separator: "\n") }
      .filter { $0.hasPrefix("almanac ") }
      .map { Self.words($0.components(separatedBy: "  #")[0]).dropFirst() }
      .filter { Self.questions.contains($0.first ?? "") }
    #expect(lines.count > 12)
    try await asking { program in
      // `make demo` leaves its archive here.
      try FileManager.default.createDirectory(
        atPath: program.path(".build"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: program.path(".build/demo"),
        withDestinationPath: program.folder.path(percentEncoded: false))
      for line in lines {
        let outcome = try await ask(program, Array(line))
        #expect(outcome.code == 0, "\(line): \(outcome.errors)")
        #expect(!outcome.errors.contains("no data"), "\(line): \(outcome.errors)")
        #expect(!outcome.output.isEmpty || line.contains("--output"), "\(line)")
      }
      let file = try String(contentsOfFile: program.path("messages.csv"), encoding: .utf8)
      #expect(file.split(separator: "\n").count == 31)
      for statement in try Self.blocks("sql").flatMap({ $0.components(separatedBy: ";") })
      where statement.contains("SELECT") && !statement.contains("INSERT") {
        let rows = try SimulatedCollection.rows(statement, path: program.path("almanac.db"))
        #expect(!rows.isEmpty, "\(statement)")
      }
    }
  }

  private static let refused = [
    "trend users", "trend users --by tag", "trend returning_users --last 4w",
    "trend mean_daily_users", "trend stickiness --last 3m", "trend points_per_user",
    "trend chats_per_user --last 2m", "rank users --last 30d", "rank returning_users --last 30d",
    "rank points_per_user --last 5d", "trend users --app 'Support bot' --source api --source share",
    "trend new_users --app 'Support bot' --source api --source share",
    "trend user_days --source api --source share", "trend stickiness --app Support --last 7d",
    "trend points_per_user --app Support --smooth 3", "anomalies error_rate",
    "trend points_per_user_day --app Support --source api --source share",
    "trend mean_daily_users --tag vip --source api", "trend users --grain week",
    "rank users --grain month --by tag", "anomalies users --by source", "anomalies users --by tag",
    "retention --source api --source share", "retention --offset 7 --source api --source share",
  ]

  @Test func `without a true answer are refused, and what is said instead is answered`()
    async throws
  {
    try await asking { program in
      try SimulatedCollection.execute(
        "INSERT INTO app_tag (app, tag) SELECT id, 'vip' FROM app; "
          + "INSERT INTO app_tag (app, tag) SELECT id, 'new' FROM app WHERE id < 3",
        path: program.path("almanac.db"), patience: 5)
      for line in Self.refused {
        let outcome = try await ask(program, Self.words(line))
        #expect(outcome.code == 64, "\(line): \(outcome.output)")
        guard outcome.code == 64 else { continue }
        #expect(outcome.output.isEmpty)
        let hints = outcome.errors.components(separatedBy: "hint: ").last?
          .components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(hints?.isEmpty == false, "\(line): \(outcome.errors)")
        for hint in hints ?? [] {
          #expect(hint.hasPrefix("almanac "))
          let answer = try await ask(program, Array(Self.words(hint).dropFirst()))
          #expect(answer.code == 0, "\(line): \(hint): \(answer.errors)")
          #expect(
            !answer.output.isEmpty || answer.errors.contains("nothing unusual"),
            "\(line): \(hint): \(answer.errors)")
        }
      }
    }
  }

  private static let misspelt: [(line: String, hint: String)] = [
    ("trend mesages", "did you mean messages?"), ("rank user", "did you mean users?"),
    ("trend messages,points", "write them apart: messages points"),
    ("trend messages --app 'Suport bot'", "did you mean \"Support bot\"?"),
    ("trend messages --source shar", "did you mean \"share\"?"),
    ("trend messages --tag vipp", "no app has a tag"), ("trend messages --app s", "name one by id"),
    ("trend messages --last 10d --grain week", "whole buckets"),
    ("trend messages --from 2026-11-03 --to 2026-11-05 --grain week", "--grain"),
    ("trend messages --last 7d --from 2026-11-01", "leave out one"),
    ("trend messages --from 2026-11-09 --to 2026-11-01", "swap them"),
    ("trend messages --as-of 2026-11-20 --include-open", "leave out --include-open"),
    ("trend messages --grain week --compare week", "previous or year"),
    ("trend messages --offset 3", "leave out --offset"),
    ("trend retention_rate --offset 9000000000000000000", "--offset takes 1 to 100000"),
    ("retention --offset 100001", "--offset takes 1 to 100000"),
    ("rank retention_rate --offset 0", "--offset takes 1 to 100000"),
    ("rank messages --min-volume 3", "leave out --min-volume"),
    ("anomalies --include-open", "Unknown option '--include-open'"),
    ("trend error_rate --cumulative", "messages"),
    ("trend messages --from 2027-01-01", "add --include-open"),
    ("trend messages --from 2027-01-01 --as-of 2026-11-22", "take an earlier range\n"),
    ("metrics --format chart", "take --format table"),
    ("trend messages --output /nowhere/a.csv", "directory exists"),
  ]

  @Test func `that are wrong are refused with what to do`() async throws {
    try await asking { program in
      for (line, hint) in Self.misspelt {
        let outcome = try await ask(program, Self.words(line))
        #expect(outcome.code == (line.contains("/nowhere") ? 1 : 64), "\(line): \(outcome.errors)")
        #expect(outcome.errors.contains(hint), "\(line): \(outcome.errors)")
        #expect(outcome.output.isEmpty, "\(line)")
      }
    }
  }

  @Test func `with a part of a name are answered under the whole`() async throws {
    try await asking { program in
      for command in ["trend messages", "rank messages", "summary", "retention", "anomalies"] {
        let words = Self.words(command) + ["--format", "json", "--app"]
        let part = try await ask(program, words + ["support b"])
        #expect(part.code == 0 && part.output.contains("\"Support bot\""), "\(part)")
        #expect(try await ask(program, words + ["Support bot"]).output == part.output)
        #expect(!part.output.contains("support b"))
      }
    }
  }

  @Test func `without data end with 0 and say so, and old answers say their age`() async throws {
    try await asking { program in
      var later = program
      later.environment["ALMANAC_NOW"] = "2026-11-30T02:30:00Z"
      let old = try await ask(later, ["trend", "messages", "--last", "2d"])
      #expect(old.code == 0 && old.errors.contains("8 days old"), "\(old.errors)")
      let json = try await ask(later, ["trend", "messages", "--last", "2d", "--format", "json"])
      #expect(json.output.contains("8 days old"))
      let past = try await ask(later, ["trend", "messages", "--as-of", "2026-11-22"])
      #expect(past.code == 0 && !past.errors.contains("days old"), "\(past.errors)")
      let last = try await ask(later, ["trend", "messages", "--as-of", "9999-12-31"])
      #expect(
        last.output.replacing("9999-12-31", with: "2026-11-22") == past.output
          && last.errors == past.errors, "\(last.errors)")
      let fresh = try await ask(program, ["trend", "messages", "--last", "2d"])
      #expect(
        fresh.errors.hasSuffix("is a demo's: its apps and figures are invented\n")
          && fresh.errors.split(separator: "\n").count == 1, "\(fresh.errors)")
      var early = program
      early.environment["ALMANAC_NOW"] = "2026-11-20T02:30:00Z"
      let ahead = try await ask(early, ["trend", "messages", "--last", "2d"])
      #expect(ahead.code == 0 && ahead.errors.contains("which has not come"), "\(ahead.errors)")
      for line in [
        "trend messages --as-of 2020-01-01", "trend messages --from 2019-01-01 --to 2019-02-01",
        "summary --as-of 2020-01-01", "rank messages --as-of 2020-01-01",
        "retention --as-of 2020-01-01", "anomalies --as-of 2020-01-01", "anomalies --last 2q",
      ] {
        let outcome = try await ask(program, Self.words(line))
        #expect(outcome.code == 0 && outcome.errors.contains("no data: "), "\(line): \(outcome)")
        #expect(outcome.output.isEmpty, "\(line): \(outcome.output)")
      }
    }
  }

  @Test func `of anomalies end with 4 if there are any and --fail is given`() async throws {
    try await asking { program in
      try SimulatedCollection.execute(
        "UPDATE chat_fact SET chat_item_count = chat_item_count + 5000 "
          + "WHERE app = 1 AND source = 0 AND grain = 0 "
          + "AND day = (SELECT max(day) - 3 FROM bucket WHERE grain = 0)",
        path: program.path("almanac.db"), patience: 5)
      let plain = try await program.run("anomalies", "messages", "--last", "7d")
      #expect(plain.code == 0 && plain.output.contains("above"))
      let failing = try await program.run("anomalies", "messages", "--last", "7d", "--fail")
      #expect(failing.code == 4 && failing.output == plain.output)
    }
  }

  @Test func `say a thing twice, or far too large, at no cost`() async throws {
    try await asking { program in
      let once = try await program.run("trend", "messages", "--source", "api")
      #expect(once.code == 0 && once.output.contains("through api\n"), "\(once)")
      let words = ["trend", "messages", "--source", "api", "--source", "api"]
      #expect(try await ask(program, words).output == once.output)
      var wide = program
      wide.environment["COLUMNS"] = "9000000000000000000"
      for line in ["trend messages --format chart", "anomalies --by source", "anomalies --by tag"] {
        let outcome = try await ask(wide, Self.words(line))
        #expect(outcome.code == 0, "\(line): \(outcome.errors)")
      }
    }
  }

  /// Whether the values are the wanted ones, but for the last digit of a fraction. Foundation reads
  /// that otherwise now and then.
  private static func areNear(_ objects: [[String: Any]], _ wanted: [Double]) -> Bool {
    let values = objects.compactMap { $0["value"] as? Double }
    return values.count == wanted.count
      && zip(values, wanted).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
  }

  @Test func `are answered alike in every form`() async throws {
    try await asking { program in
      for line in [
        "trend error_rate messages --by app --last 9d --compare previous", "rank points",
      ] {
        let words = Self.words(line)
        let csv = try await ask(program, words + ["--format", "csv"]).output
          .split(separator: "\n").map { $0.components(separatedBy: ",") }
        let names = try #require(csv.first)
        let value = try #require(names.firstIndex(of: "value"))
        let wanted = csv.dropFirst().compactMap { Double($0[value]) }
        #expect(wanted.count >= 4)
        let lines = try await ask(program, words + ["--format", "jsonl"]).output
          .split(separator: "\n")
        let objects = try lines.map {
          try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(Self.areNear(objects, wanted))
        #expect(objects.allSatisfy { Set($0.keys) == Set(names) })
        let json = try #require(
          JSONSerialization.jsonObject(
            with: Data(try await ask(program, words + ["--format", "json"]).output.utf8))
            as? [String: Any])
        let series = json["series"] as? [[String: Any]]
        let points = series?.flatMap { $0["points"] as? [[String: Any]] ?? [] }
        let entries = points ?? json["entries"] as? [[String: Any]] ?? []
        #expect(Self.areNear(entries, wanted))
        #expect(json["query"] != nil && json["warnings"] != nil)
        let markdown = try await ask(program, words + ["--format", "markdown"]).output
        #expect(markdown.contains("| ---"))
        #expect(try await ask(program, words + ["--format", "chart"]).code == 0)
      }
    }
  }

  /// The copy is one that nobody may write.
  @Test func `need no write permission`() async throws {
    try await asking { program in
      let folder = program.path("readers")
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false)
      for side in ["", "-wal", "-shm"] {
        try FileManager.default.copyItem(
          atPath: program.path("almanac.db") + side, toPath: folder + "/almanac.db" + side)
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o440], ofItemAtPath: folder + "/almanac.db" + side)
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o550], ofItemAtPath: folder)
      defer {
        try? FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: folder)
      }
      let one = try await program.run("trend", "messages")
      let other = try await program.run("trend", "messages", "--database", folder + "/almanac.db")
      #expect(other.code == 0 && other.output == one.output, "\(other.errors)")
    }
  }
}
