import AlmanacCore

/// The meaning of a FastGPT error for the reads that follow.
///
/// The name decides before the number, since the numbers are positions in a list and have drifted
/// between versions (docs/server.md, errors). Source of names and numbers: FastGPT's
/// `packages/global/common/error/code`.
enum ServerError: Equatable {
  /// A lasting error: another try would fail too.
  case lasting(ReadFailure.Kind)
  case tooManyRequests
  /// The unspecific `error`; its message may say more.
  case general

  init?(statusText: String, code: Int?) {
    guard let meaning = Self.byName[statusText] ?? code.flatMap(Self.byCode) else { return nil }
    self = meaning
  }

  private static let byName: [String: ServerError] = [
    "unAuthorization": .lasting(.key),
    "unAuthApiKey": .lasting(.key),
    "openapiUnExist": .lasting(.key),
    "openapiUnAuth": .lasting(.key),
    "openapiExceedLimit": .lasting(.key),

    "appUnExist": .lasting(.app),
    "unAuthApp": .lasting(.app),
    "unExist": .lasting(.app),

    "insufficientQuota": .lasting(.account),
    "unAuthModel": .lasting(.account),
    "unAuthFile": .lasting(.account),
    "teamOverSize": .lasting(.account),
    "unAuthTeam": .lasting(.account),
    "aiPointsNotEnough": .lasting(.account),
    "balanceNotEnough": .lasting(.account),
    "unAuthRole": .lasting(.account),
    "binVisitor": .lasting(.account),

    "invalidParams": .lasting(.request),
    "missingParams": .lasting(.request),
    "invalidResource": .lasting(.request),

    "tooManyRequest": .tooManyRequests,
  ]

  private static func byCode(_ code: Int) -> ServerError? {
    switch code {
    case 403, 514, 506_000, 506_001, 506_002: .lasting(.key)
    case 502_000, 502_001: .lasting(.app)
    case 510, 511, 513, 500_000...500_002, 503_001, 503_003: .lasting(.account)
    case 507_000...: .lasting(.request)
    case 429: .tooManyRequests
    case 500: .general
    default: nil
    }
  }
}
