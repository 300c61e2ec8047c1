/// One application on the simulated server, with its whole conversation log.
package struct SimulatedApp: Sendable, Hashable {
  /// 24 hexadecimal digits.
  package let id: String
  /// Unknown to the two endpoints; for whoever configures a client.
  package let name: String
  /// In order of `time`, records of one instant in order of `id`.
  package let records: [ChatRecord]

  /// Takes the records in any order.
  package init(id: String, name: String, records: [ChatRecord] = []) {
    self.id = id
    self.name = name
    self.records = records.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
  }
}
