import AlmanacCore
import AlmanacStore

extension Query {
  /// Sets the metrics by their names, further figures of the archive among them.
  ///
  /// Throws an ``AlmanacError`` with the code `usage` where nothing has a name, or several figures
  /// of the asked apps have.
  package mutating func set(metrics names: [String], from reader: FactReader) throws {
    let held = try reader.furtherFigures()
    let known = MetricLookup(Set(held.map(\.key)))
    guard names.allSatisfy(known.knows) else {
      metrics = try names.map(known.metric)
      return
    }
    let apps = Set(try Selection(self, from: reader).apps.map(\.id))
    let lookup = MetricLookup(
      Set(held.map(\.key)), ofAskedApps: Set(held.filter { apps.contains($0.app) }.map(\.key)))
    metrics = try names.map(lookup.metric)
  }
}
