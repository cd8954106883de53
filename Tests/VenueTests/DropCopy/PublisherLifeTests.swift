import DropCopy
import Exchange
import Glibc
import LinuxPlatform
import LocalDropCopy
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// The publisher's process comes and goes, and so does the venue's.
    @Suite("Drop copy: coming and going")
    struct PublisherLifeTests {
        static let missing: Comment = "the programs are not built beside the tests"

        /// A publisher's process that is ready, and its port.
        private func publisher(
            of name: String, _ arguments: [String] = []
        ) throws -> (program: Program, port: UInt16) {
            let program = try Program(
                "apus-dropcopy", ["--name", name, "--port", "0"] + arguments)
            return (program, try port(of: program))
        }

        private func port(of program: Program) throws -> UInt16 {
            let line = try #require(program.line())
            #expect(line.hasPrefix("listening 127.0.0.1:"))
            #expect(program.line() == "ready")
            return try #require(UInt16(line.split(separator: ":")[1]))
        }

        private func venue(_ name: String) throws -> (program: Program, port: UInt16) {
            let program = try Program("apus-exchange", ["--name", name, "--port", "0"])
            return (program, try port(of: program))
        }

        @Test(
            "Started before the venue it waits, and it ends cleanly when asked",
            .enabled(if: Program.exists("apus-dropcopy"), missing))
        func early() throws {
            let name = uniqueVenueName()
            let waiting = try Program("apus-dropcopy", ["--name", name, "--port", "0"])
            pause(millis: 300)
            let (exchange, venuePort) = try venue(name)
            let listenerPort = try port(of: waiting)
            let listener = try TestClient.listening(port: listenerPort, 90001, [5])
            let member = try TestClient(port: venuePort)
            try member.logOn(.one)
            _ = try member.order(.short, id: 1, side: 1, lots: 1, price: 50)
            #expect(try listener.read().template == .orderExecReportBroadcast)
            waiting.signal(SIGTERM)
            #expect(waiting.exitStatus() == 0)
            #expect(try listener.read().template == .forcedLogoutNotification)
            #expect(listener.isClosedByVenue())
            #expect(
                waiting.rest().errors.hasPrefix(
                    "apus-dropcopy: waiting for the venue \(name)\n"))
            exchange.signal(SIGTERM)
            #expect(exchange.exitStatus() == 0)
            // Waiting, too, it can be ended.
            let alone = try Program("apus-dropcopy", ["--name", name, "--port", "0"])
            pause(millis: 200)
            alone.signal(SIGINT)
            #expect(alone.exitStatus() == 0)
        }

        @Test(
            "Bad arguments and a taken archive are sentences",
            .enabled(if: Program.exists("apus-dropcopy"), missing))
        func arguments() throws {
            let folder = try TemporaryFolder()
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            for arguments in [
                ["--port", "70000"], ["--profile", "fast"], ["--folder", "/tmp"],
            ] {
                #expect(try Program("apus-dropcopy", arguments).exitStatus() == 2)
            }
            try withVenue(configuration) { _ in
                let first = try publisher(of: name, ["--archive", folder.path])
                let second = try Program(
                    "apus-dropcopy",
                    ["--name", name, "--port", "0", "--archive", folder.path])
                #expect(second.exitStatus() == 1)
                #expect(second.rest().errors.contains("is in use: process"))
                let third = try Program(
                    "apus-dropcopy", ["--name", name, "--port", "\(first.port)"])
                #expect(third.exitStatus() == 1)
                #expect(third.rest().errors.contains("\(first.port)"))
            }
        }

        @Test(
            "Killed twenty times while members trade, it tells everything once",
            .enabled(if: Program.exists("apus-dropcopy"), missing))
        func killed() throws {
            let folder = try TemporaryFolder()
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            try withVenue(configuration) { venue in
                let flow = try RandomFlow(venue, seed: 3)
                var heard = Told()
                for life in 0..<20 {
                    let (program, port) = try publisher(of: name, ["--archive", folder.path])
                    let listener = try TestClient.listening(port: port, 90000, [5, 1])
                    try catchUp(listener, &heard)
                    for _ in 0..<30 { try flow.step() }
                    // In the middle of telling, as a rule.
                    if life % 3 == 0 { heard.add(listener.readAll()) }
                    program.signal(SIGKILL)
                    #expect(program.exitStatus() == -1)
                    heard.add(listener.readAll())
                }
                try flow.finish()
                let (last, port) = try publisher(of: name, ["--archive", folder.path])
                let listener = try TestClient.listening(port: port, 90000)
                try catchUp(listener, &heard)
                var none = Told()
                let archived = try listener.resendAll(live: &none)
                #expect(archived.gaps.isEmpty && heard.gaps.isEmpty)
                #expect(heard.data.map(\.essence) == archived.data.map(\.essence))
                #expect(heard.trades.map(\.essence) == archived.trades.map(\.essence))
                let executions = Set(flow.executions)
                #expect(Set(archived.trades.map(\.confirmed)) == executions)
                #expect(archived.trades.count == executions.count && executions.count > 100)
                last.signal(SIGTERM)
                #expect(last.exitStatus() == 0)
            }
            #expect(folder.names.contains { $0.hasPrefix(name) && $0.hasSuffix(".seg") })
        }

        /// What a listener does that comes back: it asks for all behind what it heard last.
        private func catchUp(_ listener: TestClient, _ heard: inout Told) throws {
            var live = Told()
            while true {
                let response = try listener.answer(live: &live) {
                    Frames.retransmitListenerData(
                        $0, behind: heard.data.last?.raw("ApplMsgID") ?? [])
                }
                let count = Int(response.field("ApplTotalMessageCount"))
                guard count > 0 else { break }
                heard.data += try listener.read(count)
            }
            while true {
                let response = try listener.answer(live: &live) {
                    Frames.retransmit(
                        $0, from: heard.trades.last.map { $0.field("ApplSeqNum") + 1 } ?? 1)
                }
                let count = Int(response.field("ApplTotalMessageCount"))
                guard count > 0 else { break }
                heard.trades += try listener.read(count)
            }
            #expect(live.data.isEmpty && live.trades.isEmpty, "nobody trades meanwhile")
        }

        @Test(
            "Stopped for a while it misses what the ring lost, and says where",
            .enabled(if: Program.exists("apus-dropcopy"), missing))
        func stopped() throws {
            let configuration = Configuration.with { $0.limits.eventRingCapacity = 4096 }
            try withVenue(configuration) { venue in
                let (program, port) = try publisher(of: configuration.runtime.name)
                let listener = try TestClient.listening(port: port, 90001, [5, 1])
                let seller = try venue.member(.one)
                let buyer = try venue.member(.two)
                var id: UInt64 = 0
                func trade() throws {
                    id += 1
                    _ = try seller.order(.short, id: id, side: 2, lots: 1, price: 70)
                    _ = try buyer.order(.short, id: id, side: 1, lots: 1, price: 70)
                    _ = try seller.read()
                }
                try trade()
                #expect(try listener.read(3).count == 3)
                program.signal(SIGSTOP)
                pause(millis: 50)
                // Short enough for the ring.
                for _ in 0..<100 { try trade() }
                program.signal(SIGCONT)
                var told = Told()
                told.add(try listener.read(300))
                #expect(told.gaps.isEmpty && told.trades.count == 100)
                program.signal(SIGSTOP)
                pause(millis: 50)
                for _ in 0..<1000 { try trade() }
                program.signal(SIGCONT)
                try trade()
                var after = Told()
                while after.trades.last?.template != .tradeBroadcast
                    || after.trades.last?.field("ApplSeqNum") != 1102
                {
                    after.add([try listener.read()])
                }
                // Each trade is told or lost, and a lost one is one gap.
                #expect(after.trades.count == 1001)
                #expect(after.trades.contains { $0.template == .broadcastErrorNotification })
                let dataGaps = after.data.filter { $0.template == .broadcastErrorNotification }
                #expect(dataGaps.count >= 1)
                try expectTrading(venue)
            }
        }

        @Test(
            "The venue killed and back, listeners stay and hear its next life",
            .enabled(
                if: Program.exists("apus-dropcopy") && Program.exists("apus-exchange"), missing))
        func venueKilled() throws {
            let folder = try TemporaryFolder()
            let name = uniqueVenueName()
            var exchange = try venue(name)
            let (program, port) = try publisher(of: name, ["--archive", folder.path])
            let listener = try TestClient.listening(port: port, 90001, [5, 1])
            for life in 1...3 as ClosedRange<UInt64> {
                let seller = try TestClient(port: exchange.port)
                try seller.logOn(.one)
                let buyer = try TestClient(port: exchange.port)
                try buyer.logOn(.two)
                _ = try seller.order(.short, id: life, side: 2, lots: 1, price: 70)
                _ = try buyer.order(.short, id: life, side: 1, lots: 1, price: 70)
                var told = Told()
                told.add(try listener.read(3))
                #expect(told.data.map { $0.field("ClOrdID") } == [life, life])
                #expect(told.trades.map { $0.field("ApplSeqNum") } == [1])
                exchange.program.signal(SIGKILL)
                #expect(exchange.program.exitStatus() == -1)
                exchange = try venue(name)
                // The publisher looks for it ten times a second.
                pause(millis: 600)
            }
            exchange.program.signal(SIGTERM)
            program.signal(SIGTERM)
            #expect(program.exitStatus() == 0)
            let errors = program.rest().errors
            #expect(errors.contains("the venue has ended"))
            #expect(errors.contains("the venue is back"))
            #expect(folder.names.filter { $0.hasSuffix(".seg") }.count == 4)
        }

        @Test(
            "An idle publisher takes less than a hundredth of a core",
            .enabled(if: Program.exists("apus-dropcopy"), missing))
        func atRest() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                let (program, port) = try publisher(of: configuration.runtime.name)
                let listener = try TestClient.listening(port: port, 90001, [5, 1])
                let member = try venue.member(.one)
                _ = try member.order(.short, id: 1, side: 1, lots: 1, price: 50)
                _ = try listener.read()
                pause(millis: 500)
                let shares = Machine.shares(of: program.identifier, until: 0.011)
                #expect(shares.contains { $0 < 0.011 }, "\(shares)")
            }
        }
    }
}
