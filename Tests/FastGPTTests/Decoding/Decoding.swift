import AlmanacCore

@testable import FastGPT

/// Decodes whole bodies, as a server sends them.
enum Decoding {
  struct NoEnvelope: Error {}

  static func chart(_ body: String) throws -> Answer {
    try data(of: body) { try ChartDecoder.decode($0, at: $1, delivery: Delivery()) }
  }

  static func totals(_ body: String) throws -> TotalsAnswer {
    try data(of: body) { try TotalsDecoder.decode($0, at: $1, delivery: Delivery()) }
  }

  private static func data<Answer>(
    of body: String, _ decode: (UnsafeBufferPointer<UInt8>, Int) throws -> Answer
  ) throws -> Answer {
    let bytes = Array(body.utf8)
    guard case .envelope(let envelope) = Envelope.read(bytes), let data = envelope.data else {
      throw NoEnvelope()
    }
    return try bytes.withUnsafeBufferPointer { try decode($0, data) }
  }
}
