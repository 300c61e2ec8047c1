import NIOConcurrencyHelpers
import NIOCore

/// The connections that wait for a response. A closing server closes them at once, so that it waits
/// neither for a response held back nor for a client that does not read.
final class BusyConnections: Sendable {
  private struct State {
    var isOver = false
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// Notes a connection that waits for a response.
  ///
  /// - Throws: `CancellationError` if the server is closing
  func begin(_ channel: any Channel) throws {
    try state.withLockedValue { state in
      if state.isOver { throw CancellationError() }
      state.channels[ObjectIdentifier(channel)] = channel
    }
  }

  /// Notes that the connection has its response.
  func finish(_ channel: any Channel) {
    state.withLockedValue { $0.channels[ObjectIdentifier(channel)] = nil }
  }

  /// Closes all connections, which ends every wait in `ResponseDelivery`.
  func closeAll() {
    let channels = state.withLockedValue { state in
      state.isOver = true
      return state.channels.values
    }
    for channel in channels { channel.close(promise: nil) }
  }
}
