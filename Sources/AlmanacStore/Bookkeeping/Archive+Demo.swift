import AlmanacCore
import GRDB

extension Archive {
  /// The `arguments` of a demo's run; no other command's run has just these. A demo collects into a
  /// new file only, so its run is the first one there.
  package static let demoArguments = "demo"

  static func holdsDemo(_ db: Database) throws -> Bool {
    guard try Schema.version(db) > 0 else { return false }
    // The arguments begin with ALMANAC_NOW if the demo's clock was set.
    let first = try String.fetchOne(
      db,
      sql: """
        SELECT CASE WHEN \(isRehearsal) THEN substr(arguments, instr(arguments, ' ') + 1)
          ELSE arguments END
        FROM run ORDER BY id LIMIT 1
        """)
    return first == demoArguments
  }

  /// Throws an ``AlmanacError`` for a demo's archive, since a run would put real apps beside the
  /// invented ones.
  package func refuseDemo() throws {
    if isDemo { throw Self.refusalOfDemo(path) }
  }

  static func refusalOfDemo(_ path: String) -> AlmanacError {
    AlmanacError(
      .unusableArchive, "collecting into \(path)",
      cause: "it is the archive of a demo, and its apps are invented",
      hint: "name another file, with --database, $ALMANAC_DATABASE or `database:` in the "
        + "configuration; this one was left as it is")
  }
}
