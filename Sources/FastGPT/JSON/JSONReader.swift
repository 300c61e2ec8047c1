/// The place at which bytes are not the expected JSON, and the reason.
struct JSONFault: Error, Equatable {
  /// The number of bytes before the fault.
  let offset: Int
  let reason: String
}

/// A strict pull reader over the bytes of one JSON text (RFC 8259). The caller asks for each value
/// that it expects, and no other value is built.
///
/// The caller enters an object by ``enterObject()``, calls ``nextKey()`` until it is `nil`, and
/// reads or skips exactly one value after each key. The same holds for ``enterArray()`` and
/// ``nextElement()``.
///
/// The reader refuses a byte order mark, invalid UTF-8, raw control characters, nesting beyond
/// ``depthLimit`` and anything after the value. A lone surrogate escape is read as U+FFFD, since
/// JavaScript writes one wherever it cuts a text in the middle of an emoji.
///
/// The reader must not outlive its bytes. Their number is bounded by the transport.
struct JSONReader {
  /// The kinds of value, told by the first byte.
  enum Kind {
    case object, array, string, number, bool, null

    /// The kind with its article, for a sentence.
    var words: String {
      switch self {
      case .object: "an object"
      case .array: "a list"
      case .string: "a text"
      case .number: "a number"
      case .bool: "true or false"
      case .null: "null"
      }
    }
  }

  /// Deeper nesting is refused, so that no answer can exhaust the stack.
  static let depthLimit = 128

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  private var depth = 0
  /// Whether the innermost container has not yet given its first member.
  private var isFirst = false

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// The kind of the next value, judged by its first byte.
  mutating func kind() throws(JSONFault) -> Kind {
    skipSpace()
    guard position < bytes.count else { throw fault("the text ends where a value was expected") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), 48...57: return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw fault("a value was expected")
    }
  }

  mutating func enterObject() throws(JSONFault) {
    try enter(UInt8(ascii: "{"), orFault: "an object was expected")
  }

  mutating func enterArray() throws(JSONFault) {
    try enter(UInt8(ascii: "["), orFault: "a list was expected")
  }

  /// Reads the next key of the innermost object and its colon; `nil` at the end of the object.
  mutating func nextKey() throws(JSONFault) -> JSONKey? {
    guard try hasNext(before: UInt8(ascii: "}")) else { return nil }
    let key = try stringSlice()
    skipSpace()
    guard take(UInt8(ascii: ":")) else { throw fault("a colon was expected") }
    return key
  }

  /// Whether the innermost list has another element, which comes next.
  mutating func nextElement() throws(JSONFault) -> Bool {
    try hasNext(before: UInt8(ascii: "]"))
  }

  mutating func string() throws(JSONFault) -> String {
    skipSpace()
    return try stringSlice().text
  }

  /// Reads over one value of any kind, checking its syntax.
  mutating func skip() throws(JSONFault) {
    switch try kind() {
    case .object:
      try enterObject()
      while try nextKey() != nil { try skip() }
    case .array:
      try enterArray()
      while try nextElement() { try skip() }
    case .string: _ = try stringSlice()
    case .number: _ = try number()
    case .bool: try word(bytes[position] == UInt8(ascii: "t") ? "true" : "false")
    case .null: try word("null")
    }
  }

  /// Refuses anything but white space in what is left.
  mutating func end() throws(JSONFault) {
    skipSpace()
    guard position == bytes.count else { throw fault("the end was expected after the value") }
  }

  func fault(_ reason: String) -> JSONFault { JSONFault(offset: position, reason: reason) }

  /// The next byte, or 0 at the end, which no JSON token contains.
  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  /// Advances over `byte` if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func enter(_ bracket: UInt8, orFault reason: String) throws(JSONFault) {
    skipSpace()
    guard take(bracket) else { throw fault(reason) }
    guard depth < Self.depthLimit else {
      throw fault("more than \(Self.depthLimit) levels are nested")
    }
    depth += 1
    isFirst = true
  }

  private mutating func hasNext(before bracket: UInt8) throws(JSONFault) -> Bool {
    skipSpace()
    if take(bracket) {
      depth -= 1
      isFirst = false
      return false
    }
    if !isFirst {
      guard take(UInt8(ascii: ",")) else { throw fault("a comma or the end was expected") }
      skipSpace()
    }
    isFirst = false
    return true
  }

  private mutating func word(_ text: StaticString) throws(JSONFault) {
    for offset in 0..<text.utf8CodeUnitCount {
      guard take(text.utf8Start[offset]) else { throw fault("a value was expected") }
    }
  }
}
