import AlmanacCore
import Yams

extension Configuration {
  /// The error for a file that is no YAML, with line, column and problem. It quotes nothing of the
  /// file, since a key may stand there.
  static func refusal(of error: YamlError, file: String) -> AlmanacError {
    func refusal(_ mark: (line: Int, column: Int)?, _ cause: String) -> AlmanacError {
      let place = mark.map { ":\($0.line):\($0.column)" } ?? ""
      return AlmanacError(
        .configuration, "reading the configuration \(file)\(place)", cause: cause,
        hint: "mend the YAML there or just before it; check indentation and quotes")
    }
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      // These are the parser's own words, which quote nothing.
      let start = context.map { ", \($0.text) from line \($0.mark.line)" } ?? ""
      return refusal((mark.line, mark.column), problem + start)
    case .reader(let problem, let offset, _, let yaml):
      let mark = offset.map { offset in
        let lines = yaml.prefix(offset).split(
          omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return (line: lines.count, column: (lines.last?.count ?? 0) + 1)
      }
      return refusal(mark, problem)
    default:
      return refusal(nil, "it cannot be parsed")
    }
  }
}
