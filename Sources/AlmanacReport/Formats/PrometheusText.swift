/// Gauges in the text format 0.0.4 of Prometheus, without timestamps.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
package struct PrometheusText {
  /// The families by name, in order: each with its head and its samples.
  private var families: [(name: String, text: String)] = []

  package init() {}

  /// Reads a text as far as it is in the form that ``text`` has; the rest is left out.
  package init(reading text: String) {
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# HELP ") {
        let name = line.dropFirst(7).prefix { $0 != " " }
        families.append((String(name), ""))
      }
      guard let last = families.indices.last else { continue }
      families[last].text += line + "\n"
    }
  }

  /// Adds a gauge; one without samples is not shown. Another of its name is replaced.
  ///
  /// - Parameters:
  ///   - name: the whole name, unit included
  ///   - help: one sentence
  ///   - samples: each with its labels in order and its value
  package mutating func add(
    _ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]
  ) {
    families.removeAll { $0.name == name }
    guard !samples.isEmpty else {
      families.append((name, ""))
      return
    }
    var text = "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) gauge\n"
    for (labels, value) in samples {
      let list = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
      text += name + (list.isEmpty ? "" : "{\(list.joined(separator: ","))}")
      text += " \(Self.text(of: value))\n"
    }
    families.append((name, text))
  }

  /// Adds a gauge with one sample, without labels; without a value it is not shown.
  package mutating func add(_ name: String, _ help: String, _ value: Double?) {
    add(name, help, value.map { [(labels: [], value: $0)] } ?? [])
  }

  /// These gauges, with those of `other` that were not added here.
  package func filled(from other: PrometheusText) -> PrometheusText {
    var filled = self
    filled.families += other.families.filter { family in
      !families.contains { $0.name == family.name }
    }
    return filled
  }

  package var text: String { families.map(\.text).joined() }

  private static func text(of value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
