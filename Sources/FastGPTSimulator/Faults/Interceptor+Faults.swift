import NIOConcurrencyHelpers

extension Interceptor {
  /// Lets requests meet faults. The first rule that names a request applies, and every rule counts
  /// every request of its target. A request that no rule names is answered normally.
  package static func faults(_ rules: [FaultRule]) -> Interceptor {
    let targets = Set(rules.map(\.target))
    let counts = NIOLockedValueBox<[FaultTarget: Int]>([:])
    return Interceptor { request, genuine in
      let numbers = counts.withLockedValue { counts in
        for target in targets where target.contains(request) { counts[target, default: 0] += 1 }
        return counts
      }
      let rule = rules.first {
        $0.target.contains(request) && $0.requests.contains(numbers[$0.target] ?? 0)
      }
      return rule?.fault.response(insteadOf: genuine)
    }
  }

  /// The same for rules that are written out.
  package static func faults(_ rules: FaultRule...) -> Interceptor { faults(rules) }
}
