/// Counts one app's chart the way the server does: filters by instant first and cuts into buckets
/// afterwards, so that the edge buckets hold only what the range left of them.
struct ChartAggregator {
  let log: AppLog
  /// The records that exist for the server, as indices into the log.
  let visible: Range<Int>
  let cutter: BucketCutter
  /// Whether retention counts the new users of a bucket instead of all.
  var retainsNewUsers = false
  /// Whether sources are counted with the apps, by `appTimespan`.
  var mapsSourcesOfApps = false
  /// The timestamps that label buckets.
  var labels = ServerProfile.LabelStyle.ownMidnight

  private struct Segment {
    let start: EpochMilliseconds
    let label: EpochMilliseconds
    let records: [Int]
  }

  /// The answer to one question; a pure function of the log, what is visible, and the question.
  func answer(_ question: ChartQuestion) -> ChartAnswer {
    let records = filtered(for: question, from: question.start, through: question.end)
    var cuts: [Timespan: [Segment]] = [:]
    for timespan in [question.userTimespan, question.chatTimespan, question.appTimespan]
    where cuts[timespan] == nil {
      cuts[timespan] = cut(records, by: timespan)
    }
    return ChartAnswer(
      users: userBuckets(cuts[question.userTimespan] ?? [], for: question),
      chats: (cuts[question.chatTimespan] ?? []).map(chatBucket),
      apps: appBuckets(cuts[question.appTimespan] ?? [])
    )
  }

  /// The visible records between two instants, both inclusive, that pass the source filter.
  private func filtered(
    for question: ChartQuestion, from start: EpochMilliseconds, through end: EpochMilliseconds
  ) -> [Int] {
    guard start <= end else { return [] }
    let indices = log.indices(in: start...end, of: visible)
    guard !question.sources.isEmpty else { return Array(indices) }
    let asked = log.sourceNames.map(question.sources.contains)
    return indices.filter { asked[Int(log.sources[$0])] }
  }

  /// Cuts the sorted records at the boundaries. Buckets without a record are left out.
  private func cut(_ records: [Int], by timespan: Timespan) -> [Segment] {
    guard let first = records.first, let last = records.last else { return [] }
    let boundaries = cutter.boundaries(of: timespan, around: log.times[first]...log.times[last])
    var segments: [Segment] = []
    var next = 0
    for (start, end) in zip(boundaries, boundaries.dropFirst()) {
      let from = next
      while next < records.count, log.times[records[next]] < end { next += 1 }
      guard next > from else { continue }
      segments.append(
        Segment(
          start: start, label: label(ofBucketAt: start, firstRecord: log.times[records[from]]),
          records: Array(records[from..<next])))
    }
    return segments
  }

  private func label(
    ofBucketAt start: EpochMilliseconds, firstRecord: EpochMilliseconds
  ) -> EpochMilliseconds {
    switch labels {
    case .ownMidnight: start
    case .utcMidnight: cutter.utcMidnight(of: start)
    case .utcMidnightOfFirstRecord: firstRecord - firstRecord % 86_400_000
    }
  }

  private func userBuckets(
    _ segments: [Segment], for question: ChartQuestion
  ) -> [ChartAnswer.UserBucket] {
    let later = laterSegments(for: question)
    let maps = mapsSourcesOfApps ? [] : sourceMaps(segments)
    // Each user's entry is the number of the bucket that last counted them, which saves a set.
    var counted = [Int](repeating: -1, count: log.userCount)
    var returned = [Int](repeating: -1, count: log.userCount)
    return segments.enumerated().map { number, segment in
      var bucket = ChartAnswer.UserBucket(timestamp: segment.label)
      let target = cutter.start(
        of: question.userTimespan, after: segment.start, by: question.offset)
      for record in later[target] ?? [] { returned[Int(log.users[record])] = number }
      for record in segment.records {
        let user = Int(log.users[record])
        bucket.points += log.records[record].points
        bucket.messages += log.records[record].messages
        let isNew = log.previous[record] < visible.lowerBound
        if isNew { bucket.newUserCount += 1 }
        if counted[user] != number {
          counted[user] = number
          bucket.userCount += 1
          // Records are in order, so a new user's first record is met first.
          if returned[user] == number, isNew || !retainsNewUsers { bucket.retentionUserCount += 1 }
        }
      }
      if !mapsSourcesOfApps { bucket.sourceCountMap = maps[number] }
      return bucket
    }
  }

  /// The distinct users by source of each bucket.
  private func sourceMaps(_ segments: [Segment]) -> [[ExactText: Int]] {
    let names = log.sourceNames
    var counted = [Int](repeating: -1, count: log.userCount * names.count)
    return segments.enumerated().map { number, segment in
      var users = [Int](repeating: 0, count: names.count)
      for record in segment.records {
        let source = Int(log.sources[record])
        let place = Int(log.users[record]) * names.count + source
        if counted[place] != number {
          counted[place] = number
          users[source] += 1
        }
      }
      var map: [ExactText: Int] = [:]
      for (source, count) in users.enumerated() where count > 0 { map[names[source]] = count }
      return map
    }
  }

  /// The buckets in which users may be seen again, by their start. The server looks for them in the
  /// requested range with both ends moved by JavaScript's calendar, and nowhere else.
  private func laterSegments(for question: ChartQuestion) -> [EpochMilliseconds: [Int]] {
    let calendar = JavaScriptCalendar()
    let timespan = question.userTimespan
    let start = calendar.moving(question.start, by: question.offset, of: timespan)
    let end = calendar.moving(question.end, by: question.offset, of: timespan)
    let segments = cut(filtered(for: question, from: start, through: end), by: timespan)
    return Dictionary(uniqueKeysWithValues: segments.map { ($0.start, $0.records) })
  }

  private func chatBucket(_ segment: Segment) -> ChartAnswer.ChatBucket {
    var bucket = ChartAnswer.ChatBucket(timestamp: segment.label)
    bucket.chatCount = segment.records.count
    for index in segment.records {
      bucket.chatItemCount += log.records[index].messages
      bucket.errorCount += log.records[index].errors
      bucket.points += log.records[index].points
    }
    return bucket
  }

  private func appBuckets(_ segments: [Segment]) -> [ChartAnswer.AppBucket] {
    let maps = mapsSourcesOfApps ? sourceMaps(segments) : []
    return segments.enumerated().map { number, segment in
      var bucket = ChartAnswer.AppBucket(timestamp: segment.label)
      bucket.chatCount = segment.records.count
      for index in segment.records {
        bucket.goodFeedBackCount += log.records[index].goodFeedback
        bucket.badFeedBackCount += log.records[index].badFeedback
        bucket.totalResponseTime += log.records[index].responseSeconds
      }
      if mapsSourcesOfApps { bucket.sourceCountMap = maps[number] }
      return bucket
    }
  }
}
