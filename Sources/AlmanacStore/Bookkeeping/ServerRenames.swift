import AlmanacCore

/// Servers that the configuration calls by another name than the archive does.
///
/// A server is known by its apps, whose ids are unique. It has a new name if all of its apps that
/// are still configured stand under one name, no app of another server stands under that name, and
/// the old name is free. Apps that part, or that come together, have moved instead.
struct ServerRenames {
  /// The new names by the old ones.
  let names: [String: String]

  /// - Parameters:
  ///   - servers: the configured servers, with an app or without
  ///   - homes: the server of each app, by its name in the archive
  ///   - known: the servers that the archive has
  init(_ apps: [App], servers: Set<String>, homes: [AppID: String], known: Set<String>) {
    let present = servers.union(apps.map(\.server))
    var newNames: [String: Set<String>] = [:]
    var oldNames: [String: Set<String>] = [:]
    for app in apps {
      guard let home = homes[app.id] else { continue }
      newNames[home, default: []].insert(app.server)
      oldNames[app.server, default: []].insert(home)
    }
    var names: [String: String] = [:]
    for (old, new) in newNames {
      guard let name = new.first, new.count == 1, oldNames[name]?.count == 1, name != old else {
        continue
      }
      names[old] = name
    }
    // One name may be free only because another server changes its name, too.
    while true {
      let targets = Set(names.values)
      let possible = names.filter { old, new in
        (!present.contains(old) || targets.contains(old))
          && (!known.contains(new) || names[new] != nil)
      }
      if possible.count == names.count { break }
      names = possible
    }
    self.names = names
  }
}
