/// A series in one line, a character for each value.
///
/// The scale begins at zero, or below it if a value is negative. Values that are all the same, and
/// not zero, are drawn at half height: there is nothing to compare them with.
package struct Sparkline {
  private let values: [Double?]
  private let glyphs: Glyphs

  /// Takes the values in order. `nil` is a gap, and so is a number that is not finite.
  package init(_ values: [Double?], glyphs: Glyphs) {
    self.values = values.map { $0?.drawable }
    self.glyphs = glyphs
  }

  /// The line, with as many columns as values and no newline.
  package func render() -> String {
    let ramp: [Character] = Array(glyphs == .ascii ? "_.:-=+*#" : "▁▂▃▄▅▆▇█")
    let gap: Character = glyphs == .ascii ? "?" : "·"
    let known = values.compactMap(\.self)
    let low = known.reduce(0, min)
    let high = known.reduce(0, max)
    let isFlat =
      known.first.map { first in first != 0 && known.allSatisfy { $0 == first } } ?? false
    return String(
      values.map { value in
        guard let value else { return gap }
        if isFlat { return ramp[ramp.count / 2 - 1] }
        guard high > low else { return ramp[0] }
        let share = (value - low) / (high - low)
        return ramp[Int((min(max(share, 0), 1) * Double(ramp.count - 1)).rounded())]
      })
  }
}
