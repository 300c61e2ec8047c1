import AlmanacCore

extension Query {
  /// The command line that asks this question, without the defaults.
  package var arguments: [String] {
    let namesMetrics = !["summary", "retention"].contains(command)
    var words = ["almanac", command] + (namesMetrics ? metrics.map(\.name) : []) + archiveFlags
    for app in apps { words += ["--app", app] }
    for tag in tags { words += ["--tag", tag.text] }
    for source in sources { words += ["--source", source.text] }
    if let breakdown { words += ["--by", breakdown.rawValue] }
    if let top { words += ["--top", "\(top)"] }
    words += range.arguments
    if grain != range.usualGrain { words += ["--grain", grain.name] }
    if let comparison { words += ["--compare", comparison.rawValue] }
    if let smooth { words += ["--smooth", "\(smooth)"] }
    if isCumulative { words.append("--cumulative") }
    if showsGrowth { words.append("--growth") }
    if metrics.contains(where: { $0.measure.basis == .cohorts }) {
      for offset in offsets.isEmpty && offset != 1 ? [offset] : offsets {
        words += ["--offset", "\(offset)"]
      }
    }
    if let asOf { words += ["--as-of", asOf.description] }
    if lowestFirst { words.append("--lowest") }
    if minVolume != Self.leastVolume, metrics.allSatisfy(\.hasVolume) {
      words += ["--min-volume", "\(minVolume)"]
    }
    if includesOpen { words.append("--include-open") }
    return words
  }

  /// The command line of a changed question, ready to paste.
  func variation(_ change: (inout Query) -> Void) -> String {
    var other = self
    change(&other)
    if ["summary", "retention"].contains(command),
      other.breakdown != nil || other.metrics != metrics
    {
      // Neither command has metrics to choose from, or a breakdown.
      other.command = "trend"
      other.offset = offsets.first ?? offset
      other.offsets = []
    }
    return "`" + other.arguments.map(\.quotedForShell).joined(separator: " ") + "`"
  }
}

extension String {
  /// The text for a shell, in single quotes where the shell would read more into it.
  package var quotedForShell: String {
    let plain = allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,@%+".contains($0))
    }
    return plain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}
