import AlmanacCore
import AlmanacReport
import Foundation

extension Configuration {
  /// The warnings about settings that are allowed but hardly meant.
  func warnings(at now: Date) -> [String] {
    // Names are compared as --app does it.
    let byName = Dictionary(grouping: apps) { $0.name.lowercased() }
    let doubled = byName.values.filter { $0.count > 1 }.sorted { $0[0].name < $1[0].name }
    let today = BucketZone.utc.day(holding: now).advanced(by: 1)
    return doubled.map { apps in
      "\(apps.count.counted(as: "app")) are called \(apps[0].name.oneLine), and --app means none of them by "
        + "that name; name one by its id: " + apps.map(\.id.text).joined(separator: ", ")
    }
      + apps.compactMap { app in
        app.since.flatMap { since in
          since > today
            ? "\(app.name.oneLine): its since, \(since), has not come yet; no day before is read"
            : nil
        }
      }
      + (heartbeat == nil ? [] : [openFile].compactMap(\.self)).map { file in
        "everybody on this host may read \(file), and whoever knows the address in `heartbeat` can "
          + "call it: run `chmod o-r \(file)`, or put the address into a private file and name "
          + "that in `heartbeat_file`"
      }
  }
}
