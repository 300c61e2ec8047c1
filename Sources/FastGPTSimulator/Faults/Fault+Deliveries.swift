extension Fault {
  /// Faults of delivery, with a genuine response.
  static func deliveries(_ setting: Setting) -> [Fault] {
    [
      Fault("hang-before-head", "Silence, until one side leaves.") {
        $0.delivered(.silence)
      },
      Fault("hang-after-head", "The head, and then silence until one side leaves.") {
        $0.delivered(.headOnly)
      },
      Fault("slow-drip", "The genuine body, one byte after another.") {
        $0.delivered(.drip(interval: setting.dripInterval))
      },
      Fault("reset-in-body", "Half of the genuine body, and then a TCP reset.") {
        $0.delivered(.reset(afterBytes: $0.body.count / 2))
      },
      Fault("length-too-long", "The genuine body where a longer one was promised, then the end.") {
        $0.promising($0.body.count + 100).delivered(.closing)
      },
      Fault("length-too-short", "The genuine body where a shorter one was promised.") {
        $0.promising($0.body.count / 2)
      },
      Fault("endless-body", "White space in chunks, until one side leaves.") {
        var endless = $0
        endless.body = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 14)
        return endless.delivered(.endless)
      },
      .ofBody("large-by-spaces", "The genuine answer after twenty megabytes of white space.") {
        [UInt8](repeating: UInt8(ascii: " "), count: twentyMegabytes) + $0
      },
      .ofBody("large-by-member", "The genuine answer with an unknown member of twenty megabytes.") {
        guard $0.last == UInt8(ascii: "}") else { return $0 }
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: twentyMegabytes)
        return $0.dropLast() + Array(#","padding":""#.utf8) + text + Array(#""}"#.utf8)
      },
    ]
  }

  private static let twentyMegabytes = 20_000_000
}

extension RawResponse {
  fileprivate func delivered(_ delivery: Delivery) -> RawResponse {
    var response = self
    response.delivery = delivery
    return response
  }

  fileprivate func promising(_ length: Int) -> RawResponse {
    var response = self
    response.headers["Content-Length"] = String(length)
    return response
  }
}
