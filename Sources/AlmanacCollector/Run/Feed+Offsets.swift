import AlmanacCore

extension Feed {
  /// The same feed to a server that may take an offset in the text of an instant for a fault of the
  /// request. Such a server is asked again in UTC, and only so from then on.
  ///
  /// - Parameter health: keeps what is known of the server's offsets
  func withoutRefusedOffsets(_ health: ServerHealth) -> Feed {
    var feed = self
    feed.chart = { read in
      let areRefused = await health.refusesOffsets
      let isPlain = read.zone == .utc || areRefused
      do {
        return try await chart(isPlain ? read.written(in: .utc) : read)
      } catch let failure as ReadFailure where failure.kind == .request && !isPlain {
        let answer = try await chart(read.written(in: .utc))
        await health.noteOffsets(areRefused: true)
        return answer
      }
    }
    return feed
  }
}
