import AlmanacCollector
import AlmanacCore
import AlmanacStore

/// An error that ends the program with an exit code of its own, after sysexits.h.
///
/// Every error and outcome gets its code in this file.
protocol ExitCoded: Error {
  var exitCode: Int32 { get }
}

extension AlmanacError: ExitCoded {
  var exitCode: Int32 { code.exitCode }
}

extension AlmanacError.Code {
  var exitCode: Int32 {
    switch self {
    case .failure: 1
    case .usage: 64
    case .unusableArchive: 65
    case .locked: 75
    case .configuration: 78
    }
  }
}

extension RunOutcome {
  /// - Parameter failure: the kind of the failure that says most about the run
  fileprivate func exitCode(with failure: String?) -> Int32 {
    switch self {
    case .done: return 0
    case .partlyFailed: return 3
    case .interrupted: return 130
    case .failed:
      switch failure.flatMap(ReadFailure.Kind.init) {
      case .key, .account: return 77
      case .configuration: return 78
      case .unsupported, .unreachable: return 69
      default: return failure.flatMap(AlmanacError.Code.init)?.exitCode ?? 1
      }
    }
  }
}

extension RunReport {
  var exitCode: Int32 { outcome.exitCode(with: worstFailure?.kind.rawValue) }
}

extension RunStatus {
  /// The exit code of a run that ended; 130 for one that was interrupted, whatever the signal was.
  var exitCode: Int32 {
    guard case .ended(let outcome) = state else { return 0 }
    return outcome.exitCode(with: failure?.kind)
  }
}
