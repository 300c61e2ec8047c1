import AlmanacStore
import AlmanacTestSupport
import Testing

@testable import AlmanacExport

// The tables themselves are tried on the real engine, by scripts/check-export.
@Suite struct `The tables of a ClickHouse` {
  @Test func `get a real number by way of a text, which is read exactly`() async throws {
    try await ExportedArchive.with { exported in
      let table = try #require(try exported.moment().tables.first { $0.name == "daily" })
      #expect(table.selection.contains(#"toFloat64("points")"#))
      #expect(table.selection.contains(#""points" Nullable(String)"#))
      #expect(table.selection.contains(#""users" Nullable(Int64)"#))
      #expect(!table.selection.contains("Float64,"))
    }
  }

  @Test func `keep a view that has the columns, for a replaced one is away for a moment`()
    async throws
  {
    try await ExportedArchive.with { exported in
      let table = try #require(try exported.moment().tables.first { $0.name == "daily" })
      let names = table.columns.map(\.name)
      let held = [table.name: names, table.stored: names, table.incoming: names]
      let older = held.merging([table.name: Array(names.dropLast())]) { $1 }
      #expect(ClickHouseTables.statements(for: table, beside: held, replacing: false).isEmpty)
      for (held, isOther) in [(held, true), (older, false)] {
        let statements = ClickHouseTables.statements(
          for: table, beside: held, replacing: isOther)
        #expect(statements.map { $0.hasPrefix("CREATE OR REPLACE VIEW \"daily\"") } == [true])
      }
    }
  }
}
