import Foundation
import NIOSSL

/// The authorities whose word is taken that a server is the one it says.
package struct Authorities: Sendable {
  /// Why a file of certificates cannot be used.
  package struct Fault: Error {
    package let cause: String
    package let hint: String
  }

  /// Those of the system.
  package static let system = Authorities()

  /// In the place of the system's; `nil` for the system's own.
  private var instead: [NIOSSLCertificate]?
  private var further: [NIOSSLCertificate] = []

  private init() {}

  /// Takes the certificates of a PEM file too.
  package mutating func add(file: String) throws(Fault) {
    further += try Self.certificates(of: file)
  }

  /// Takes the certificates of a PEM file, and of all such files in some folders, in the place of the
  /// system's, as `$SSL_CERT_FILE` and `$SSL_CERT_DIR` mean it.
  package mutating func replaceSystem(file: String?, folders: [String]) throws(Fault) {
    var found = try file.map { file throws(Fault) in try Self.certificates(of: file) } ?? []
    for folder in folders {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        // Such a folder has other files too, and each certificate under two names.
        found += (try? Self.certificates(of: "\(folder)/\(name)")) ?? []
      }
    }
    guard !found.isEmpty else {
      throw Fault(
        cause: "there is no certificate", hint: "name folders with PEM files in them, or unset it")
    }
    instead = Array(Set(found))
  }

  /// What a client's connections are made with; `nil` for what they are made with anyway.
  var setting: TLSConfiguration? {
    guard instead != nil || !further.isEmpty else { return nil }
    var setting = TLSConfiguration.makeClientConfiguration()
    if let instead { setting.trustRoots = .certificates(instead) }
    if !further.isEmpty { setting.additionalTrustRoots = [.certificates(further)] }
    return setting
  }

  private static func certificates(of file: String) throws(Fault) -> [NIOSSLCertificate] {
    let url = URL(filePath: file).resolvingSymlinksInPath()
    let kept = try? FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false))
    // A pipe would keep the run waiting.
    guard let kind = kept?[.type] as? FileAttributeType else {
      throw Fault(cause: "there is no such file", hint: "name a PEM file with certificates")
    }
    guard kind == .typeRegular, let bytes = FileManager.default.contents(atPath: file) else {
      throw Fault(
        cause: kind == .typeRegular ? "it cannot be read" : "it is no plain file",
        hint: "name a PEM file with certificates that this user may read")
    }
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(bytes)),
      !certificates.isEmpty
    else {
      throw Fault(
        cause: "it holds no certificates, or a broken one",
        hint: "name a PEM file: each certificate from BEGIN CERTIFICATE to END CERTIFICATE")
    }
    return certificates
  }
}
