import AlmanacCore

@testable import FastGPT

/// Decodes whole bodies, as a server sends them.
enum Decoding {
  struct NoEnvelope: Error {}

  static func chart(_ body: String, only series: SeriesSet = .all) throws -> Answer {
    try data(of: body) { reader throws(JSONFault) in
      try ChartDecoder.decode(&reader, series, delivery: Delivery())
    }
  }

  static func totals(_ body: String) throws -> TotalsAnswer {
    try data(of: body) { reader throws(JSONFault) in
      try TotalsDecoder.decode(&reader, delivery: Delivery())
    }
  }

  private static func data<Answer>(
    of body: String, _ decode: (inout JSONReader) throws(JSONFault) -> Answer
  ) throws -> Answer {
    var result: Result<Answer, JSONFault>?
    let reading = Envelope.read(Array(body.utf8)) { reader throws(JSONFault) in
      do throws(JSONFault) {
        result = .success(try decode(&reader))
      } catch {
        result = .failure(error)
        throw error
      }
    }
    guard case .envelope = reading, let result else { throw NoEnvelope() }
    return try result.get()
  }
}
