import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The service manager that has started this process, by the protocol of `sd_notify(3)`.
///
/// It does nothing where no manager listens. What cannot be sent is left out: the manager sees that
/// it is missing, and the run matters more.
final class ServiceManager: Sendable {
  /// The path of the socket at which the manager listens; `@` begins an abstract name.
  private let socketPath: String?
  /// The time after which the manager takes a silent process for hung; `nil` where it does not.
  let watchdog: Duration?
  private let fedAt = Mutex<ContinuousClock.Instant?>(nil)

  /// - Parameter environment: the variables `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`
  init(_ environment: [String: String] = Environment.variables) {
    socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0
    watchdog = isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
  }

  /// Tells that the process is at work, and what it does, for `systemctl status`.
  func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

  /// Tells what the process does.
  func status(_ status: String) { send("STATUS=\(status)") }

  /// Tells that the configuration is read again; ``ready(_:)`` ends that.
  func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)")
  }

  func stopping() { send("STOPPING=1") }

  /// Tells that the process has got on, a few times within the watchdog's time at most.
  func feedWatchdog() {
    guard let watchdog else { return }
    let isHungry = fedAt.withLock { fedAt in
      let now = ContinuousClock.now
      if let last = fedAt, last.duration(to: now) < watchdog / 8 { return false }
      fedAt = now
      return true
    }
    if isHungry { send("WATCHDOG=1") }
  }

  private func send(_ message: String) {
    guard let socketPath else { return }
    #if canImport(Glibc)
      let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #else
      let kind = SOCK_DGRAM
    #endif
    let socket = socket(AF_UNIX, kind, 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    // A manager that does not read must not hold the run up.
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(socketPath.utf8)
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    // An abstract name ends with the address, a path with a zero.
    let end = name.first == 0 ? name.count : name.count + 1
    let size = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + end
    let bytes = Array(message.utf8)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(size))
      }
    }
  }
}
