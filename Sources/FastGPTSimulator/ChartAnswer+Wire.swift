extension ChartAnswer {
  /// The answer as a current server writes it: milliseconds, and the source map with the users.
  var wire: JSONValue {
    [
      "userData": .array(users.map(\.wire)),
      "chatData": .array(chats.map(\.wire)),
      "appData": .array(apps.map(\.wire)),
    ]
  }
}

extension ChartAnswer.UserBucket {
  fileprivate var wire: JSONValue {
    let bySource = sourceCountMap.sorted { $0.key < $1.key }
    return [
      "timestamp": JSONValue(timestamp),
      "summary": [
        "userCount": JSONValue(userCount),
        "newUserCount": JSONValue(newUserCount),
        "retentionUserCount": JSONValue(retentionUserCount),
        "points": .number(points),
        "sourceCountMap": .object(
          bySource.map { JSONValue.Member(name: $0.key, value: JSONValue($0.value)) }),
      ],
    ]
  }
}

extension ChartAnswer.ChatBucket {
  fileprivate var wire: JSONValue {
    [
      "timestamp": JSONValue(timestamp),
      "summary": [
        "chatItemCount": JSONValue(chatItemCount),
        "chatCount": JSONValue(chatCount),
        "errorCount": JSONValue(errorCount),
        "points": .number(points),
      ],
    ]
  }
}

extension ChartAnswer.AppBucket {
  fileprivate var wire: JSONValue {
    [
      "timestamp": JSONValue(timestamp),
      "summary": [
        "goodFeedBackCount": JSONValue(goodFeedBackCount),
        "badFeedBackCount": JSONValue(badFeedBackCount),
        "chatCount": JSONValue(chatCount),
        "totalResponseTime": .number(totalResponseTime),
      ],
    ]
  }
}

extension Totals {
  /// The totals as a current server writes them.
  var wire: JSONValue {
    [
      "totalUsers": JSONValue(totalUsers),
      "totalChats": JSONValue(totalChats),
      "totalPoints": .number(totalPoints),
    ]
  }
}
