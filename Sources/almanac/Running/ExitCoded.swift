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
  var exitCode: Int32 {
    switch code {
    case .failure: 1
    case .usage: 64
    case .unusableArchive: 65
    case .locked: 75
    case .configuration: 78
    }
  }
}

extension RunReport {
  var exitCode: Int32 {
    switch outcome {
    case .done: return 0
    case .partlyFailed: return 3
    case .interrupted: return 130
    case .failed:
      switch worstFailure?.kind {
      case .key, .account: return 77
      case .configuration: return 78
      case .unsupported, .unreachable: return 69
      default: return 1
      }
    }
  }
}
