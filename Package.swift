// swift-tools-version: 6.2
// Rooms and the directions between them. A room imports only from floors below it; `Tools/check`
// builds with `--explicit-target-dependency-import-check error` to keep it so.
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

/// True when an optional system header is there. `APUS_WITHOUT_OPTIONAL=1` hides them all, which
/// is how CI proves that the package builds with Swift and liburing alone.
func hasHeader(_ name: String) -> Bool {
    guard getenv("APUS_WITHOUT_OPTIONAL") == nil else { return false }
    return access("/usr/include/\(name)", R_OK) == 0
}

let hasZlib = hasHeader("zlib.h")
let hasSQLite = hasHeader("sqlite3.h")
let hasNcurses = hasHeader("ncursesw/curses.h")

/// `@c`, which implements functions of a C header, came with Swift 6.3.
#if compiler(>=6.3)
    let hasCInterface = true
#else
    let hasCInterface = false
#endif
let cInterface: [Target.Dependency] = hasCInterface ? ["CApusMatching", "EmbeddedMatching"] : []

/// True when the toolchain has the standard library as an archive too, for a library to bring it along.
/// The library that a manifest runs with shows where the toolchain is.
let hasStaticStandardLibrary: Bool = {
    guard let maps = fopen("/proc/self/maps", "r") else { return false }
    defer { fclose(maps) }
    var line = [CChar](repeating: 0, count: 8192)
    while fgets(&line, Int32(line.count), maps) != nil {
        let path = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        guard let end = path.firstRange(of: "/swift/pm/ManifestAPI/libPackageDescription.so"),
            let start = path.firstIndex(of: "/")
        else { continue }
        let libraries = path[start..<end.lowerBound]
        return access("\(libraries)/swift_static/linux/libswiftCore.a", R_OK) == 0
    }
    return false
}()

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: folder, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

#if arch(x86_64)
    // Skylake and its successors up to Cascade Lake do not keep a branch that crosses 32 bytes in their
    // cache of decoded code, so that the speed of a loop would depend on where it happens to lie.
    let settings: [SwiftSetting] = [
        .swiftLanguageMode(.v6),
        .unsafeFlags(
            ["-Xllvm", "-x86-branches-within-32B-boundaries"], .when(configuration: .release)),
    ]
#else
    let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]
#endif

var targets: [Target] = [
    // Floor 0
    room("Domain"),
    .target(name: "CMemory"),
    room("Containers", ["CMemory"]),
    room("Rings", ["CMemory"]),
    room("Wire"),
    room("Telemetry"),
    .target(
        name: "CLinux",
        linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("crypt")]),
    .target(name: "CChecksum"),

    // Floor 1
    room("Platform", ["Domain"]),
    room("Matching", ["Domain", "Containers"]),
    room("Records", ["CChecksum"]),
    room("Sessions", ["Domain", "Wire"]),
    room("Streams", ["Domain", "Rings"]),

    // Floor 2
    room("Runtime", ["Domain", "Platform", "Telemetry"]),
    room("LinuxPlatform", ["Domain", "Containers", "Platform", "CLinux"]),
    room("SimulatedPlatform", ["Domain", "Platform"]),
    room("Surface", ["Domain", "Rings", "Streams", "Telemetry", "LinuxPlatform"]),
    room("Client", ["Domain", "Wire"]),
    room("Reports", ["Domain", "Wire"]),
    .target(
        name: "Archive",
        dependencies: ["Domain", "Containers", "Records", "Reports", "Platform"],
        exclude: ["README.md"], swiftSettings: settings),
    room("PublicBooks", ["Domain", "Containers", "Wire", "Platform"]),

    // Between floors 2 and 3: what ports have in common
    room(
        "SessionServer",
        [
            "Domain", "Containers", "Telemetry", "Wire", "Sessions", "Reports", "Platform", "Rings",
            "Runtime",
        ]),

    // Floor 3
    room(
        "Engine",
        [
            "Domain", "Containers", "Telemetry", "Matching", "Rings", "Streams", "Platform",
            "Runtime",
        ]),
    room(
        "Gateway",
        [
            "Domain", "Containers", "Telemetry", "Wire", "Reports", "Platform", "Rings", "Streams",
            "Runtime", "SessionServer",
        ]),
    room(
        "Retransmission",
        [
            "Domain", "Telemetry", "Wire", "Reports", "Archive", "Platform", "Rings", "Streams",
            "Runtime", "SessionServer",
        ]),
    room(
        "DropCopy",
        [
            "Domain", "Containers", "Telemetry", "Wire", "Reports", "Archive", "Platform", "Rings",
            "Streams",
            "Runtime", "SessionServer",
        ]),

    room(
        "MarketData",
        [
            "Domain", "Containers", "Telemetry", "Wire", "Matching", "Platform", "Rings", "Streams",
            "Runtime",
        ]),

    .target(
        name: "Journaling",
        dependencies: [
            "Domain", "Telemetry", "Records", "Platform", "Rings", "Streams", "Runtime",
        ],
        exclude: ["README.md"], swiftSettings: settings),

    // Floor 4
    room(
        "Exchange",
        [
            "Domain", "Telemetry", "Platform", "Rings", "Archive", "Reports",
            "Streams", "Runtime", "SessionServer", "Engine", "Gateway", "Journaling", "MarketData",
            "Retransmission",
        ]),
    room("CommandLineTool"),
    room("SQLiteFile", hasSQLite ? ["CSQLite"] : []),
    room("DataOutput", ["Domain", "LinuxPlatform", "Exchange", "SQLiteFile"]),

    // Floor 5
    room(
        "LocalVenue",
        ["Exchange", "LinuxPlatform", "Platform", "Runtime", "Streams", "Surface"]),
    room(
        "LocalDropCopy",
        [
            "Domain", "Archive", "Telemetry", "Platform", "Runtime", "SessionServer", "Streams",
            "DropCopy",
            "Exchange", "LinuxPlatform", "Surface",
        ]),
    room(
        "OrderFlow",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "Client", "PublicBooks", "Telemetry",
            "CommandLineTool",
        ] + (hasZlib ? ["CZlib"] : [])),
    room(
        "Statistics",
        ["Streams", "Surface", "Telemetry", "LinuxPlatform", "CommandLineTool"]),
    room(
        "LatencyAnalysis",
        [
            "Domain", "Rings", "Telemetry", "Platform", "Streams", "LinuxPlatform", "Client",
            "Surface", "Exchange", "CommandLineTool", "OrderFlow",
        ]),
    room(
        "Operations",
        [
            "Domain", "LinuxPlatform", "Surface", "Exchange",
            "CommandLineTool", "OrderFlow",
        ]),
    room(
        "MarketWatch",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "PublicBooks", "Exchange", "Surface",
            "CommandLineTool", "DataOutput", "OrderFlow",
        ]),
    room(
        "Simulation",
        [
            "Domain", "Wire", "Platform", "SimulatedPlatform", "Rings", "Streams", "Runtime",
            "PublicBooks", "SessionServer", "DropCopy", "Engine", "Journaling", "Records",
            "Exchange", "CommandLineTool", "Archive", "Reports",
        ]),
    program("apus-simulate", folder: "Sources/Programs/apus-simulate", ["Simulation"]),
    program(
        "apus-exchange", folder: "Sources/Programs/apus-exchange",
        ["CommandLineTool", "Exchange", "LinuxPlatform", "LocalVenue", "Operations"]),
    program(
        "apus-dropcopy", folder: "Sources/Programs/apus-dropcopy",
        ["CommandLineTool", "Exchange", "LinuxPlatform", "LocalDropCopy", "Surface"]),
    program(
        "apus-replay", folder: "Sources/Programs/apus-replay", ["OrderFlow"]),
    program(
        "apus-marketdata", folder: "Sources/Programs/apus-marketdata", ["MarketWatch"]),
    program("apus-stat", folder: "Sources/Programs/apus-stat", ["Statistics"]),
    program(
        "apus-latency", folder: "Sources/Programs/apus-latency", ["LatencyAnalysis"]),
    room(
        "Bots",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "Client", "CommandLineTool", "OrderFlow",
            "PublicBooks", "SQLiteFile",
        ]),
    room(
        "TopScreen",
        [
            "Domain", "Rings", "Wire", "Telemetry", "Platform", "Streams", "LinuxPlatform",
            "Client",
            "PublicBooks", "Surface", "Exchange", "CommandLineTool", "OrderFlow", "LatencyAnalysis",
        ] + (hasNcurses ? ["CNcurses"] : [])),
    program("apus-top", folder: "Sources/Programs/apus-top", ["TopScreen"]),
    program("apus-maker", folder: "Sources/Programs/apus-maker", ["Bots"]),
    program("apus-taker", folder: "Sources/Programs/apus-taker", ["Bots"]),
    program("apus-seller", folder: "Sources/Programs/apus-seller", ["Bots"]),
    program("apus-load", folder: "Sources/Programs/apus-load", ["OrderFlow"]),
    room(
        "Fuzzing",
        [
            "Domain", "LinuxPlatform", "Client", "SimulatedPlatform", "CommandLineTool",
            "OrderFlow",
            "FuzzTargets",
        ]),
    program("apus-fuzz", folder: "Sources/Programs/apus-fuzz", ["Fuzzing"]),
    room(
        "JournalTools",
        [
            "Domain", "Platform", "Wire", "Reports", "Archive", "SessionServer", "Engine",
            "Journaling", "Exchange", "LinuxPlatform", "CommandLineTool", "DataOutput",
        ]),
    program("apus-journal", folder: "Sources/Programs/apus-journal", ["JournalTools"]),
    room(
        "CrashTest",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "Client", "Exchange", "CommandLineTool",
            "OrderFlow",
        ]),
    room("SteppedClock", ["CLinux"]),
    program("apus-crash", folder: "Sources/Programs/apus-crash", ["CrashTest"]),

    // What has to cope with any bytes: floor 5, but for the package of fuzzers and its tests alone
    room(
        "FuzzTargets",
        [
            "Domain", "Platform", "Rings", "Wire", "Telemetry", "Streams", "Client", "Reports",
            "PublicBooks", "Engine", "Gateway", "SessionServer", "MarketData", "Exchange",
            "OrderFlow", "SimulatedPlatform", "FakePlatform", "Archive", "Records", "Journaling",
            "DropCopy",
        ]),

    // Developer tools
    room("WireGeneration"),
    program("wiregen", folder: "Tools/wiregen", ["WireGeneration"]),
    program("ring-stress", folder: "Tests/RingStress", ["Rings"]),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .target(name: "CBaselines", dependencies: ["CLinux"], path: "Benchmarks/CBaselines"),
    .target(
        name: "MarketFlows", dependencies: ["Domain", "OrderFlow"],
        path: "Benchmarks/MarketFlows", swiftSettings: settings),
    .target(
        name: "BenchmarkKit",
        dependencies: cInterface + [
            "Domain", "Containers", "Rings", "Wire", "Telemetry", "Platform", "Runtime",
            "LinuxPlatform", "Client", "Engine", "Exchange", "Journaling",
            "Streams", "Surface", "MarketData", "CommandLineTool", "OrderFlow", "LocalVenue",
            "CBaselines", "CAllocationCount", "MarketFlows", "FakePlatform",
        ],
        path: "Benchmarks/BenchmarkKit", swiftSettings: settings),
    program("bench", folder: "Benchmarks/bench", ["BenchmarkKit"]),

    .target(
        name: "FakePlatform", dependencies: ["Domain", "Platform"], path: "Tests/FakePlatform",
        swiftSettings: settings),
    .target(
        name: "TestSupport", dependencies: ["Domain", "Wire", "FakePlatform"],
        path: "Tests/TestSupport", swiftSettings: settings),

    // Tests mirror the rooms.
    tests("DomainTests", ["Domain"]),
    tests("ContainersTests", ["Containers"]),
    tests("RingsTests", ["Rings"]),
    tests("RecordsTests", ["Records", "CChecksum"]),
    tests(
        "JournalingTests",
        [
            "Domain", "Journaling", "LinuxPlatform", "Platform", "Records", "Rings", "Runtime",
            "SimulatedPlatform", "Streams",
        ]),
    tests("WireTests", ["Wire", "WireGeneration", "TestSupport"]),
    tests("TelemetryTests", ["Telemetry"]),
    tests("LinuxPlatformTests", ["Domain", "Platform", "LinuxPlatform", "CLinux"]),
    tests("SimulatedPlatformTests", ["Domain", "Platform", "SimulatedPlatform"]),
    tests("StreamsTests", ["Domain", "Rings", "Streams"]),
    tests("SurfaceTests", ["Domain", "LinuxPlatform", "Rings", "Streams", "Surface", "Telemetry"]),
    tests("StatisticsTests", ["CommandLineTool", "Statistics", "Telemetry"]),
    tests("RuntimeTests", ["Domain", "Platform", "Runtime", "Telemetry"]),
    tests(
        "RetransmissionTests",
        [
            "Domain", "Wire", "Platform", "Reports", "Rings", "Streams", "Runtime",
            "SessionServer", "Archive", "Retransmission", "TestSupport",
        ]),
    tests("ArchiveTests", ["Domain", "Platform", "Reports", "SimulatedPlatform", "Archive"]),
    tests("ReportsTests", ["Domain", "Wire", "Reports"]),
    tests("PublicBooksTests", ["Domain", "Platform", "PublicBooks", "TestSupport"]),
    tests("SQLiteFileTests", ["SQLiteFile"]),
    tests(
        "MarketWatchTests",
        [
            "Domain", "Platform", "CommandLineTool", "DataOutput", "SQLiteFile", "MarketWatch",
            "TestSupport",
        ]),
    tests(
        "DropCopyTests",
        [
            "Domain", "Wire", "Platform", "Reports", "Archive", "Rings", "Streams", "Runtime",
            "SessionServer", "DropCopy", "TestSupport",
        ]),
    tests(
        "MarketDataTests",
        [
            "Domain", "Platform", "Rings", "Streams", "Runtime",
            "Engine", "MarketData", "PublicBooks", "TestSupport",
        ]),
    tests("MatchingTests", ["Domain", "Matching"]),
    tests("SessionsTests", ["Domain", "Wire", "Sessions"]),
    tests(
        "SessionServerTests",
        [
            "Domain", "Wire", "Sessions", "Platform", "Runtime", "SessionServer",
            "Telemetry", "TestSupport",
        ]),
    tests(
        "EngineTests",
        cInterface + [
            "Domain", "Rings", "Streams", "Platform", "Engine",
            "Telemetry",
        ]),
    tests(
        "GatewayTests",
        [
            "Domain", "Wire", "Platform", "Rings", "Streams",
            "Reports", "SessionServer", "Gateway", "Runtime", "TestSupport",
        ]),
    tests(
        "ExchangeTests",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "Exchange", "Runtime", "Engine",
            "Streams", "Archive",
            "PublicBooks", "SimulatedPlatform", "TestSupport",
        ]),
    tests("CommandLineToolTests", ["CommandLineTool"]),
    tests("TopScreenTests", ["Domain", "Client", "PublicBooks", "TopScreen"]),
    tests(
        "BotsTests", ["Domain", "OrderFlow", "Bots", "SQLiteFile"]),
    tests(
        "CrashTests",
        ["Domain", "Wire", "LinuxPlatform", "Client", "OrderFlow", "CrashTest"]),
    tests(
        "JournalToolsTests",
        [
            "Domain", "Platform", "Wire", "Reports", "Archive", "Rings", "Runtime", "Engine",
            "Journaling", "Exchange", "SimulatedPlatform", "DataOutput", "SQLiteFile",
            "JournalTools", "TestSupport",
        ]),
    tests(
        "OrderFlowTests",
        [
            "Domain", "Wire", "Platform", "LinuxPlatform", "Client", "OrderFlow", "Telemetry",
            "TestSupport",
        ]),
    tests(
        "LatencyAnalysisTests",
        [
            "Domain", "Rings", "Streams", "Telemetry", "LinuxPlatform",
            "OrderFlow", "LatencyAnalysis",
        ]),
    tests(
        "VenueTests",
        [
            "Domain", "Rings", "Wire", "Platform", "LinuxPlatform", "Client", "Exchange",
            "OrderFlow", "LatencyAnalysis", "LocalVenue", "DropCopy", "LocalDropCopy", "Streams",
            "Surface", "Telemetry", "TestSupport", "Bots", "PublicBooks", "SQLiteFile", "TopScreen",
        ]),
    tests(
        "AllocationTests",
        cInterface + [
            "Domain", "Rings", "Wire", "Platform", "LinuxPlatform",
            "Engine", "Exchange", "Runtime", "Telemetry",
            "PublicBooks", "FakePlatform", "TestSupport", "CAllocationCount",
        ]),
    tests("SimulationTests", ["Simulation", "SimulatedPlatform", "Exchange"]),
    tests("MarketFlowsTests", ["Domain", "MarketFlows", "OrderFlow"]),
    tests("BenchmarkTests", ["BenchmarkKit", "CommandLineTool"]),
    tests("FuzzTargetsTests", ["FuzzTargets"]),
    tests("FuzzingTests", ["LinuxPlatform", "Fuzzing", "TestSupport"]),
]

if hasSQLite {
    targets.append(.systemLibrary(name: "CSQLite", path: "Sources/CSQLite"))
}
if hasZlib {
    targets.append(.systemLibrary(name: "CZlib", path: "Sources/CZlib"))
}

if hasNcurses {
    targets.append(.systemLibrary(name: "CNcurses", path: "Sources/CNcurses"))
}

// For the nested package Tests/Fuzzers.
var products: [Product] = [
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
    // For programs that apus-crash starts.
    .library(name: "SteppedClock", type: .dynamic, targets: ["SteppedClock"]),
]

// The engine for C programs: floor 4
if hasCInterface {
    targets += [
        .target(name: "CApusMatching"),
        room(
            "EmbeddedMatching",
            ["CApusMatching", "Containers", "Domain", "Engine", "Matching", "Rings"]),
        // What concerns the library alone, and not who has the room linked in.
        .target(
            name: "ApusMatching", dependencies: ["EmbeddedMatching"], exclude: ["exports.map"],
            swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-Xlinker",
                        "--version-script=\(Context.packageDirectory)/Sources/ApusMatching/exports.map",
                    ] + (hasStaticStandardLibrary ? ["-static-stdlib"] : []))
            ]),
        program(
            "apus-matching-example", folder: "Sources/Programs/apus-matching-example",
            cInterface),
        tests("EmbeddedMatchingTests", cInterface + ["Domain", "TestSupport"]),
    ]
    products.append(.library(name: "ApusMatching", type: .dynamic, targets: ["ApusMatching"]))
}

// `APUS_TESTS=NAME,NAME` leaves out all test targets but these: most of the time of a build is theirs.
if let names = getenv("APUS_TESTS") {
    let names = String(cString: names).split(separator: ",").map(String.init)
    if let unknown = names.first(where: { name in !targets.contains { $0.name == name } }) {
        fatalError("APUS_TESTS: there is no test target \(unknown)")
    }
    targets.removeAll { $0.type == .test && !names.contains($0.name) }
}

let package = Package(name: "apus", products: products, targets: targets)
