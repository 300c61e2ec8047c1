import AlmanacCore

/// Values beside their names, as bars from a common zero.
struct BarChart {
  private let bars: [(label: String, value: Double?)]
  private let isShare: Bool
  private let terminal: Terminal

  init(_ bars: [(label: String, value: Double?)], isShare: Bool, terminal: Terminal) {
    self.bars = bars
    self.isShare = isShare
    self.terminal = terminal
  }

  /// A line for each bar, none wider than the terminal, each ended by a newline.
  func render() -> String {
    let width = max(30, terminal.width ?? 80)
    let texts = bars.map { bar in
      bar.value.map { isShare ? ($0 * 100).grouped(decimals: 1) + "%" : $0.short } ?? "-"
    }
    let textWidth = texts.map(\.terminalWidth).max() ?? 0
    let labels = bars.map { $0.label.oneLine }
    let labelWidth = min(labels.map(\.terminalWidth).max() ?? 0, max(8, width / 3))
    let room = max(1, width - labelWidth - textWidth - 4)
    let values = bars.compactMap { $0.value?.drawable }
    let (least, most) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    let unit = most > least ? Double(room) / (most - least) : 0
    let zero = Int((-least * unit).rounded())
    return zip(bars.indices, texts).map { index, text in
      let label = labels[index].shortened(to: labelWidth, ellipsis: terminal.glyphs.ellipsis)
      return label.padded(to: labelWidth, right: false) + "  "
        + text.padded(to: textWidth, right: true) + "  "
        + bar(min((bars[index].value?.drawable ?? 0) * unit, Double(room - zero)), from: zero)
    }.map { $0.trimmingTrailingSpaces() + "\n" }.joined()
  }

  /// A bar to the right of zero, or to its left if the length is negative.
  private func bar(_ length: Double, from zero: Int) -> String {
    guard length >= 0 else {
      let mark = terminal.glyphs == .ascii ? "#" : "█"
      let count = min(zero, Int(-length.rounded()))
      return String(repeating: " ", count: zero - count) + String(repeating: mark, count: count)
    }
    return String(repeating: " ", count: zero) + bar(length)
  }

  private func bar(_ length: Double) -> String {
    if terminal.glyphs == .ascii { return String(repeating: "#", count: Int(length.rounded())) }
    let eighths = Int((length * 8).rounded())
    let rest = eighths % 8
    return String(repeating: "█", count: eighths / 8)
      + (rest == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[rest - 1]))
  }
}

extension Double {
  /// The number with two decimals, or none if it is whole.
  fileprivate var short: String { grouped(decimals: rounded() == self ? 0 : 2) }
}
