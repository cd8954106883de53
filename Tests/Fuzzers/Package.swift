// swift-tools-version: 6.2
// Fuzz targets as a program of libFuzzer's. A package of its own, because such a program links only
// under the sanitizers, in this order:
//
//   swift build -c release --sanitize=address --sanitize=fuzzer
import PackageDescription

let package = Package(
    name: "fuzzers",
    dependencies: [.package(name: "apus", path: "../..")],
    targets: [
        .executableTarget(
            name: "apus-fuzzer",
            dependencies: [.product(name: "FuzzTargets", package: "apus")],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ])
