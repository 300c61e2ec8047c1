import AlmanacCore
import FastGPT
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds the way to a server, from the configuration, else from the usual variables.
struct Routing {
  let environment: [String: String]

  /// The route to a server. Throws an ``AlmanacError`` that shows nothing of a proxy's address.
  func route(of server: Configuration.Server, to address: ServerAddress) throws -> Route {
    var route = Route(proxy: try proxy(of: server, to: address))
    if address.usesTLS { try replaceSystem(&route.authorities) }
    if let file = server.authorities {
      do throws(CertificateAuthorities.Fault) {
        try route.authorities.add(file: file.path)
      } catch {
        throw file.error(error.cause, hint: error.hint)
      }
    }
    return route
  }

  private func proxy(
    of server: Configuration.Server, to address: ServerAddress
  ) throws -> ProxyAddress? {
    let named = try server.proxy ?? server.proxyFile.map(proxy)
    if NoProxy(variable("NO_PROXY")?.value ?? "").covers(address) { return nil }
    if let named { return named }
    guard
      let found = variable(address.usesTLS ? "HTTPS_PROXY" : "HTTP_PROXY") ?? variable("ALL_PROXY")
    else { return nil }
    do throws(ProxyAddress.Fault) {
      return try ProxyAddress(found.value)
    } catch {
      throw AlmanacError(
        .configuration, "finding the proxy of the server \(server.name)",
        cause: "$\(found.name): \(error.cause)", hint: error.hint)
    }
  }

  /// The variable in capital letters, else in small ones. An empty one counts as none.
  private func variable(_ name: String) -> (name: String, value: String)? {
    for name in [name, name.lowercased()] {
      if let value = environment[name], !value.isEmpty { return (name, value) }
    }
    return nil
  }

  private func replaceSystem(_ authorities: inout CertificateAuthorities) throws {
    let file = variable("SSL_CERT_FILE")
    let folders = variable("SSL_CERT_DIR")
    guard let named = file ?? folders else { return }
    do throws(CertificateAuthorities.Fault) {
      try authorities.replaceSystem(
        file: file?.value,
        folders: (folders?.value ?? "").split(separator: ":").map(String.init))
    } catch {
      throw AlmanacError(
        .configuration, "reading the certificates that $\(named.name) names", cause: error.cause,
        hint: error.hint)
    }
  }

  /// The address that stands alone in a file.
  private func proxy(in file: Configuration.NamedFile) throws -> ProxyAddress {
    let text = try secret(in: file).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else {
      throw file.error("the file is empty", hint: "write the proxy's address into it, alone")
    }
    do throws(ProxyAddress.Fault) {
      return try ProxyAddress(text)
    } catch {
      throw file.error("what the file holds: \(error.cause)", hint: error.hint)
    }
  }

  private func secret(in file: Configuration.NamedFile) throws -> String {
    do throws(SecretFile.Fault) {
      return try SecretFile.read(file.path)
    } catch {
      throw file.error(
        error.cause("the file"), hint: error.hint(file.path, holding: "the proxy's address"))
    }
  }
}
