/// The reasons why the server refuses a request. All are sent with HTTP status 500; only the body
/// tells them apart (docs/server.md, errors).
enum ServerFailure: Error, Hashable {
  /// No bearer key came with the request.
  case missingKey
  case wrongKey
  case unknownApp
  case invalidRequest([RequestIssue])
  /// The community edition forwards these paths to a commercial part that is not there.
  case lacksAppLogs(path: String)

  var code: Int {
    switch self {
    case .missingKey: 403
    case .wrongKey: 514
    case .unknownApp: 502_000
    case .invalidRequest, .lacksAppLogs: 500
    }
  }

  var statusText: String {
    switch self {
    case .missingKey: "unAuthorization"
    case .wrongKey: "unAuthApiKey"
    case .unknownApp: "appUnExist"
    case .invalidRequest, .lacksAppLogs: "error"
    }
  }

  /// The message, in Chinese, as a raw translation key or quoting the request, as FastGPT sends it.
  var message: String {
    switch self {
    case .missingKey: "凭证错误"
    case .wrongKey: "Api Key 不合法"
    case .unknownApp: "common:code_error.app_error.not_exist"
    case .invalidRequest(let issues): JSONValue.array(issues.map(\.wire)).text
    case .lacksAppLogs(let path): "未配置商业版链接: \(path)"
    }
  }
}
