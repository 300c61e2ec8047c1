/// The length of a bucket, spelled as in a request.
enum Timespan: String, Sendable, Hashable, CaseIterable {
  case day
  case week
  case month
  case quarter
}
