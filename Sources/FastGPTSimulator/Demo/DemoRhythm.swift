/// The times at which people come: a factor for each weekday, and a share for each hour.
struct DemoRhythm: Sendable {
  /// Monday first; 1 is a usual day.
  let weekdays: [Double]
  /// The cumulative shares of the hours of the local day, ascending to 1.
  private let sharesUpToHour: [Double]

  private init(weekdays: [Double], hours: [Double]) {
    self.weekdays = weekdays
    let sum = hours.reduce(0, +)
    var reached = 0.0
    sharesUpToHour = hours.map { hour in
      reached += hour / sum
      return reached
    }
  }

  /// Working hours with a lunch dip; weekends nearly empty.
  static let office = DemoRhythm(
    weekdays: [1.05, 1.08, 1.02, 1.0, 0.88, 0.17, 0.12],
    hours: [
      0.1, 0.05, 0.03, 0.02, 0.02, 0.05, 0.2, 0.8, 3, 7, 9, 8, 3.5, 5, 8, 8.5, 7.5, 5, 2.5, 1.6,
      1.2, 0.9, 0.5, 0.3,
    ])

  /// Evenings, and more at the weekend.
  static let consumer = DemoRhythm(
    weekdays: [0.88, 0.84, 0.9, 0.95, 1.12, 1.32, 1.24],
    hours: [
      2.2, 1.2, 0.6, 0.3, 0.2, 0.3, 0.8, 1.6, 2.4, 2.8, 3, 3.4, 4.6, 4, 3.2, 3, 3.2, 3.8, 5, 7, 9,
      9.6, 7.4, 4.6,
    ])

  /// Programs: every day and hour alike, a little more when nightly jobs run.
  static let machine = DemoRhythm(
    weekdays: [1, 1, 1, 1, 1, 0.92, 0.92],
    hours: [
      4, 5, 6, 4, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3,
    ])

  /// An instant of the local day, in milliseconds after its midnight.
  func instant(_ random: inout SplitMix64) -> Int {
    let share = random.unit()
    let hour = sharesUpToHour.firstIndex { share < $0 } ?? 23
    return hour * 3_600_000 + Int(random.unit() * 3_600_000)
  }
}
