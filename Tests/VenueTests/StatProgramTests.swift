import Exchange
import Foundation
import LinuxPlatform
import LocalVenue
import Platform
import Streams
import Surface
import Telemetry
import Testing

extension VenueSuites {
    /// The counters of a running venue, and the program that shows them.
    @Suite(
        "apus-stat",
        .enabled(if: Program.exists("apus-stat"), "apus-stat is not built beside the tests"))
    struct StatProgramTests {
        private func run(_ arguments: String...) throws -> (
            status: Int32?, output: String, errors: String
        ) {
            let program = try Program("apus-stat", arguments)
            let status = program.exitStatus()
            let (output, errors) = program.rest()
            return (status, output, errors)
        }

        /// Waits until a counter has a value: it is shown some milliseconds after it was counted.
        private func value(_ name: String, of venue: SurfaceReader, atLeast: UInt64) throws
            -> UInt64
        {
            let counters = try venue.counters()
            for _ in 0..<2_000 where counters.value(of: name) ?? 0 < atLeast { pause(millis: 1) }
            return counters.value(of: name) ?? .max
        }

        @Test("Counters of a venue are what its clients did")
        func counters() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                let seen = try SurfaceReader.attach(name: configuration.runtime.name)
                let client = try venue.member(.one)
                for id: UInt64 in 1...10 {
                    _ = try client.order(id: id, side: 1, lots: 1, price: 10)
                }
                _ = try client.order(id: 1, side: 1, lots: 1, price: 10)
                _ = try client.delete(id: 3)
                func expect(_ name: String, _ count: UInt64) throws {
                    #expect(try value(name, of: seen, atLeast: count) == count, "\(name)")
                }
                try expect("engine.commands{kind=new_order}", 11)
                try expect("engine.commands{kind=delete_order}", 1)
                try expect("engine.commands{kind=session_started}", 1)
                try expect("engine.rejects{rule=clordid_not_unique}", 1)
                try expect("engine.sequence", 13)
                try expect("pool.orders_in_use", 9)
                try expect("ring.slots{ring=commands}", 13)
                try expect(
                    "ring.capacity_slots{ring=events}",
                    UInt64(configuration.limits.eventRingCapacity))
                try expect("engine.event_ring_waits", 0)
                try expect("gateway.commands", 13)
                try expect("gateway.events", 13)
                try expect("port.connections_open{port=order}", 1)
                try expect("port.sessions_logged_on{port=order}", 1)
                try expect("port.user_logins{port=order}", 1)
                try expect("port.frames{port=order}", 14)
                try expect("port.messages_sent{port=order}", 14)
                try expect("port.rejects{reason=business,port=order}", 1)
                let counters = try seen.counters()
                let threads = counters.definitions.filter { $0.family == "thread.work" }
                #expect(!threads.isEmpty)
                #expect(threads.contains { counters.value(of: $0.name) ?? 0 >= 13 })
            }
        }

        @Test("Every counter is described on the page, with the same words")
        func documentation() throws {
            let repository = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let page = try String(
                contentsOf: repository.appending(path: "docs/counters.md"), encoding: .utf8)
            var configuration = Configuration.onAnyPort
            // The port that discards what it gets.
            configuration.feed.receivers = [FeedAddress(port: 9)]
            let folder = try TemporaryFolder()
            configuration.durability = .standard(folder.path + "/market")
            try withVenue(configuration) { _ in
                let seen = try SurfaceReader.attach(name: configuration.runtime.name)
                #expect(try seen.counters().value(of: "archive.failed") == 0)
                for counter in try seen.counters().definitions {
                    let labels = counter.labels.map(\.key).joined(separator: ",")
                    let name = counter.family + (labels.isEmpty ? "" : "{\(labels)}")
                    let kind = counter.kind == .total ? "total" : "gauge"
                    let row = "| `\(name)` | \(kind) | \(counter.meaning) |\n"
                    #expect(page.contains(row), "docs/counters.md lacks the line \(row)")
                }
            }
        }

        @Test("Every form shows a running venue")
        func forms() throws {
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            try withVenue(configuration) { venue in
                let client = try venue.member(.one)
                _ = try client.order(id: 1, side: 1, lots: 1, price: 10)
                let seen = try SurfaceReader.attach(name: name)
                _ = try value("engine.sequence", of: seen, atLeast: 2)

                let table = try run("--name", name)
                #expect(table.status == 0 && table.errors.isEmpty)
                #expect(table.output.hasPrefix("venue \(name), process \(getpid()), up "))
                #expect(table.output.contains("engine.commands{kind=new_order}"))

                let json = try run("--name", name, "--json")
                #expect(json.status == 0 && json.errors.isEmpty)
                let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
                let programs =
                    (object as? [String: Any])?["programs"] as? [String: [String: Int]]
                #expect(programs?["venue"]?["engine.commands{kind=new_order}"] == 1)

                let exposition = try run("--name", name, "--prometheus")
                #expect(exposition.status == 0 && exposition.errors.isEmpty)
                #expect(
                    exposition.output.contains(
                        "apus_engine_commands_total{venue=\"\(name)\",program=\"venue\","
                            + "kind=\"new_order\"} 1\n"))

                let explained = try run("--name", name, "--explain")
                #expect(explained.status == 0)
                #expect(explained.output.contains("Sides of trades made this business day."))
            }
        }

        @Test(
            "Watching goes on until it is interrupted, and ends well", arguments: [SIGINT, SIGTERM])
        func watching(_ signal: Int32) throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                let program = try Program(
                    "apus-stat",
                    ["--name", configuration.runtime.name, "--watch", "--interval", "100ms"])
                var heads = 0
                var hasRates = false
                while heads < 3, let line = program.line() {
                    if line.hasPrefix("venue ") { heads += 1 }
                    if line.contains("cycles/s") { hasRates = true }
                }
                #expect(heads == 3 && hasRates)
                program.signal(signal)
                #expect(program.exitStatus() == 0)
                let rest = program.rest()
                #expect(rest.errors.isEmpty)
                // Nothing meant for a terminal where there is none.
                #expect(!rest.output.contains("\u{1B}"))
            }
        }

        @Test("It ends when it is asked to, also while nobody reads what it says")
        func unread() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { _ in
                let program = try Program(
                    "apus-stat",
                    [
                        "--name", configuration.runtime.name, "--watch", "--json", "--interval",
                        "50ms",
                    ])
                #expect(program.line() != nil)
                // Long enough for any pipe to be full.
                pause(millis: 2_000)
                program.signal(SIGTERM)
                #expect(program.exitStatus() == 0)
            }
        }

        @Test("A venue that ends while it is watched is waited for")
        func watchingAVenueThatEnds() throws {
            let configuration = Configuration.onAnyPort
            func start(_ line: String?) throws -> Int {
                let bytes = Data(try #require(line).utf8)
                let object = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
                return try #require(object?["start_time_nanos"] as? Int)
            }
            var program: Program?
            var first = 0
            try withVenue(configuration) { _ in
                let started = try Program(
                    "apus-stat",
                    [
                        "--name", configuration.runtime.name, "--watch", "--json", "--interval",
                        "50ms",
                    ])
                first = try start(started.line())
                program = started
            }
            // Some more of the first, perhaps, and then of another with another start.
            let watcher = try #require(program)
            try withVenue(configuration) { _ in
                var lines = 1
                while try start(watcher.line()) == first, lines < 1_000 { lines += 1 }
                #expect(lines < 1_000)
            }
            watcher.signal(SIGINT)
            #expect(watcher.exitStatus() == 0)
            #expect(watcher.rest().errors.contains("ended; waiting for the next of this name"))
        }

        @Test("Without a venue there is one sentence, and status 1")
        func noVenue() throws {
            let name = uniqueVenueName()
            for form in [[], ["--watch"], ["--json"], ["--prometheus"]] {
                let program = try Program("apus-stat", ["--name", name] + form)
                #expect(program.exitStatus() == 1)
                let (output, errors) = program.rest()
                #expect(output.isEmpty)
                #expect(errors == "apus-stat: no venue named \(name) runs on this machine\n")
            }
        }
    }
}
