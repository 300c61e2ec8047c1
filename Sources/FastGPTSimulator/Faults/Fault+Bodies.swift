extension Fault {
  /// Faults of the body, which is damaged or replaced. Its length is always right.
  static let bodies: [Fault] = [
    .ofBody("truncated", "The first half of the genuine body, with its length.") {
      Array($0.prefix($0.count / 2))
    },
    .ofBody("empty-body", "No body at all.") { _ in [] },
    .ofBody("garbage", "Random bytes that are called JSON.") { _ in
      var random = SplitMix64(seed: 1)
      return (0..<4096).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    },
    .ofBody("byte-order-mark", "The genuine body after a byte-order mark.") {
      [0xEF, 0xBB, 0xBF] + $0
    },
    Fault(
      "deeply-nested", "A success whose content is arrays in arrays, 100,000 deep.",
      sends: .success(
        .verbatim(
          String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)))),
    .ofContent("duplicate-key", "The genuine content with its first member once more, empty.") {
      guard case .object(let members) = $0, let first = members.first else { return $0 }
      let void: JSONValue = if case .array = first.value { [] } else { 0 }
      return .object(members + [JSONValue.Member(name: first.name, value: void)])
    },
    .ofContent("null-content", "A success with null for its content.") { _ in .null },
  ]

  /// Faults of compression, and a genuine body that is compressed.
  static let compressions = [
    compressed("gzip", "The genuine body, compressed with gzip.") { $0 },
    compressed("gzip-corrupted", "A gzip stream that is corrupted where the data begin.") {
      stream in
      var stream = stream
      // Byte 10 follows the head; 7 is a block type that does not exist.
      stream[10] = 7
      return stream
    },
    compressed("gzip-wrong-checksum", "A gzip stream that ends with a wrong checksum.") { stream in
      var stream = stream
      stream[stream.count - 8] ^= 1
      return stream
    },
    compressed("gzip-cut-off", "The first half of a gzip stream, with its length.") {
      Array($0.prefix($0.count / 2))
    },
  ]

  private static func compressed(
    _ name: String, _ sentence: String, spoil: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> Fault {
    Fault(name, sentence) { genuine in
      var altered = genuine
      altered.body = spoil(gzipStream(of: genuine.body))
      altered.headers["Content-Encoding"] = "gzip"
      return altered
    }
  }
}
