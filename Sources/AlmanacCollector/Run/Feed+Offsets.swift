import AlmanacCore

extension Feed {
  /// The same feed to a server that may take an offset in the text of an instant for a fault of the
  /// request. Where such a request is refused twice and answered in UTC between, the server is asked
  /// in UTC from then on.
  ///
  /// A server that cuts where it is asked to is never asked so: it would cut other days.
  ///
  /// - Parameter health: keeps what is known of the server's offsets
  func withoutRefusedOffsets(_ health: ServerHealth) -> Feed {
    var feed = self
    feed.chart = { read in
      let offsets = await health.offsets
      if read.zone == .utc || offsets == .refused { return try await chart(read.written(in: .utc)) }
      do {
        return try await chart(read)
      } catch let failure as ReadFailure where failure.kind == .request && offsets != .obeyed {
        let plain = try await chart(read.written(in: .utc))
        do {
          return try await chart(read)
        } catch let failure as ReadFailure where failure.kind == .request {
          await health.note(offsets: .refused)
          return plain
        }
      }
    }
    return feed
  }
}
