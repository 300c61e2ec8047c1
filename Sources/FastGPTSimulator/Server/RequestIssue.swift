/// One thing that is wrong with a request, in the words of the validator that the server uses.
struct RequestIssue: Sendable, Hashable {
  /// The place in the body: member names, and the index in a list.
  let path: [Step]
  let code: String
  let message: String

  enum Step: Sendable, Hashable {
    case member(String)
    case index(Int)
  }

  static func wrongType(_ name: String?, expected: String, received: JSONValue?) -> RequestIssue {
    RequestIssue(
      path: name.map { [.member($0)] } ?? [], code: "invalid_type",
      message: "Invalid input: expected \(expected), received \(received?.kind ?? "undefined")")
  }

  static func unknownOption(_ path: [Step], options: [String]) -> RequestIssue {
    let quoted = options.map { "\"\($0)\"" }.joined(separator: "|")
    return RequestIssue(
      path: path, code: "invalid_value", message: "Invalid option: expected one of \(quoted)")
  }

  var wire: JSONValue {
    [
      "code": .string(code),
      "path": .array(
        path.map { step in
          switch step {
          case .member(let name): .string(name)
          case .index(let index): JSONValue(index)
          }
        }),
      "message": .string(message),
    ]
  }
}

extension JSONValue {
  /// The name that JavaScript's validator has for the type of the value.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    case .verbatim: "unknown"
    }
  }
}
