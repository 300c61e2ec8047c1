/// The object that FastGPT wraps every answer in: `{"code", "statusText", "message", "data"}`.
struct Envelope: Equatable {
  var code: Int?
  /// The name of the server's error; empty if it sent none.
  var statusText = ""
  /// The server's message; empty if it is no text.
  var message = ""

  /// The kinds of body that a reply may have.
  enum Reading: Equatable {
    case envelope(Envelope)
    /// An object without an envelope, as a dead upstream sends it with status 200.
    case bareObject
    /// Plain words, or one JSON string.
    case bareText
    /// A page for a browser.
    case markup
    case empty
    /// Anything else: broken JSON, a list, a number. The text says which.
    case unreadable(String)
  }

  private static let code = Array("code".utf8)
  private static let statusText = Array("statusText".utf8)
  private static let message = Array("message".utf8)
  private static let data = Array("data".utf8)

  /// Reads a body, and its `data` on the way.
  ///
  /// - Parameter decode: reads the value of `data`, which is read over if it throws
  static func read(
    _ body: [UInt8], _ decode: (inout JSONReader) throws(JSONFault) -> Void
  ) -> Reading {
    body.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      reader.skipSpace()
      switch reader.current {
      case 0 where reader.position == bytes.count: return .empty
      case UInt8(ascii: "<"): return .markup
      case UInt8(ascii: "{"): break
      case UInt8(ascii: "["): return .unreadable("a list instead of an object")
      case UInt8(ascii: "\""): return .bareText
      default: return isText(body) ? .bareText : .unreadable("no JSON")
      }
      do throws(JSONFault) {
        return try object(&reader, decode)
      } catch {
        return .unreadable("no JSON: \(error.reason), at byte \(error.offset)")
      }
    }
  }

  /// Whether a body begins with a word, and not with a number, a JSON literal or other bytes.
  private static func isText(_ body: [UInt8]) -> Bool {
    let text = String(decoding: body.prefix(200), as: UTF8.self)
    guard let word = text.split(whereSeparator: \.isWhitespace).first, word.first?.isLetter == true
    else { return false }
    return !["null", "true", "false", "NaN"].contains(word)
  }

  private static func object(
    _ reader: inout JSONReader, _ decode: (inout JSONReader) throws(JSONFault) -> Void
  ) throws(JSONFault) -> Reading {
    var envelope = Envelope()
    var seen: Set<[UInt8]> = []
    var misfit: String?
    try reader.enterObject()
    while let key = try reader.nextKey() {
      let name = [code, statusText, message, data].first { key.matches($0) }
      guard let name else {
        try reader.skip()
        continue
      }
      guard seen.insert(name).inserted else { throw reader.fault("\(key.text) is sent twice") }
      let kind = try reader.kind()
      switch (name, kind) {
      case (code, .number):
        envelope.code = try reader.number().value.flatMap { Int(exactly: $0) }
        if envelope.code == nil { misfit = "its code is no whole number" }
      case (statusText, .string): envelope.statusText = try reader.string()
      case (message, .string): envelope.message = try reader.string()
      case (data, .null): try reader.skip()
      case (data, _):
        let beginning = reader
        do throws(JSONFault) {
          try decode(&reader)
        } catch {
          reader = beginning
          try reader.skip()
        }
      default:
        if name == code, kind != .null { misfit = "its code is \(kind.words)" }
        try reader.skip()
      }
    }
    try reader.end()
    if envelope.code != nil || !envelope.statusText.isEmpty { return .envelope(envelope) }
    // An error of Node.js has a `code` too, which is a word, but no other field of an envelope.
    if let misfit, seen.contains(data) || seen.contains(statusText) { return .unreadable(misfit) }
    return .bareObject
  }

  /// The fields that the server's validation rejects: the first part of each issue's `path`, empty
  /// for an issue without one. `nil` if the message is not a list of issues.
  var faultyFields: [String]? {
    var text = message
    return text.withUTF8 { bytes in
      var reader = JSONReader(bytes)
      reader.skipSpace()
      guard reader.current == UInt8(ascii: "[") else { return nil }
      return try? Self.issues(&reader)
    }
  }

  private static let path = Array("path".utf8)

  private static func issues(_ reader: inout JSONReader) throws(JSONFault) -> [String]? {
    var fields: [String] = []
    try reader.enterArray()
    while try reader.nextElement() {
      guard try reader.kind() == .object else { return nil }
      var field = ""
      try reader.enterObject()
      while let key = try reader.nextKey() {
        switch (key.matches(path), try reader.kind()) {
        case (true, .string): field = try reader.string()
        case (true, .array):
          try reader.enterArray()
          var isFirst = true
          while try reader.nextElement() {
            if isFirst, try reader.kind() == .string {
              field = try reader.string()
            } else {
              try reader.skip()
            }
            isFirst = false
          }
        default: try reader.skip()
        }
      }
      fields.append(field)
    }
    try reader.end()
    return fields.isEmpty ? nil : fields
  }
}
