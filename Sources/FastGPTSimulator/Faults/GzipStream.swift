/// Makes a valid gzip stream (RFC 1952) of stored blocks. A client unpacks them as it does
/// compressed ones, and no library is needed to write them.
func gzipStream(of bytes: [UInt8]) -> [UInt8] {
  // The head: the magic number, deflate, no flags, no time, no level, an unknown system.
  var stream: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  var rest = bytes[...]
  repeat {
    let block = rest.prefix(Int(UInt16.max))
    rest = rest.dropFirst(block.count)
    stream.append(rest.isEmpty ? 1 : 0)
    stream.append(littleEndian: UInt16(block.count))
    stream.append(littleEndian: ~UInt16(block.count))
    stream += block
  } while !rest.isEmpty
  stream.append(littleEndian: crc32(bytes))
  stream.append(littleEndian: UInt32(truncatingIfNeeded: bytes.count))
  return stream
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
      sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
