import AlmanacCore
import Testing

@Suite struct `The figures of a bucket` {
  @Test(arguments: Figure.allCases)
  func `are unknown until they are set, and zero is known`(figure: Figure) {
    var figures = Figures()
    #expect(figures[figure] == nil)
    #expect(figures.isEmpty)
    figures[figure] = 0
    #expect(figures[figure] == 0)
    #expect(!figures.isEmpty)
    #expect(!figures.isActive)
    #expect(figures != Figures())
    #expect(Figure.allCases.filter { figures[$0] != nil } == [figure])
    figures[figure] = nil
    #expect(figures == Figures())
  }

  @Test func `that were known are forgotten with their value`() {
    var figures = Figures()
    figures[.errorCount] = 7
    figures[.errorCount] = nil
    #expect(!figures.isActive)
    #expect(figures == Figures())
  }

  @Test(arguments: Figure.allCases)
  func `show activity in any of them, thumbs taken back too`(figure: Figure) {
    var figures = Figures()
    figures[figure] = figure.mayBeNegative ? -1 : 0.25
    #expect(figures.isActive)
  }

  @Test func `are filled where they are unknown, and only there`() {
    var new = Figures()
    new[.userCount] = 0
    new[.chatPoints] = 1.5
    var old = Figures()
    old[.userCount] = 9
    old[.errorCount] = 3
    let filled = new.filled(from: old)
    #expect(filled[.userCount] == 0)
    #expect(filled[.chatPoints] == 1.5)
    #expect(filled[.errorCount] == 3)
    #expect(filled[.newUserCount] == nil)
    #expect(new.filled(from: Figures()) == new)
    #expect(Figures().filled(from: old) == old)
  }

  @Test func `add up where they are known in both`() {
    var one = Figures()
    one[.chatItemCount] = 3
    one[.chatPoints] = 1.5
    one[.errorCount] = 2
    var other = Figures()
    other[.chatItemCount] = 4
    other[.chatPoints] = -0.5
    other[.userCount] = 7
    var wanted = Figures()
    wanted[.chatItemCount] = 7
    wanted[.chatPoints] = 1
    one.add(other)
    #expect(one == wanted)
  }

  @Test func `hold every figure by itself`() {
    var figures = Figures()
    for figure in Figure.allCases { figures[figure] = Double(figure.rawValue) + 0.5 }
    let values = Figure.allCases.map { figures[$0] }
    #expect(values == Figure.allCases.map { Double($0.rawValue) + 0.5 })
  }

  @Test func `have names and fields that tell them apart`() {
    #expect(Set(Figure.allCases.map(\.name)).count == Figure.allCases.count)
    let fields = Figure.allCases.map { "\($0.series.field).\($0.field)" }
    #expect(
      fields == [
        "userData.userCount", "userData.newUserCount", "userData.points",
        "userData.inputTokens", "userData.outputTokens",
        "chatData.chatItemCount", "chatData.chatCount", "chatData.errorCount", "chatData.points",
        "chatData.inputTokens", "chatData.outputTokens",
        "appData.goodFeedBackCount", "appData.badFeedBackCount", "appData.chatCount",
        "appData.totalResponseTime", "userData.retentionUserCount",
      ])
  }

  @Test func `add up over time unless they count the distinct`() {
    #expect(
      Figure.allCases.filter { !$0.addsUpOverTime } == [.userCount, .retentionUserCount])
    #expect(
      Figure.allCases.filter(\.mayBeNegative) == [.goodFeedBackCount, .badFeedBackCount])
    #expect(
      Figure.allCases.filter { !$0.isCount } == [.userPoints, .chatPoints, .totalResponseTime])
  }
}
