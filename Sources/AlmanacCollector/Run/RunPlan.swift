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
  /// The reason why a request is made.
  package enum Purpose: String, Sendable {
    /// A check whether the key belongs to one app, by asking about an app that cannot exist.
    case key
    /// The search for the day at which the reading of an app begins.
    case origin
    /// A check whether the server's days still begin where they did.
    case zone
    /// The cumulative numbers.
    case totals
    case figures
    /// The retention at a further offset.
    case retention
  }

  /// The server's name in the configuration.
  package let server: String
  /// `nil` for the app that cannot exist.
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
    /// A server's zone has to be proved with further days, since the first day asked for was quiet.
    case zoneProof(server: String)
    /// The history of some apps has to be read, and nobody knows how far back it goes. `year`
    /// counts the requests for one year of all these apps. `yearOfSource` counts how many more come
    /// for one source of each app.
    case history(apps: Int, year: Int, yearOfSource: Int)
  }

  package let reason: Reason
  /// The greatest number of requests that there can be.
  package let most: Int
  /// The server that is asked.
  package let server: String
}
