extension Fault {
  /// Errors of the server itself, one for each known row of its table.
  static func envelopes(_ setting: Setting) -> [Fault] {
    rows.map { row in
      Fault(
        row.name, "The server's error \(row.code), \(row.statusText)\(row.remark).",
        sends: envelope(code: row.code, statusText: row.statusText, message: row.message))
    } + [
      Fault(
        "key-in-message", "The server's error 514 with the key in its message.",
        sends: envelope(
          code: 514, statusText: "unAuthApiKey", message: "Api Key 不合法: \(setting.key)")),
      Fault(
        "envelope-with-200", "The server's error 500 with HTTP status 200.",
        sends: envelope(status: 200, code: 500, statusText: "error", message: "服务器异常")),
    ]
  }

  private static func envelope(
    status: Int = 500, code: Int, statusText: String, message: String
  ) -> RawResponse {
    .json(
      status: status,
      [
        "code": JSONValue(code), "statusText": .string(statusText), "message": .string(message),
        "data": .null,
      ])
  }

  private struct Row {
    let code: Int
    let statusText: String
    let message: String
    /// Tells rows of one code apart.
    let variant: String
    let remark: String

    var name: String { "envelope-\(code)" + (variant.isEmpty ? "" : "-\(variant)") }

    init(
      _ code: Int, _ statusText: String, _ message: String, variant: String = "",
      remark: String = ""
    ) {
      self.code = code
      self.statusText = statusText
      self.message = message
      self.variant = variant
      self.remark = remark.isEmpty ? "" : ", \(remark)"
    }
  }

  /// The table of errors. Codes, names and the mixture of languages are FastGPT's.
  private static let rows = [
    Row(403, "unAuthorization", "凭证错误"),
    Row(514, "unAuthApiKey", "Api Key 不合法"),
    Row(506_000, "openapiUnExist", "common:code_error.openapi_error.api_key_not_exist"),
    Row(506_001, "openapiUnAuth", "common:code_error.openapi_error.un_auth"),
    Row(506_002, "openapiExceedLimit", "common:code_error.openapi_error.exceed_limit"),
    Row(502_000, "appUnExist", "common:code_error.app_error.not_exist"),
    Row(502_000, "unExist", "应用不存在", variant: "older", remark: "as older servers have it"),
    Row(502_001, "unAuthApp", "common:code_error.app_error.un_auth_app"),
    Row(510, "insufficientQuota", "common:code_error.error_code.510"),
    Row(511, "unAuthModel", "common:code_error.error_code.511"),
    Row(513, "unAuthFile", "common:code_error.error_code.513"),
    Row(500_000, "teamOverSize", "common:code_error.team_error.over_size"),
    Row(500_001, "unAuthTeam", "common:code_error.team_error.un_auth"),
    Row(500_002, "aiPointsNotEnough", "common:code_error.team_error.ai_points_not_enough"),
    Row(503_001, "binVisitor", "common:code_error.user_error.bin_visitor"),
    Row(503_003, "balanceNotEnough", "common:code_error.user_error.balance_not_enough"),
    Row(507_000, "invalidParams", "Invalid params"),
    Row(429, "tooManyRequest", "Too many request"),
    Row(500, "error", "服务器异常"),
    Row(
      500, "error", issues(["source", 0]), variant: "source-issue",
      remark: "with an issue of the source"),
    Row(
      500, "error", issues(["dateStart"]), variant: "date-issue", remark: "with an issue of a date"),
    Row(
      500, "error", "未配置商业版链接: core,app,logs,getChartData", variant: "commercial",
      remark: "since no commercial version is linked"),
  ]

  private static func issues(_ path: JSONValue) -> String {
    let issue: JSONValue = ["code": "invalid_value", "path": path, "message": "Invalid option"]
    return JSONValue.array([issue]).text
  }
}
