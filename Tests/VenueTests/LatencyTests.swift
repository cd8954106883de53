import Client
import Domain
import Exchange
import Foundation
import LinuxPlatform
import LocalDropCopy
import LocalVenue
import Surface
import Telemetry
import Testing

@testable import LatencyAnalysis
@testable import OrderFlow

extension VenueSuites {
    /// The stamps of a real venue, joined with what its clients saw.
    @Suite("Latency")
    struct LatencyTests {
        private static let clock = SystemClock.utc

        /// A load of two sessions, so short that the ring still holds all its stamps afterwards; its
        /// records.
        private func load(
            port: UInt16, nanos: UInt64 = 50_000_000, pacing: LoadOptions.Pacing = .closed,
            isStandard: Bool = false
        ) throws -> (LoadReport, [LoadRecord]) {
            var options = LoadOptions()
            options.pacing = pacing
            options.batch = 4
            options.warmupNanos = 0
            options.durationNanos = nanos
            options.recordCapacity = 100_000
            options.isStandard = isStandard
            let run = LoadRun(
                options,
                sessions: try CredentialsFile.demonstration.prefix(2).map {
                    VenueSession(
                        $0, stream: try TCPByteStream(port: port), clock: Self.clock)
                },
                clock: Self.clock, waitAny: { Nap.nanos(UInt64(min($0, 1_000_000))) })
            let report = try run.run()
            return (report, run.records)
        }

        /// Reads all stamps there are, as a measurement does that was asked to stop.
        private func measure(
            _ venue: SurfaceReader, listener: DropCopyListener? = nil,
            _ body: () throws -> Void
        ) throws -> (LatencyPipeline, SavedMeasurement) {
            let path = NSTemporaryDirectory() + "apus-\(UUID().uuidString).apuslat"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let hiccups = HiccupMeter(spins: false)
            let start = Self.clock.now()
            let measurement = LiveMeasurement(
                start: start, stamps: try venue.stamps(from: .newest), clock: Self.clock,
                hiccups: hiccups, listener: listener,
                saved: try MeasurementWriter(path, start: start))
            try hiccups.start()
            try body()
            _ = try measurement.run(
                durationNanos: nil, isLive: { venue.isLive }, shouldStop: { true },
                onInterval: { _ in })
            _ = hiccups.stop()
            try measurement.close(conditions: [RunCondition("test", "of the venue")])
            return (measurement.pipeline, try SavedMeasurement.read(path))
        }

        @Test("Every recorded request has its stamps, and its parts add up to what the client saw")
        func joined() throws {
            let configuration = Configuration.onAnyPort
            try withVenue(configuration) { venue in
                let surface = try SurfaceReader.attach(name: configuration.runtime.name)
                var records: [LoadRecord] = []
                let (live, saved) = try measure(surface) {
                    records = try load(port: venue.port).1
                }
                #expect(records.count > 100)
                #expect(live.counts.lostStamps == 0)
                #expect(live.counts.answers >= UInt64(records.count))
                // Two logons, two logins, two mass deletions and two logouts come beside the load.
                #expect(live.counts.answers <= UInt64(records.count) + 8)
                #expect(live.summaries().allSatisfy { $0.negativeCount == 0 })

                let join = RecordJoin(records: records, stamps: saved.stamps)
                var wholeCount = 0
                for (record, place) in zip(records, join.stampsOfRecord) {
                    let stamps = saved.stamps[try #require(place)]
                    let request = MeasuredRequest(
                        stamps, planned: Timestamp(nanos: record.plannedNanos),
                        sent: Timestamp(nanos: record.sentNanos),
                        received: Timestamp(nanos: record.receivedNanos))
                    let parts = Stage.allCases.filter(\.isAddend).compactMap(request.nanos)
                    // One clock reading serves all that a port reads at a time, so a request may come
                    // in before it was sent. What the gateway refused has no engine's parts.
                    guard parts.count == 7 else { continue }
                    wholeCount += 1
                    #expect(parts.reduce(0, +) == request.nanos(.response))
                }
                #expect(wholeCount > records.count / 4)
                let pipeline = try RecordedMeasurement(measurement: saved, records: records).run()
                #expect(pipeline.counts.unjoinedRecords == 0)
                let response = try #require(
                    pipeline.summaries().first { $0.stage == .response })
                #expect(response.percentiles.count == UInt64(records.count))
            }
        }

        @Test("A measurement notices that its venue has ended")
        func venueEnds() throws {
            let configuration = Configuration.onAnyPort
            let hiccups = HiccupMeter(spins: false)
            var measurement: LiveMeasurement?
            var surface: SurfaceReader?
            try withVenue(configuration) { venue in
                let seen = try SurfaceReader.attach(name: configuration.runtime.name)
                surface = seen
                measurement = LiveMeasurement(
                    start: Self.clock.now(), stamps: try seen.stamps(from: .newest),
                    clock: Self.clock, hiccups: hiccups)
                let client = try venue.member(.one)
                _ = try client.order(id: 1, side: 1, lots: 1, price: 1)
            }
            try hiccups.start()
            let seen = try #require(surface)
            let end = try #require(measurement).run(
                durationNanos: 5_000_000_000, isLive: { seen.isLive }, shouldStop: { false },
                onInterval: { _ in })
            _ = hiccups.stop()
            #expect(end == .venueEnded)
            // The last stamps are not lost with the venue: the mapping outlives it.
            #expect(try #require(measurement).pipeline.counts.answers >= 2)
        }

        @Test("Every message of the drop copy joins the stamps of its answer")
        func dropCopy() throws {
            let configuration = Configuration.onAnyPort
            try withDropCopy(configuration) { venue, publisher in
                let surface = try SurfaceReader.attach(name: configuration.runtime.name)
                let listener = try DropCopyListener(
                    port: publisher.port, session: 90000, password: "apus-90000",
                    clock: Self.clock, spins: false)
                var answered = 0
                let (live, saved) = try measure(surface, listener: listener) {
                    try listener.start()
                    // Nobody reads while the load runs, so it must stay well within the join tables,
                    // however fast the machine is.
                    let (report, records) = try load(
                        port: venue.port, nanos: 20_000_000, pacing: .open(rate: 50_000),
                        isStandard: true)
                    answered = records.count - report.rejects
                    // What the last order caused has its way to go.
                    Nap.nanos(300_000_000)
                }
                listener.stop()
                #expect(listener.reasonOfEnd == nil)
                let counts = live.counts
                // Each accepted request is heard of, and those it traded with.
                #expect(answered > 20 && counts.listenerMessages >= UInt64(answered))
                #expect(counts.unjoinedMessages == 0 && counts.droppedMessages == 0)
                #expect(saved.arrivals.count == Int(counts.listenerMessages))
                let stages: [Stage] = [
                    .copyIn, .copyThrough, .copyWay, .copyDelay, .copyAfterAnswer,
                ]
                for stage in stages {
                    let summary = try #require(live.summaries().first { $0.stage == stage })
                    let measured = summary.percentiles.count + summary.negativeCount
                    #expect(measured == counts.listenerMessages)
                }
            }
        }

        @Test("A wrong password is a sentence, not a measurement without the drop copy")
        func wrongPassword() throws {
            try withDropCopy { _, publisher in
                let error = #expect(throws: ToolError.self) {
                    _ = try DropCopyListener(
                        port: publisher.port, session: 90000, password: "wrong",
                        clock: Self.clock, spins: false)
                }
                #expect(error?.kind == .run)
            }
        }

        private static let programIsThere = Program.exists("apus-latency")
        private static let noProgram: Comment = "The program apus-latency is not built here."

        @Test(
            "The program measures beside a load, and ends with everything it was asked for",
            .enabled(if: programIsThere, noProgram))
        func program() throws {
            let configuration = Configuration.onAnyPort
            let page = NSTemporaryDirectory() + "apus-\(UUID().uuidString).html"
            let log = NSTemporaryDirectory() + "apus-\(UUID().uuidString).hlog"
            defer {
                try? FileManager.default.removeItem(atPath: page)
                try? FileManager.default.removeItem(atPath: log)
            }
            try withVenue(configuration) { venue in
                let program = try Program(
                    "apus-latency",
                    [
                        "--name", configuration.runtime.name, "--json", "--html", page, "--hdr",
                        log, "--idle", "backoff",
                    ])
                // It writes the log's header when it has attached.
                let deadline = Self.clock.now().adding(nanos: 10_000_000_000)
                while !FileManager.default.fileExists(atPath: log), Self.clock.now() < deadline {
                    Nap.nanos(20_000_000)
                }
                Nap.nanos(200_000_000)
                let (_, records) = try load(port: venue.port, nanos: 1_200_000_000)
                program.signal(SIGINT)
                #expect(program.exitStatus() == 0)
                let (output, errors) = program.rest()
                #expect(!errors.contains("\u{1B}") && errors.contains("answers/s"))
                let parsed = try JSONSerialization.jsonObject(with: Data(output.utf8))
                let object = try #require(parsed as? [String: Any])
                let counts = try #require(object["counts"] as? [String: Any])
                #expect(counts["answers"] as? Int ?? 0 >= records.count)
                #expect(counts["lost_stamps"] as? Int == 0)
                let conditions = try #require(object["conditions"] as? [String: String])
                #expect(conditions["venue's profile"] == "laptop")
                #expect(conditions["venue"]?.hasPrefix(configuration.runtime.name) == true)
                let html = try String(contentsOfFile: page, encoding: .utf8)
                #expect(html.hasSuffix("</html>\n"))
                var tags: Set<String> = []
                try HistogramLog.forEachInterval(
                    in: try String(contentsOfFile: log, encoding: .utf8)
                ) { tags.insert($0.tag ?? "") }
                #expect(tags.isSuperset(of: [Stage.venue.tag, Stage.engine.tag, "hiccups"]))
            }
        }

        @Test(
            "What cannot be measured is one sentence and an exit code",
            .enabled(if: programIsThere, noProgram))
        func refusals() throws {
            let cases: [([String], Int32, String)] = [
                (["--name", "nobody-\(getpid())"], 1, "no venue named nobody"),
                (["--stamps", "/nowhere/s"], 2, "/nowhere/s cannot be opened"),
                (["--record", "/nowhere/r", "--name", "x"], 2, "--name is for a running venue"),
                (["--dropcopy", "example.com:1"], 2, "expected a port of this machine"),
                (["--dropcopy", "19006", "--session", "5"], 2, "session 5 needs its password"),
                (["--duration", "soon"], 2, "--duration is \"soon\""),
            ]
            for (arguments, status, words) in cases {
                let program = try Program("apus-latency", arguments)
                #expect(program.exitStatus() == status)
                let (output, errors) = program.rest()
                #expect(output.isEmpty && errors.contains(words), "\(errors)")
                #expect(errors.split(separator: "\n").count == 1)
            }
        }
    }
}
