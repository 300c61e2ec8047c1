extension ChartAnswer {
  /// The answer as a server of the profile's generation writes it.
  func wire(for profile: ServerProfile) -> JSONValue {
    let map = { (seen: [ExactText: Int]) -> JSONValue in
      var counts = seen
      for name in profile.knownSources where profile.mapsEverySource {
        counts[ExactText(name), default: 0] += 0
      }
      return .object(
        counts.sorted { $0.key < $1.key }.map { member($0.key.text, JSONValue($0.value)) })
    }
    let isOlder = profile.generation == .older
    let entry = { (timestamp: Int?, summary: [JSONValue.Member]) -> JSONValue in
      let stamp = timestamp.map { JSONValue(isOlder ? $0 / 1000 : $0) } ?? .null
      return ["timestamp": stamp, "summary": .object(summary)]
    }
    return [
      "userData": .array(
        users.map { bucket in
          let own = isOlder ? [] : [member("sourceCountMap", map(bucket.sourceCountMap))]
          let tokens = profile.generation == .newest ? bucket.tokens : []
          return entry(bucket.timestamp, bucket.members + tokens + own)
        }),
      "chatData": .array(
        chats.map { bucket in
          let tokens = bucket.tokens(in: profile.generation)
          return entry(bucket.timestamp, bucket.members + tokens)
        }),
      "appData": .array(
        apps.map { bucket in
          let chats = isOlder ? [] : [member("chatCount", JSONValue(bucket.chatCount))]
          let own = isOlder ? [member("sourceCountMap", map(bucket.sourceCountMap))] : []
          return entry(bucket.timestamp, bucket.thumbs + chats + bucket.time + own)
        }),
    ]
  }
}

private func member(_ name: String, _ value: JSONValue) -> JSONValue.Member {
  JSONValue.Member(name: name, value: value)
}

extension ChartAnswer.UserBucket {
  fileprivate var members: [JSONValue.Member] {
    [
      member("userCount", JSONValue(userCount)), member("newUserCount", JSONValue(newUserCount)),
      member("retentionUserCount", JSONValue(retentionUserCount)),
      member("points", .number(points)),
    ]
  }

  fileprivate var tokens: [JSONValue.Member] {
    [
      member("inputTokens", JSONValue(40 * messages)),
      member("outputTokens", JSONValue(100 * messages)),
      member("cachedTokens", JSONValue(10 * messages)),
    ]
  }
}

extension ChartAnswer.ChatBucket {
  fileprivate var members: [JSONValue.Member] {
    [
      member("chatItemCount", JSONValue(chatItemCount)), member("chatCount", JSONValue(chatCount)),
      member("errorCount", JSONValue(errorCount)), member("points", .number(points)),
    ]
  }

  /// Invented token counts: 40 in, 10 of them cached, and 100 out for each message, so that a test
  /// can compute them.
  fileprivate func tokens(in generation: ServerProfile.Generation) -> [JSONValue.Member] {
    let names: (input: String, output: String)
    switch generation {
    case .current, .older: return []
    case .tokens: names = ("inputTokens", "outputTokens")
    case .newest: names = ("totalInputTokens", "totalOutputTokens")
    }
    return [
      member(names.input, JSONValue(40 * chatItemCount)),
      member(names.output, JSONValue(100 * chatItemCount)),
      member("cachedTokens", JSONValue(10 * chatItemCount)),
    ]
  }
}

extension ChartAnswer.AppBucket {
  fileprivate var thumbs: [JSONValue.Member] {
    [
      member("goodFeedBackCount", JSONValue(goodFeedBackCount)),
      member("badFeedBackCount", JSONValue(badFeedBackCount)),
    ]
  }

  fileprivate var time: [JSONValue.Member] {
    [member("totalResponseTime", .number(totalResponseTime))]
  }
}

extension Totals {
  /// The totals as a server of the profile's generation writes them.
  func wire(for profile: ServerProfile) -> JSONValue {
    let isOlder = profile.generation == .older
    var members = [
      member("totalUsers", JSONValue(totalUsers)),
      member(isOlder ? "totalChat" : "totalChats", JSONValue(totalChats)),
      member("totalPoints", .number(totalPoints)),
    ]
    if profile.generation == .tokens || profile.generation == .newest {
      members += [
        member("totalInputTokens", JSONValue(40 * totalMessages)),
        member("totalOutputTokens", JSONValue(100 * totalMessages)),
        member("totalTokens", JSONValue(140 * totalMessages)),
      ]
    }
    return .object(members)
  }
}
