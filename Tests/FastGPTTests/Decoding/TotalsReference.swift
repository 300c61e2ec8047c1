import AlmanacCore

@testable import FastGPT

/// A second reading of a totals answer, made from a JSON tree and the rules alone.
struct TotalsReference: Equatable {
  var users: Double?
  var chats: Double?
  var points: Double?
  var tokens: [Double?] = []
  var further: [Name: Double] = [:]

  init(_ answer: TotalsAnswer) {
    users = answer.users
    chats = answer.chats
    points = answer.points
    tokens = [answer.inputTokens, answer.outputTokens]
    further = answer.further
  }

  /// Reads the `data` of an answer; `nil` if one number is wrong, which makes all of them doubtful.
  init?(_ data: JSONNode) {
    guard let members = data.members else { return nil }
    var known: [String: Double] = [:]
    var seen: Set<String> = []
    for (name, value) in members {
      guard
        [
          "totalUsers", "totalChats", "totalChat", "totalPoints", "totalInputTokens",
          "totalOutputTokens",
        ].contains(name)
      else {
        further.merge(Self.further(value, name)) { first, _ in first }
        continue
      }
      guard seen.insert(name).inserted else { return nil }
      if value.isNull { continue }
      guard ChartReference.isCredible(value, name != "totalPoints", false) else { return nil }
      known[name] = value.number
    }
    users = known["totalUsers"]
    points = known["totalPoints"]
    tokens = [known["totalInputTokens"], known["totalOutputTokens"]]
    chats = known["totalChats"] ?? known["totalChat"]
    if known["totalChats"] != nil { further["totalChat"] = known["totalChat"] }
  }

  /// The numbers that almanac has no column for, by their path; the first of several with one path.
  private static func further(_ node: JSONNode, _ name: String) -> [Name: Double] {
    guard name.utf8.count <= 200 else { return [:] }
    if let number = node.number { return [Name(name): number] }
    var figures: [Name: Double] = [:]
    for (key, value) in node.members ?? [] {
      figures.merge(further(value, "\(name).\(key)")) { first, _ in first }
    }
    return figures
  }
}
