// swift-tools-version:6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
  // Dependencies are not pinned; one that deprecates a name must not break the build.
  .treatWarning("DeprecatedDeclaration", as: .warning),
]

/// What the targets import is compared with a table of its own by `make check`
/// (`scripts/check-imports`), since SwiftPM lets an undeclared import pass.
let package = Package(
  name: "almanac",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "almanac", targets: ["almanac"])
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
  ],
  targets: [
    .target(name: "AlmanacCore", swiftSettings: strict),
    .target(
      name: "FastGPT",
      dependencies: [
        "AlmanacCore",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "AlmanacStore",
      dependencies: [
        "AlmanacCore", "CSQLite", "CZlib",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      resources: [.embedInCode("migrations")],
      swiftSettings: strict
    ),
    .target(
      name: "AlmanacCollector",
      dependencies: [
        "AlmanacCore", "AlmanacStore",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "AlmanacTrends", dependencies: ["AlmanacCore", "AlmanacStore"], swiftSettings: strict),
    .target(
      name: "AlmanacReport", dependencies: ["AlmanacCore", "AlmanacTrends"], swiftSettings: strict),
    .target(
      name: "FastGPTSimulator",
      dependencies: [
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "almanac",
      dependencies: [
        "AlmanacCore", "FastGPT", "AlmanacStore", "AlmanacCollector", "AlmanacTrends",
        "AlmanacReport", "FastGPTSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "simulate",
      dependencies: [
        "FastGPTSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "benchmarks/simulate",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "decade",
      dependencies: [
        "AlmanacCore", "AlmanacStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "benchmarks/decade",
      swiftSettings: strict
    ),
    .target(
      name: "AlmanacTestSupport",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacCollector", "FastGPT", "FastGPTSimulator", "CZlib",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      path: "Tests/AlmanacTestSupport",
      swiftSettings: strict
    ),
    .testTarget(
      name: "AlmanacCoreTests", dependencies: ["AlmanacCore", "FastGPTSimulator"],
      swiftSettings: strict),
    .testTarget(
      name: "FastGPTTests",
      dependencies: [
        "AlmanacCore", "FastGPT", "FastGPTSimulator", "AlmanacTestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "AlmanacStoreTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacCollector", "AlmanacTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "AlmanacCollectorTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacCollector", "FastGPTSimulator",
        "AlmanacTestSupport",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "AlmanacTrendsTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacTrends", "AlmanacReport", "AlmanacCollector",
        "FastGPTSimulator",
        "AlmanacTestSupport", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "AlmanacReportTests",
      dependencies: ["AlmanacCore", "AlmanacReport", "FastGPTSimulator"],
      swiftSettings: strict),
    .testTarget(
      name: "FastGPTSimulatorTests",
      dependencies: [
        "FastGPTSimulator",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOFoundationCompat", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "almanacTests",
      dependencies: [
        "almanac", "AlmanacCore", "AlmanacCollector", "AlmanacStore", "FastGPT", "FastGPTSimulator",
        "AlmanacTestSupport",
      ],
      swiftSettings: strict
    ),
  ],
  swiftLanguageModes: [.v6]
)
