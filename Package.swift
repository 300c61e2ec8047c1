// swift-tools-version:6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
  // Every row goes through small functions of several of our modules. Overlapping accesses are looked
  // for by the compiler, and while the tests run.
  .unsafeFlags(
    ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
    .when(configuration: .release)),
]

let package = Package(
  name: "almanac",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "almanac", targets: ["almanac"])
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
  ],
  targets: [
    .target(name: "AlmanacCore"),
    .target(
      name: "FastGPT",
      dependencies: [
        "AlmanacCore",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "AlmanacStore",
      dependencies: [
        "AlmanacCore", "CSQLite", "CZlib",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      resources: [.embedInCode("migrations")]
    ),
    .target(name: "AlmanacCollector", dependencies: ["AlmanacCore", "AlmanacStore"]),
    .target(name: "AlmanacTrends", dependencies: ["AlmanacCore", "AlmanacStore"]),
    .target(name: "AlmanacReport", dependencies: ["AlmanacCore", "AlmanacTrends"]),
    .target(
      name: "AlmanacExport",
      dependencies: [
        "AlmanacCore", "AlmanacStore",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),
    .target(
      name: "FastGPTSimulator",
      dependencies: [
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
      ]
    ),
    .executableTarget(
      name: "almanac",
      dependencies: [
        "AlmanacCore", "FastGPT", "AlmanacStore", "AlmanacCollector", "AlmanacTrends",
        "AlmanacReport", "AlmanacExport", "FastGPTSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .executableTarget(
      name: "simulate",
      dependencies: [
        "FastGPTSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "benchmarks/simulate"
    ),
    .executableTarget(
      name: "decade",
      dependencies: [
        "AlmanacCore", "AlmanacStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "benchmarks/decade"
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
      path: "Tests/AlmanacTestSupport"
    ),
    .testTarget(
      name: "AlmanacCoreTests", dependencies: ["AlmanacCore", "FastGPTSimulator"]),
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
      ]
    ),
    .testTarget(
      name: "AlmanacStoreTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacCollector",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]
    ),
    .testTarget(
      name: "AlmanacCollectorTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacCollector", "FastGPT", "FastGPTSimulator",
        "AlmanacTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .testTarget(
      name: "AlmanacTrendsTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacTrends", "AlmanacReport", "AlmanacCollector",
        "FastGPTSimulator",
        "AlmanacTestSupport", .product(name: "GRDB", package: "GRDB.swift"),
      ]
    ),
    .testTarget(
      name: "AlmanacReportTests",
      dependencies: ["AlmanacCore", "AlmanacReport", "FastGPTSimulator"]),
    .testTarget(
      name: "AlmanacExportTests",
      dependencies: [
        "AlmanacCore", "AlmanacStore", "AlmanacExport", "AlmanacTestSupport", "FastGPTSimulator",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]
    ),
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
      ]
    ),
    .testTarget(
      name: "almanacTests",
      dependencies: [
        "almanac", "AlmanacCore", "AlmanacCollector", "AlmanacStore", "FastGPT", "FastGPTSimulator",
        "AlmanacTestSupport",
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
  target.swiftSettings = strict
}
