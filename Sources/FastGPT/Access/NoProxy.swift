import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The servers that `$NO_PROXY` names, which are reached without a proxy.
///
/// The entries of the list are separated by commas.
///
/// - `name` covers that name and the names below it.
/// - `.name` and `*.name` cover only the names below it.
/// - An address, or a range such as `10.0.0.0/8`, covers the addresses in it.
/// - `*` covers everything.
///
/// A port after an entry restricts it to that port. As with curl, `localhost` is covered only if
/// the list names it.
package struct NoProxy: Sendable {
  private enum Place {
    case everywhere
    case name(String, isParentAlone: Bool)
    case network([UInt8], bits: Int)
  }

  private let entries: [(place: Place, port: Int?)]

  /// Skips entries that cannot be read, as other programs do.
  package init(_ text: String) {
    entries = text.split { $0 == "," || $0.isWhitespace }.compactMap(Self.entry)
  }

  package func covers(_ address: ServerAddress) -> Bool {
    let host = Self.canonical(address.host[...])
    let bytes = Self.bytes(of: host)
    return entries.contains { place, port in
      guard port == nil || port == address.port else { return false }
      switch place {
      case .everywhere: return true
      case .name(let name, let isParentAlone):
        return bytes == nil && (host.hasSuffix("." + name) || !isParentAlone && host == name)
      case .network(let network, let bits):
        return bytes.map { Self.agree($0, network, bits: bits) } ?? false
      }
    }
  }

  private static func entry(_ text: Substring) -> (place: Place, port: Int?)? {
    if let place = place(text) { return (place, nil) }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      let place = place(text[..<colon])
    else { return nil }
    return (place, port)
  }

  private static func place(_ text: Substring) -> Place? {
    if text == "*" { return .everywhere }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isBracketed = parts[0].hasPrefix("[") && parts[0].hasSuffix("]")
    if let bytes = bytes(of: String(isBracketed ? parts[0].dropFirst().dropLast() : parts[0])) {
      guard parts.count > 1 else { return .network(bytes, bits: bytes.count * 8) }
      guard parts.count == 2, let bits = Int(parts[1]), (0...bytes.count * 8).contains(bits) else {
        return nil
      }
      return .network(bytes, bits: bits)
    }
    let isParentAlone = text.hasPrefix(".") || text.hasPrefix("*.")
    let name = canonical(text.drop { $0 == "*" || $0 == "." })
    return name.isEmpty || name.contains { ":/[]".contains($0) }
      ? nil : .name(name, isParentAlone: isParentAlone)
  }

  /// The name in lower case, without a dot at the end.
  private static func canonical(_ name: Substring) -> String {
    (name.hasSuffix(".") ? name.dropLast() : name).lowercased()
  }

  /// The four or sixteen bytes of an address; `nil` if the text is not one. An IPv4 address mapped
  /// into IPv6 gives its four bytes.
  private static func bytes(of address: String) -> [UInt8]? {
    var four = [UInt8](repeating: 0, count: 4)
    if inet_pton(AF_INET, address, &four) == 1 { return four }
    var sixteen = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
    let isMapped = sixteen.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    return isMapped ? Array(sixteen.suffix(4)) : sixteen
  }

  /// Whether two addresses begin with the same `bits` bits.
  private static func agree(_ left: [UInt8], _ right: [UInt8], bits: Int) -> Bool {
    guard left.count == right.count else { return false }
    return (0..<bits).allSatisfy { bit in
      (left[bit / 8] ^ right[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
    }
  }
}
