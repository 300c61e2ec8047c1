import AlmanacCore

/// The requests of a run, as far as they are known before the first answer.
package struct RunPlan: Sendable {
  /// The requests in the order of a run that does one thing at a time.
  package internal(set) var requests: [PlannedRequest] = []
  /// Further requests that the answers may call for.
  package internal(set) var possible: [PossibleRequests] = []
}

/// A request that a run intends.
package struct PlannedRequest: Sendable {
  /// What the answer is wanted for.
  package enum Purpose: String, Sendable {
    /// Whether the key is one app's: asks for an app that cannot exist.
    case key
    /// Where the reading of an app begins.
    case origin
    /// Whether the server's days still begin where they did.
    case zone
    /// The cumulative numbers.
    case totals
    case figures
    /// The retention at a further offset.
    case retention
  }

  /// The server's name in the configuration.
  package let server: String
  /// `nil` for one that cannot exist.
  package let app: App?
  package let purpose: Purpose
  /// `nil` for the cumulative numbers.
  package let chart: ChartRead?
}

/// Requests that a run makes if the answers call for them.
package struct PossibleRequests: Sendable {
  package enum Reason: Sendable {
    /// The bucket zone of a server has to be found.
    case zoneSearch(server: String)
    /// The proof of a server's zone, where the first day that is asked for was quiet.
    case zoneProof(server: String)
    /// The history of apps of which it is not known how far back it goes. A year of each takes so
    /// many requests in all, and so many more for each source that an app is used through.
    case history(apps: Int, year: Int, yearOfSource: Int)
  }

  package let reason: Reason
  /// At most so many.
  package let most: Int
  /// The server that is asked.
  package let server: String
}
