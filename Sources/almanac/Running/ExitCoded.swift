import AlmanacCollector
import AlmanacCore
import AlmanacStore
import ArgumentParser
import Foundation

/// The one place that maps what went wrong to exit codes, after sysexits.h.
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

/// Messages, progress and logs; results go to standard output.
enum StandardError {
  static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
