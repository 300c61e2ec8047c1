import FastGPTSimulator
import Foundation
import Testing

/// The faults in the data points of a chart of three days, whose figures are in the fixture.
struct FaultPointTests {
  @Test(arguments: [
    ("figure-string", #""4""#), ("figure-null", "null"), ("figure-nan", "NaN"),
    ("figure-1e400", "1e400"), ("figure-two-to-63", "9223372036854775808"),
    ("figure-negative", "-5"),
  ])
  func `one figure of the middle bucket is wrong and nothing else`(
    name: String, figure: String
  ) throws {
    let genuine = try Fixture.threeDays.genuineChart().text
    #expect(genuine.ranges(of: #""chatItemCount":4,"#).count == 1)
    #expect(
      try Fixture.threeDays.spoilt(by: name).text
        == genuine.replacing(#""chatItemCount":4,"#, with: #""chatItemCount":\#(figure),"#))
  }

  @Test(arguments: [
    ("bucket-misaligned", "2025-09-02T01:07:00Z"), ("bucket-years-away", "1997-09-02T00:00:00Z"),
    ("bucket-far-future", "2425-09-02T00:00:00Z"),
  ])
  func `the middle bucket of every series lies elsewhere`(name: String, place: String) throws {
    let genuine = try Fixture.threeDays.genuineChart().text
    let stamp = #""timestamp":\#(ms("2025-09-02T00:00:00Z")),"#
    #expect(genuine.ranges(of: stamp).count == 3)
    #expect(
      try Fixture.threeDays.spoilt(by: name).text
        == genuine.replacing(stamp, with: #""timestamp":\#(ms(place)),"#))
  }

  @Test func `an older server's seconds are moved by seconds`() throws {
    let fixture = Fixture.threeDays
    fixture.server.reconfigure { $0.generation = .older }
    let moved = ms("2025-09-02T01:07:00Z") / 1000
    let text = try fixture.spoilt(by: "bucket-misaligned").text
    #expect(text.ranges(of: #""timestamp":\#(moved),"#).count == 3)
  }

  @Test(arguments: [("bucket-null", "null"), ("bucket-string", nil)])
  func `the middle bucket has no number for a timestamp`(name: String, value: String?) throws {
    let genuine = try Fixture.threeDays.genuineChart().text
    let stamp = String(ms("2025-09-02T00:00:00Z"))
    #expect(
      try Fixture.threeDays.spoilt(by: name).text
        == genuine.replacing(
          #""timestamp":\#(stamp),"#, with: #""timestamp":\#(value ?? #""\#(stamp)""#),"#))
  }

  @Test func `buckets come twice, contradict each other or stand the other way round`() throws {
    func chart(_ name: String) throws -> Chart { try Chart(Fixture.threeDays.spoilt(by: name)) }
    let twice = try chart("bucket-twice")
    #expect(try twice.days() == ["2025-09-01", "2025-09-02", "2025-09-02", "2025-09-03"])
    #expect(twice.chatData[1].summary == twice.chatData[2].summary)
    #expect(twice.userData[1].summary == twice.userData[2].summary)
    let contradicted = try chart("bucket-contradicted")
    #expect(try contradicted.days() == ["2025-09-01", "2025-09-02", "2025-09-02", "2025-09-03"])
    #expect(contradicted.chatData.map(\.summary.chatItemCount) == [2, 4, 5, 6])
    #expect(contradicted.users == [1, 1, 2, 1])
    let unsorted = try chart("buckets-unsorted")
    #expect(try unsorted.days() == ["2025-09-03", "2025-09-02", "2025-09-01"])
    #expect(unsorted.chats == [3, 2, 1])
  }

  @Test func `other types stand where arrays and objects belong`() throws {
    func chats(_ name: String) throws -> Any? {
      let content = try Fixture.threeDays.spoilt(by: name).object()?["data"] as? [String: Any]
      #expect((content?["userData"] as? [Any])?.count == 3)
      return content?["chatData"]
    }
    func middle(_ name: String) throws -> Any? {
      let points = try #require(try chats(name) as? [Any])
      try #require(points.count == 3)
      return points[1]
    }
    #expect(try chats("series-object") is [String: Any])
    #expect(try chats("series-null") is NSNull)
    #expect(try middle("point-null") is NSNull)
    #expect((try middle("summary-null") as? [String: Any])?["summary"] is NSNull)
    #expect((try middle("summary-array") as? [String: Any])?["summary"] is [Any])
  }

  @Test func `a chart without buckets has nothing to spoil`() throws {
    let fixture = Fixture([])
    let genuine = try fixture.genuineChart()
    for name in ["figure-string", "bucket-twice", "buckets-unsorted", "point-null"] {
      #expect(try fixture.spoilt(by: name) == genuine)
    }
  }
}
