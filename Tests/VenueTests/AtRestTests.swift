import Exchange
import Glibc
import LinuxPlatform
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Starting, resting, stopping.
    @Suite("From start to stop")
    struct AtRestTests {
        @Test("Every thread plan trades", arguments: RuntimeSettings.Threads.allCases)
        func plans(_ threads: RuntimeSettings.Threads) throws {
            let cores = try CoreSet.usable().count
            if threads == .dedicated || threads == .paired, cores < 2 {
                #expect {
                    try withVenue(.with { $0.runtime.threads = threads }) { _ in }
                } throws: {
                    "\($0)".contains("usable cores")
                }
                return
            }
            try withVenue(.with { $0.runtime.threads = threads }) { venue in
                try expectTrading(venue)
                #expect(venue.notes.contains { $0.hasPrefix("threads: ") })
            }
        }

        @Test("A spinning venue trades as well")
        func latencyProfile() throws {
            try withVenue(.with { $0.runtime.profile = .latency }) { venue in
                try expectTrading(venue)
            }
        }

        @Test("Starting and stopping leaves no descriptor behind")
        func descriptors() throws {
            // Other tests of the process open and close some too: one quiet round is proof enough.
            var growths: [Int] = []
            for _ in 0..<6 {
                let before = Machine.descriptorCount()
                for _ in 0..<8 {
                    try withVenue { venue in
                        let client = try venue.member(.one)
                        _ = try client.order(id: 1, side: 1, lots: 1, price: 1)
                    }
                }
                growths.append(Machine.descriptorCount() - before)
                if growths[growths.count - 1] < 8 { return }
            }
            Issue.record("descriptors are left behind: \(growths)")
        }

        @Test("A stop is done within bounds, even with clients that do not read or close")
        func boundedStop() throws {
            let venue = try LocalVenue(.onAnyPort)
            try venue.start()
            let silent = try venue.connect()
            let idle = try venue.member(.one)
            let deaf = try venue.member(.two)
            deaf.shrinkReceiveBuffer()
            var bytes: [UInt8] = []
            for _ in 0..<2000 { bytes += deaf.deleteFrame(deaf.number(), id: 7) }
            try deaf.sendRaw(bytes)
            venue.stop()
            // Whoever comes now finds nobody.
            #expect(throws: SystemError.self) { try TestClient(port: venue.port) }
            #expect(try idle.readUntilClosed().map(\.template) == [.forcedLogoutNotification])
            #expect(try silent.readUntilClosed().isEmpty)
        }

        @Test("A port in use is a sentence")
        func portInUse() throws {
            try withVenue { venue in
                var configuration = Configuration.onAnyPort
                configuration.runtime.port = venue.port
                #expect {
                    _ = try LocalVenue(configuration)
                } throws: {
                    "\($0)".contains("127.0.0.1:\(venue.port) cannot be listened on")
                }
                try expectTrading(venue)
            }
        }
    }

    /// The real program, as a user starts and stops it.
    @Suite(
        "apus-exchange",
        .enabled(if: Program.exists("apus-exchange"), "apus-exchange is not built beside the tests")
    )
    struct ProgramTests {
        /// A running venue and its port.
        private func launch(_ arguments: [String] = []) throws -> (Program, UInt16) {
            let program = try Program(
                "apus-exchange", ["--port", "0", "--name", uniqueVenueName()] + arguments)
            let listening = try #require(program.line())
            try #require(listening.hasPrefix("listening 127.0.0.1:"), "\(listening)")
            #expect(program.line() == "ready")
            return (program, try #require(UInt16(listening.dropFirst(20))))
        }

        @Test(
            "SIGTERM and SIGINT end it: sessions are told, status 0", arguments: [SIGTERM, SIGINT])
        func signals(_ signal: Int32) throws {
            let (program, port) = try launch()
            let client = try TestClient(port: port)
            try client.logOn(.one)
            _ = try client.order(.persistent, id: 1, side: 1, lots: 1, price: 1)
            program.signal(signal)
            let last = try client.readUntilClosed()
            #expect(last.map(\.template) == [.forcedLogoutNotification])
            client.close()
            #expect(program.exitStatus() == 0)
            #expect(program.rest().output.isEmpty)
        }

        @Test("A port in use ends it with status 1 and one sentence")
        func portInUse() throws {
            let (program, port) = try launch()
            let second = try Program(
                "apus-exchange", ["--port", "\(port)", "--name", uniqueVenueName()])
            #expect(second.exitStatus() == 1)
            let printed = second.rest()
            #expect(printed.output.isEmpty)
            #expect(printed.errors.contains("127.0.0.1:\(port) cannot be listened on"))
            #expect(printed.errors.split(separator: "\n").count == 1)
            program.signal(SIGTERM)
            #expect(program.exitStatus() == 0)
        }

        @Test("At rest it uses next to nothing of a core, with sessions logged on")
        func idle() throws {
            // With the public feed, to the port that discards what it gets.
            let (program, port) = try launch(["--feed", "9"])
            let clients = try [Member.one, .two, .three].map { member in
                let client = try TestClient(port: port)
                try client.logOn(member)
                return client
            }
            pause(millis: 300)
            let shares = Machine.shares(of: program.identifier, until: 0.02)
            #expect(shares.contains { $0 < 0.02 }, "\(shares)")
            for client in clients { try client.logOut() }
            program.signal(SIGTERM)
            #expect(program.exitStatus() == 0)
        }

        @Test(
            "Thousands of logons, orders and ends leave its memory as it was",
            .enabled(if: !isSanitized, "a sanitizer keeps what was freed"))
        func memory() throws {
            let (program, port) = try launch()
            func storm(_ rounds: Int) throws {
                for round in 0..<rounds {
                    let client = try TestClient(port: port)
                    try client.logOn(.one)
                    var bytes: [UInt8] = []
                    for id in 1...100 as ClosedRange<UInt64> {
                        bytes += client.orderFrame(
                            client.number(), .persistent, id: id, side: 1, lots: 1,
                            price: Double(1 + (UInt64(round) + id) % 1000))
                    }
                    bytes += Frames.deleteAll(client.number())
                    try client.sendRaw(bytes)
                    for _ in 0...100 { _ = try client.read() }
                    round % 2 == 0 ? client.close() : client.reset()
                }
            }
            try storm(50)
            let before = Machine.residentBytes(of: "\(program.identifier)")
            try storm(150)
            let growth = Machine.residentBytes(of: "\(program.identifier)") - before
            #expect(growth < 8 << 20, "\(growth >> 10) KiB more for 150 sessions")
            program.signal(SIGTERM)
            #expect(program.exitStatus() == 0)
        }
    }
}
