import Exchange
import Glibc
import LinuxPlatform
import Surface
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Venue and publisher are killed at any moment, and every listener hears everything once.
    @Suite("Drop copy: continuity")
    struct ContinuityTests {
        private func start(_ name: String, _ arguments: [String]) throws -> (Program, UInt16) {
            let program = try Program(name, ["--port", "0"] + arguments)
            let line = try #require(program.line())
            #expect(program.line() == "ready")
            return (program, try #require(UInt16(line.split(separator: ":").last ?? "")))
        }

        private func kill(_ program: Program) {
            program.signal(SIGKILL)
            #expect(program.exitStatus() == -1)
        }

        /// What a listener does that comes back: it asks for all behind what it heard last.
        private func catchUp(_ port: UInt16, _ heard: inout Told) throws {
            let listener = try TestClient.listening(port: port, 90000)
            while true {
                let response = try listener.ask {
                    Frames.retransmitListenerData(
                        $0, behind: heard.data.last?.raw("ApplMsgID") ?? [])
                }
                let count = Int(response.field("ApplTotalMessageCount"))
                guard count > 0 else { break }
                heard.data += try listener.read(count)
            }
            while true {
                let response = try listener.ask {
                    Frames.retransmit(
                        $0, from: heard.trades.last.map { $0.field("ApplSeqNum") + 1 } ?? 1)
                }
                let count = Int(response.field("ApplTotalMessageCount"))
                guard count > 0 else { break }
                heard.trades += try listener.read(count)
            }
        }

        @Test(
            "Killed in turn, venue and publisher lose nothing and tell nothing twice",
            .enabled(
                if: Program.exists("apus-dropcopy") && Program.exists("apus-exchange"),
                PublisherLifeTests.missing),
            arguments: [true, false])
        func killed(_ keepsArchive: Bool) throws {
            let folder = try TemporaryFolder()
            let name = uniqueVenueName()
            let kept = ["--name", name, "--data-dir", folder.path + "/venue"]
            let copying = kept + (keepsArchive ? ["--archive", folder.path + "/copy"] : [])
            var (venue, port) = try start("apus-exchange", kept)
            var heard = Told()
            var executions: Set<Execution> = []
            var flow = try RandomFlow(port: port, seed: 1)
            for life in 1...8 {
                // While nobody listens, and while somebody does.
                for _ in 0..<20 { try flow.step() }
                var (copy, copyPort) = try start("apus-dropcopy", copying)
                for _ in 0..<20 { try flow.step() }
                if life % 2 == 0 {
                    kill(copy)
                    (copy, copyPort) = try start("apus-dropcopy", copying)
                }
                try flow.finish()
                if life % 3 == 0 {
                    executions.formUnion(flow.executions)
                    kill(venue)
                    (venue, port) = try start("apus-exchange", kept)
                    flow = try RandomFlow(port: port, seed: UInt64(life))
                    for _ in 0..<10 { try flow.step() }
                    try flow.finish()
                }
                executions.formUnion(flow.executions)
                try awaitTrades(executions.count, copyPort, of: name, &heard)
                kill(copy)
            }
            #expect(heard.gaps.isEmpty)
            #expect(Set(heard.trades.map(\.confirmed)) == executions)
            #expect(heard.trades.count == executions.count && executions.count > 50)
            let numbers = heard.trades.map { $0.field("ApplSeqNum") }
            #expect(numbers == Array(1...UInt64(numbers.count)))
            let ids = heard.data.map(\.applMsgID)
            #expect(ids == ids.sorted() && Set(ids).count == ids.count)
            // Whoever comes now hears the same.
            let (last, lastPort) = try start("apus-dropcopy", copying)
            var fresh = Told()
            try awaitTrades(executions.count, lastPort, of: name, &fresh)
            #expect(fresh.data.map(\.essence) == heard.data.map(\.essence))
            #expect(fresh.trades.map(\.essence) == heard.trades.map(\.essence))
            last.signal(SIGTERM)
            #expect(last.exitStatus() == 0)
            venue.signal(SIGTERM)
            #expect(venue.exitStatus() == 0)
        }

        /// The publisher is behind the members by as much as the venue's archive is.
        private func awaitTrades(
            _ count: Int, _ port: UInt16, of venue: String, _ heard: inout Told
        ) throws {
            for _ in 0..<300 {
                try catchUp(port, &heard)
                if heard.trades.count >= count { break }
                pause(millis: 50)
            }
            // And what came behind the last trade; counters are shown some milliseconds later.
            pause(millis: 300)
            let counters = try SurfaceReader.attach(name: venue).counters()
            func value(_ name: String) -> UInt64 { counters.value(of: name) ?? 0 }
            for _ in 0..<600 where value("archive.sequence") < value("engine.sequence") {
                pause(millis: 50)
            }
            try catchUp(port, &heard)
        }
    }
}
