import Foundation
import NIOSSL

/// The certificate authorities that are trusted to vouch for a server.
package struct CertificateAuthorities: Sendable {
  /// The reason why a file of certificates cannot be used.
  package struct Fault: Error {
    package let cause: String
    package let hint: String
  }

  /// The authorities that the system trusts.
  package static let system = CertificateAuthorities()

  /// The roots that replace the system's; `nil` keeps the system's.
  private var instead: [NIOSSLCertificate]?
  private var further: [NIOSSLCertificate] = []

  private init() {}

  /// Adds the certificates of a PEM file.
  package mutating func add(file: String) throws(Fault) {
    further += try Self.certificates(of: file)
  }

  /// Replaces the system's authorities by those of a PEM file and of the PEM files in some folders,
  /// which is the meaning of `$SSL_CERT_FILE` and `$SSL_CERT_DIR`.
  package mutating func replaceSystem(file: String?, folders: [String]) throws(Fault) {
    var found = try file.map { file throws(Fault) in try Self.certificates(of: file) } ?? []
    for folder in folders {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        // Such a folder also holds other files, and each certificate under two names.
        found += (try? Self.certificates(of: "\(folder)/\(name)")) ?? []
      }
    }
    guard !found.isEmpty else {
      throw Fault(
        cause: "there is no certificate", hint: "name folders with PEM files in them, or unset it")
    }
    instead = Array(Set(found))
  }

  /// The TLS configuration for a client; `nil` if the default will do.
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
    // Only a regular file is read, since a pipe would keep the run waiting.
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
