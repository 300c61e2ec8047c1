import AlmanacCore
import Foundation

/// One line of the ledger: what was asked, and how it went.
package struct RequestRecord: Sendable {
  package enum Endpoint: String, Sendable {
    case totals = "getTotalData"
    case chart = "getChartData"
  }

  package let run: Int
  package let app: Int
  package let endpoint: Endpoint
  package var source: Source?
  package var grain: Grain?
  package var offset: Int?
  /// The days asked for, spare buckets included.
  package var asked: Range<Day>?
  package let answeredAt: Date
  package let seconds: Double
  package let delivery: Delivery
  /// `nil` if there was an answer.
  package var failure: ReadFailure?

  package init(
    run: Int, app: Int, endpoint: Endpoint, answeredAt: Date, seconds: Double,
    delivery: Delivery, failure: ReadFailure? = nil
  ) {
    self.run = run
    self.app = app
    self.endpoint = endpoint
    self.answeredAt = answeredAt
    self.seconds = seconds
    self.delivery = delivery
    self.failure = failure
  }
}
