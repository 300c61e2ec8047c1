import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The answer to whether there is something at a path. A file that this process may not see does
/// not count as absent.
package enum FileSight: Sendable {
  /// A file, folder or device, perhaps reached through links.
  case there
  case absent
  /// Unknown, with the cause and what to do.
  case hidden(cause: String, hint: String)

  package init(_ path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      self = .there
      return
    }
    switch errno {
    case ENOENT, ENOTDIR: self = .absent
    case EACCES:
      let folder = FileSight.closedFolder(on: path)
      self = .hidden(
        cause: "the user \(FileSight.thisUser) may not look into the folder \(folder)",
        hint: FileSight.hint(toOpen: folder))
    case let number:
      self = .hidden(
        cause: String(cString: strerror(number)).lowercased(), hint: "check the path with `ls -l`")
    }
  }

  /// The cause that keeps this user from reading an existing file, and what to do; `nil` if nothing
  /// does.
  package static func denial(ofReading path: String) -> (cause: String, hint: String)? {
    guard access(path, R_OK) != 0, errno == EACCES else { return nil }
    return ("the user \(thisUser) may not read it", hint(toOpen: path))
  }

  /// The advice how this user gets to read an existing file or folder: join its group, or ask its
  /// owner.
  package static func hint(toOpen path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "check who may read it with `ls -l \(path)`" }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) }
    let groupName = group ?? "\(status.st_gid)"
    // The superuser's group would give access to far more than this file.
    if status.st_mode & (isFolder ? 0o010 : 0o040) != 0, status.st_gid != 0 {
      return "join the group \(groupName), which may: `sudo usermod -aG \(groupName) \(thisUser)`, "
        + "then log in again"
    }
    let ownerName = owner ?? "\(status.st_uid)"
    return "run this as \(ownerName), who owns \(path), or give access to a group of yours: "
      + "`chgrp GROUP \(path)` and `chmod g+\(isFolder ? "rx" : "r") \(path)`"
  }

  /// The advice how this user gets to write to a file, or to make it in its folder.
  package static func hint(toWrite path: String) -> String {
    func owner(_ path: String) -> (id: uid_t, name: String)? {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      let name = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) }
      return (status.st_uid, name ?? "\(status.st_uid)")
    }
    guard let folder = owner(path.folder) else {
      return "check the folder \(path.folder) with `ls -ld \(path.folder)`"
    }
    let file = owner(path) ?? folder
    if file.id == 0, folder.id != 0 {
      return "it belongs to root, and its folder to \(folder.name): "
        + "`sudo chown \(folder.name): \(path)` gives it back"
    }
    return file.id == geteuid()
      ? "check who may write to it with `ls -l \(path)`, and whether its file system is read-only"
      : "it belongs to \(file.name): run this with `sudo -u \(file.name)`"
  }

  package static var thisUser: String {
    getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
  }

  /// The first folder on the way to a file that this process may not enter; links are followed.
  private static func closedFolder(on path: String) -> String {
    var path = path
    for _ in 0..<40 {
      var last = path.hasPrefix("/") ? "/" : "."
      var link: String?
      for end in path.indices.dropFirst() + [path.endIndex]
      where end == path.endIndex || path[end] == "/" {
        let prefix = String(path[..<end])
        var status = stat()
        if stat(prefix, &status) == 0 {
          last = prefix
          continue
        }
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: prefix) {
          link = (target.hasPrefix("/") ? target : "\(last)/\(target)") + path[end...]
        }
        break
      }
      guard let link else { return last }
      path = link
    }
    return path
  }
}
