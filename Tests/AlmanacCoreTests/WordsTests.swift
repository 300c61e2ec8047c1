import AlmanacCore
import Testing

@Suite struct `The words for apps, sources and failures` {
  @Test(arguments: ["68c46a70d950e8850ae564ba", "68C46A70D950E8850AE564BA"])
  func `an app's id is 24 hexadecimal digits in lower case`(text: String) {
    #expect(AppID(text)?.text == "68c46a70d950e8850ae564ba")
  }

  @Test(arguments: [
    "", "68c46a70d950e8850ae564b", "68c46a70d950e8850ae564baa", "68c46a70d950e8850ae564bg",
    " 68c46a70d950e8850ae564ba", "68c46a70d950e8850ae564b ", "68c46a70d950e8850ae564b\u{212A}",
    "６8c46a70d950e8850ae564ba", "0x68c46a70d950e8850ae564", "68c46a70-d950-e8850ae564b",
  ])
  func `anything else is no app's id`(text: String) {
    #expect(AppID(text) == nil)
  }

  @Test func `all sources come before any one of them, and are none of them`() {
    let sources: [Source] = [.named("share"), .all, .named("api"), .named("飞书"), .named("")]
    #expect(
      sources.sorted() == [.all, .named(""), .named("api"), .named("share"), .named("飞书")])
    #expect(Source.all != .named("all"))
    #expect(!(Source.all < .all))
    #expect(!(Source.named("api") < .all))
    #expect(Source.all.description == "all")
    #expect(Source.named("api").description == "api")
  }

  @Test func `an error is what was done, why it failed, and what to do next`() {
    let error = AlmanacError(
      .locked, "locking a.db.lock", cause: "another run holds it", hint: "wait until it is done")
    #expect(
      "\(error)" == "locking a.db.lock: another run holds it\nhint: wait until it is done")
  }

  @Test func `a key, an account, a missing API and a wrong configuration stop the server`() {
    #expect(
      ReadFailure.Kind.allCases.filter(\.stopsServer)
        == [.key, .account, .unsupported, .configuration])
  }

  @Test func `a bucket without a timestamp cannot be placed`() {
    #expect(RefusedBucket(serverTimestamp: nil, field: "timestamp", reason: "null").isUnplaceable)
    #expect(
      !RefusedBucket(serverTimestamp: 0, field: "chatCount", reason: "negative").isUnplaceable)
    #expect(
      RefusedBucket(serverTimestamp: 0, field: "timestamp", reason: "twice", isUnplaceable: true)
        .isUnplaceable)
  }

  @Test func `unknown is a cell of its own`() {
    #expect(Table.Cell(nil) == .none)
    #expect(Table.Cell("") == .text(""))
    #expect(Table.Cell.count(0) != .none)
  }
}
