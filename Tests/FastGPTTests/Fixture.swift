import AlmanacCore
import Foundation

/// Sample answers of every server generation, and a sample read.
enum Fixture {
  static let app = AppID("68c46a70d950e8850ae564ba")!

  /// 2025-09-23T00:00:00Z, in milliseconds.
  static let label = 1_758_585_600_000

  static let totals =
    #"{"code":200,"statusText":"","message":"","data":{"totalUsers":3,"totalChats":41,"totalPoints":7.25}}"#

  /// The example of the published API page.
  static let chart = envelope(
    user: #"""
      {"timestamp":1758585600000,"summary":{
       "userCount":1,"newUserCount":0,"retentionUserCount":0,"points":1.1132600000000001,
       "sourceCountMap":{"test":1,"online":0,"share":0,"api":0,"cronJob":0,"team":0,"feishu":0,
         "official_account":0,"wecom":0,"mcp":0}}}
      """#,
    chat: #"""
      {"timestamp":1758585600000,"summary":
       {"chatItemCount":1,"chatCount":1,"errorCount":0,"points":1.1132600000000001}}
      """#,
    app: #"""
      {"timestamp":1758585600000,"summary":
       {"goodFeedBackCount":0,"badFeedBackCount":0,"chatCount":1,"totalResponseTime":22.31}}
      """#)

  /// An older server's chart: seconds, the map in `appData`, no `chatCount` there.
  static let olderChart = envelope(
    user: #"""
      {"timestamp":1758585600,"summary":
       {"userCount":2,"newUserCount":1,"retentionUserCount":0,"points":3}}
      """#,
    chat:
      #"{"timestamp":1758585600,"summary":{"chatItemCount":4,"chatCount":2,"errorCount":0,"points":3}}"#,
    app: #"""
      {"timestamp":1758585600,"summary":{"goodFeedBackCount":1,"badFeedBackCount":0,
       "totalResponseTime":9,"sourceCountMap":{"online":2}}}
      """#)

  static let emptyChart = envelope(user: "", chat: "", app: "")

  /// An answer with these elements in its three arrays.
  static func envelope(user: String = "", chat: String = "", app: String = "") -> String {
    #"{"code":200,"statusText":"","message":"","data":{"userData":[\#(user)],"chatData":[\#(chat)],"#
      + #""appData":[\#(app)]}}"#
  }

  /// An answer whose only element has this summary in `chatData`.
  static func chat(_ summary: String) -> String {
    envelope(chat: #"{"timestamp":1758585600000,"summary":\#(summary)}"#)
  }

  /// An error as FastGPT wraps it.
  static func error(_ code: Int, _ statusText: String, _ message: String = "") -> String {
    let quoted = String(decoding: try! JSONEncoder().encode(message), as: UTF8.self)
    return #"{"code":\#(code),"statusText":"\#(statusText)","message":\#(quoted),"data":null}"#
  }

  static func read(source: Source = .all, grain: Grain = .day) -> ChartRead {
    ChartRead(
      app: app, source: source, grain: grain, offset: 1,
      instants: 1_758_297_600_000...1_758_988_799_999, zone: .utc)
  }
}
