import NIOConcurrencyHelpers
import NIOCore

/// The connections that a response is due on, so that a closing server need not wait for what is
/// held back, nor for a client that does not read.
final class BusyConnections: Sendable {
  private struct State {
    var isOver = false
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// - Throws: `CancellationError` if the server is closing
  func begin(_ channel: any Channel) throws {
    try state.withLockedValue { state in
      if state.isOver { throw CancellationError() }
      state.channels[ObjectIdentifier(channel)] = channel
    }
  }

  /// Nothing is due on the connection any more.
  func finish(_ channel: any Channel) {
    state.withLockedValue { $0.channels[ObjectIdentifier(channel)] = nil }
  }

  /// Closes all of them; every wait in `ResponseDelivery` ends with its connection.
  func closeAll() {
    let channels = state.withLockedValue { state in
      state.isOver = true
      return state.channels.values
    }
    for channel in channels { channel.close(promise: nil) }
  }
}
