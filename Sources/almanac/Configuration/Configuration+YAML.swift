import AlmanacCollector
import AlmanacCore
import AlmanacStore
import FastGPT
import Foundation
import Yams

extension Configuration {
  /// Reads a configuration file. Throws an ``AlmanacError`` with file, line and the key's path.
  static func load(_ file: String) throws -> Configuration {
    guard try isThere(file) else { throw missing(file) }
    let action = "reading the configuration \(file)"
    if let denial = FileSight.denial(ofReading: file) {
      throw AlmanacError(.configuration, action, cause: denial.cause, hint: denial.hint)
    }
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw AlmanacError(
        .configuration, action, cause: "it is a directory, or no text in UTF-8",
        hint: "look at it with `file \(file)`, and name another with --config")
    }
    var configuration = try parse(text, file: file)
    let mode = try? FileManager.default.attributesOfItem(atPath: CanonicalPath.of(file))
    if (mode?[.posixPermissions] as? Int ?? 0) & 0o004 != 0 { configuration.openFile = file }
    return configuration
  }

  /// Whether the file exists. Throws an ``AlmanacError`` if this user may not see that.
  static func isThere(_ file: String) throws -> Bool {
    switch FileSight(file) {
    case .there: return true
    case .absent: return false
    case .hidden(let cause, let hint):
      throw AlmanacError(
        .configuration, "reading the configuration \(file)", cause: cause, hint: hint)
    }
  }

  /// The error for a configuration that does not exist.
  static func missing(_ file: String) -> AlmanacError {
    AlmanacError(
      .configuration, "reading the configuration \(file.isEmpty ? "\"\"" : file)",
      cause: "there is no such file",
      hint: "check what --config or $ALMANAC_CONFIG names; without either, ./almanac.yaml and "
        + "/etc/almanac/almanac.yaml are looked for")
  }

  static func parse(_ text: String, file: String) throws -> Configuration {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch YamlError.duplicatedKeysInMapping(_, let context) {
      throw DuplicateKey(in: text, at: context.mark, file: file).error
    } catch let error as YamlError {
      throw refusal(of: error, file: file)
    }
    guard let node else {
      throw AlmanacError(
        .configuration, "reading the configuration \(file)", cause: "it is empty",
        hint: "write the keys `database`, `server` and `apps` into it")
    }
    return try Configuration(YAMLField(node: node, path: "", file: file))
  }

  private init(_ root: YAMLField) throws {
    let fields = try root.fields([
      "database", "server", "servers", "collect", "apps", "metrics_file", "heartbeat",
      "heartbeat_file",
    ])
    servers = try Self.servers(of: fields, in: root)
    guard let list = fields["apps"] else {
      throw root.error("it names no apps", hint: "add a list `apps:` with `- id:` and `name:`")
    }
    apps = try Self.apps(of: list, on: servers)
    database = try fields["database"]?.archivePath()
    settings = CollectorSettings()
    requestsPerSecond = 10
    timeout = .seconds(30)
    metricsFile = try fields["metrics_file"]?.filePath()
    heartbeat = try fields["heartbeat"].map { field in
      if let file = fields["heartbeat_file"] {
        throw file.error("there is a `heartbeat` too", hint: "remove one of the two")
      }
      return try Self.heartbeat(of: field)
    }
    heartbeatFile = try fields["heartbeat_file"]?.namedFile()
    if let collect = fields["collect"] { try read(collect) }
  }

  private mutating func read(_ collect: YAMLField) throws {
    let fields = try collect.fields([
      "at", "grains", "retention_offsets", "by_source", "look_back", "deep_every",
      "keep_captures", "concurrency", "requests_per_second", "timeout",
    ])
    var grains = Grain.allCases
    var offsets = settings.retentionOffsets
    if let list = fields["grains"] { grains = try list.list().map(Self.grain) }
    if let byGrain = fields["retention_offsets"] {
      for (name, list) in try byGrain.fields(Grain.allCases.map(\.name)) {
        guard let grain = Grain(name: name) else { continue }
        offsets[grain] = try list.list().map { try $0.count(in: 1...366) }
      }
    }
    settings = CollectorSettings(
      grains: grains, retentionOffsets: offsets,
      bySource: try fields["by_source"]?.flag() ?? settings.bySource,
      lookBack: try fields["look_back"]?.days() ?? settings.lookBack,
      deepEvery: try fields["deep_every"]?.days() ?? settings.deepEvery,
      keepCaptures: try fields["keep_captures"]?.days() ?? settings.keepCaptures,
      concurrency: try fields["concurrency"]?.count(in: 1...64) ?? settings.concurrency)
    requestsPerSecond =
      try fields["requests_per_second"]?.number(in: 0.01...10_000) ?? requestsPerSecond
    timeout = try fields["timeout"]?.duration() ?? timeout
    if let at = fields["at"] {
      // A host without a known zone can do everything but wait for a time in it.
      guard Schedule(try at.text(), host: .utc) != nil else {
        throw at.error(
          "\(try at.text()) is not a time of day",
          hint: "write it as \"02:30\", or with a zone as \"02:30 Asia/Shanghai\"")
      }
      schedule = Schedule(try at.text(), host: .host)
    }
  }

  private static func grain(of field: YAMLField) throws -> Grain {
    guard let grain = Grain(name: try field.text()) else {
      throw field.error(
        "\(try field.text()) is no grain",
        hint: "write one of \(Grain.allCases.map(\.name).joined(separator: ", "))")
    }
    return grain
  }

  private static func servers(
    of fields: [String: YAMLField], in root: YAMLField
  ) throws -> [Server] {
    switch (fields["server"], fields["servers"]) {
    case (let server?, nil):
      return [try Self.server(named: "default", server)]
    case (nil, let servers?):
      let named = try servers.namedFields()
      guard !named.isEmpty else {
        throw servers.error("it names no server", hint: "write `name:` with `url:` below it")
      }
      var variables: [String: String] = [:]
      return try named.map { name, field in
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.-]{0,63}/) != nil else {
          throw field.error(
            "\(YAMLField.quotable(name)) is no name for a server",
            hint: "take letters, digits, `-`, `_` and `.`")
        }
        try field.checkName(name)
        let variable = Credential.variable(ofServer: name)
        if let other = variables.updateValue(name, forKey: variable) {
          throw field.error(
            "its key and that of the server \(other) would be read from one variable, \(variable)",
            hint: "give one of them a name that differs in letters or digits")
        }
        return try server(named: name, field)
      }
    case (_?, let servers?):
      throw servers.error(
        "there is a `server` too", hint: "move it below `servers` under a name of its own")
    case (nil, nil):
      throw root.error("it names no server", hint: "add `server:` with `url:` below it")
    }
  }

  private static func server(named name: String, _ field: YAMLField) throws -> Server {
    let fields = try field.fields([
      "url", "api_key_file", "bucket_time_zone", "allow_plain_http", "proxy", "proxy_file",
      "ca_file",
    ])
    guard let url = fields["url"] else {
      throw field.error("it has no url", hint: "add `url: https://…` below it")
    }
    var zone: BucketZone?
    if let named = fields["bucket_time_zone"], try named.text() != "auto" {
      zone = BucketZone(identifier: try named.text())
      guard zone != nil else {
        throw named.error(
          "\(try named.text()) is no time zone",
          hint: BucketZone.hint(for: try named.text()))
      }
    }
    let allowsPlainHTTP = try fields["allow_plain_http"]?.flag() ?? false
    let text = try url.text()
    let address: ServerAddress
    do {
      address = try ServerAddress(text, allowPlainHTTP: allowsPlainHTTP)
    } catch let error as AlmanacError {
      throw url.error(error.cause, hint: error.hint)
    }
    return Server(
      name: name, address: address, keyFile: try fields["api_key_file"]?.text(),
      keyPlace: fields["api_key_file"]?.place ?? "api_key_file", zone: zone,
      proxy: try fields["proxy"].map { try proxy(of: $0, besides: fields["proxy_file"]) },
      proxyFile: try fields["proxy_file"]?.namedFile(),
      authorities: try fields["ca_file"]?.namedFile())
  }

  private static func heartbeat(of field: YAMLField) throws -> HeartbeatAddress {
    do throws(HeartbeatAddress.Fault) {
      return try HeartbeatAddress(field.node.scalar?.string ?? "")
    } catch {
      throw field.error(error.cause, hint: error.hint)
    }
  }

  private static func proxy(of field: YAMLField, besides file: YAMLField?) throws -> ProxyAddress {
    if let file {
      throw file.error("there is a `proxy` too", hint: "remove one of the two")
    }
    let text = try field.text()
    try field.refuseKey(wanting: "the address of a proxy")
    guard !text.contains("@") else {
      throw field.error(
        "it holds a user or a password, which do not belong into this file",
        hint: "put the whole address into a file that others may not read, and name the file in "
          + "`proxy_file`")
    }
    do throws(ProxyAddress.Fault) {
      return try ProxyAddress(text)
    } catch {
      throw field.error(error.cause, hint: error.hint)
    }
  }

  private static func apps(of list: YAMLField, on servers: [Server]) throws -> [App] {
    let entries = try list.list()
    guard !entries.isEmpty else {
      throw list.error("it names no app", hint: "add `- id:` and `name:` for each app")
    }
    var apps: [App] = []
    var seen: [AppID: (path: String, server: String)] = [:]
    for entry in entries {
      let app = try app(of: entry, on: servers)
      if let earlier = seen.updateValue((entry.path, app.server), forKey: app.id) {
        throw entry.error(
          "the app \(app.id) is \(earlier.path) already"
            + (earlier.server == app.server ? "" : ", on the server \(earlier.server)"),
          hint: earlier.server == app.server
            ? "remove one of the two"
            : "an id belongs to one app; give each of several cloned servers an archive of its own")
      }
      apps.append(app)
    }
    return apps
  }

  private static func app(of entry: YAMLField, on servers: [Server]) throws -> App {
    let fields = try entry.fields(["id", "name", "tags", "since", "server"])
    guard let idField = fields["id"] else {
      throw entry.error("the app has no id", hint: "add `id:` with the 24 digits of its address")
    }
    guard let id = AppID(try idField.text()) else {
      throw idField.error(
        "\(try idField.text()) is not 24 hexadecimal digits",
        hint: "copy the appId from the app's address in FastGPT")
    }
    guard id != .nobody else {
      throw idField.error(
        "no app has the id \(id)", hint: "copy the appId from the app's address in FastGPT")
    }
    let server: String
    if let named = fields["server"] {
      server = try named.text()
      guard servers.contains(where: { $0.name == server }) else {
        let names = servers.map(\.name)
        let near = Suggestion.nearest(to: server, among: names).map { "did you mean \($0)? " }
        throw named.error(
          "there is no server \(server)",
          hint: (near ?? "") + "known: \(names.joined(separator: ", "))")
      }
    } else if servers.count == 1 {
      server = servers[0].name
    } else {
      throw entry.error(
        "it names no server, and there are \(servers.count)", hint: "add `server:` with a name")
    }
    let name = try fields["name"]?.name() ?? id.text
    if let other = AppID(name), other != id {
      throw (fields["name"] ?? entry).error(
        "the name \(name) is the id of another app", hint: "give the app a name of its own")
    }
    return App(
      id: id, name: name, tags: try fields["tags"]?.list().map { Name(try $0.name()) } ?? [],
      server: server,
      since: try fields["since"]?.day())
  }
}
