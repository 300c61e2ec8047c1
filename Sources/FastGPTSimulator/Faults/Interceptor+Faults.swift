import NIOConcurrencyHelpers

extension Interceptor {
  /// Lets requests meet faults. Of several rules that name a request the first counts; one that none
  /// names is answered as it should be. Whatever meets a fault counts as a request all the same.
  package static func faults(_ rules: [FaultRule]) -> Interceptor {
    let scopes = Set(rules.map(\.scope))
    let counts = NIOLockedValueBox<[FaultRule.Scope: Int]>([:])
    return Interceptor { request, genuine in
      let numbers = counts.withLockedValue { counts in
        for scope in scopes where scope.contains(request) { counts[scope, default: 0] += 1 }
        return counts
      }
      let rule = rules.first {
        $0.scope.contains(request) && $0.requests.contains(numbers[$0.scope] ?? 0)
      }
      return rule?.fault.response(insteadOf: genuine)
    }
  }

  /// The same for rules that are written out.
  package static func faults(_ rules: FaultRule...) -> Interceptor { faults(rules) }
}
