import AlmanacCore
import FastGPT
import Foundation

/// Calls a monitor when a run begins and ends. Nothing that goes wrong here fails the run: the
/// monitor itself tells of calls that do not come.
struct Heartbeat: Sendable {
  private let address: HeartbeatAddress
  private let route: Route

  /// Finds the address in systemd's credentials, else where the configuration says it is; `nil` if
  /// there is none. Throws an ``AlmanacError`` that does not show it.
  init?(_ configuration: Configuration, environment: [String: String]) throws {
    guard let address = try Self.address(configuration, environment) else { return nil }
    self.address = address
    let server = Configuration.Server(name: "heartbeat", address: address.server)
    route = try Routing(environment: environment).route(of: server, to: address.server)
  }

  private static func address(
    _ configuration: Configuration, _ environment: [String: String]
  ) throws -> HeartbeatAddress? {
    if let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty,
      FileManager.default.fileExists(atPath: "\(folder)/heartbeat")
    {
      let source = "$CREDENTIALS_DIRECTORY/heartbeat"
      return try read("\(folder)/heartbeat", isPrivate: true) { cause, hint in
        AlmanacError(
          .configuration, "finding the heartbeat's address in \(source)", cause: cause, hint: hint)
      }
    }
    if let address = configuration.heartbeat { return address }
    guard let file = configuration.heartbeatFile else { return nil }
    return try read(file.path, isPrivate: false) { file.error($0, hint: $1) }
  }

  private static func read(
    _ path: String, isPrivate: Bool, _ refusal: (String, String) -> AlmanacError
  ) throws -> HeartbeatAddress? {
    let text: String
    do throws(SecretFile.Fault) {
      text = try SecretFile.read(path, isPrivate: isPrivate)
    } catch {
      throw refusal(error.cause("the file"), error.hint(path, holding: "the heartbeat's address"))
    }
    do throws(HeartbeatAddress.Fault) {
      return try HeartbeatAddress(text.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch {
      throw refusal("what the file holds: \(error.cause)", error.hint)
    }
  }

  /// Tells that a run begins.
  func start() async { if let start = address.start { await send(start, "start", tries: 1) } }

  /// Tells of the end of a run.
  ///
  /// - Parameter isHurried: whether the program is to end within the second
  func end(_ code: Int32, isHurried: Bool) async {
    await send(
      address.end(code), "end", tries: isHurried ? 1 : 2,
      within: isHurried ? .milliseconds(500) : .seconds(10))
  }

  private func send(
    _ address: String, _ moment: String, tries: Int, within timeout: Duration = .seconds(10)
  ) async {
    let ping = Ping(to: address, by: route, version: Almanac.version)
    for left in (0..<tries).reversed() {
      do throws(Ping.Failure) {
        return try await ping.send(within: timeout)
      } catch {
        guard left == 0 else { continue }
        StandardError.write(
          "warning: the heartbeat of this run's \(moment) did not arrive: \(error.cause)\n")
      }
    }
  }
}
