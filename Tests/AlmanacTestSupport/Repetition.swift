import Foundation
import Testing

/// How often the long tests repeat what they do.
///
/// `make test` meets each kind of case once, `make check` has one seed more, `make soak` has many.
package enum Repetition {
  /// The seeds of each long test: one, or as many as `ALMANAC_STORIES` says.
  package static let seeds = 0..<max(1, number("ALMANAC_STORIES") ?? 1)

  /// What falls to the seeds of many cases that are alike, if each seed takes one in so many. With
  /// as many seeds as parts nothing is left out.
  package static func share<Cases: Sequence>(
    of cases: Cases, parts: Int
  ) -> [(offset: Int, element: Cases.Element)] {
    cases.enumerated().filter { seeds.contains($0.offset % parts) }
  }

  /// The whole number in a variable of the environment; `nil` if there is none.
  package static func number(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }
}

extension Trait where Self == ConditionTrait {
  /// For a test that repeats hundreds of runs. Shorter tests go the same ways under a sanitizer.
  package static var long: Self {
    .disabled(
      if: sanitizer != nil, "it repeats hundreds of runs, which take hours under a sanitizer")
  }

  /// For a test that limits the size of files.
  package static var limitsFiles: Self {
    .disabled(
      if: sanitizer == "thread",
      "the thread sanitizer starts with a file of its own, which the limit cuts short")
  }

  /// The sanitizer under which `make sanitize` runs the tests.
  private static var sanitizer: String? {
    ProcessInfo.processInfo.environment["ALMANAC_SANITIZER"]
  }
}
