import Client
import Domain
import Exchange
import Foundation
import LinuxPlatform
import LocalVenue
import Rings
import Streams
import Surface
import Telemetry
import Testing

@testable import LatencyAnalysis
@testable import OrderFlow

extension VenueSuites {
    /// The stamps of a real venue, joined with what its clients saw.
    @Suite("Latency")
    struct LatencyTests {
        private static let clock = SystemClock.realtime

        /// A short closed load of two sessions; its records.
        private func load(
            port: UInt16, nanos: UInt64 = 200_000_000, isStandard: Bool = false
        ) throws -> (LoadReport, [LoadRecord]) {
            var options = LoadOptions()
            options.pacing = .closed
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
                for (record, place) in zip(records, join.stampsOfRecord) {
                    let stamps = saved.stamps[try #require(place)]
                    let request = MeasuredRequest(
                        stamps, planned: Timestamp(nanos: record.plannedNanos),
                        sent: Timestamp(nanos: record.sentNanos),
                        received: Timestamp(nanos: record.receivedNanos))
                    let parts = Stage.allCases.filter(\.isAddend).compactMap(request.nanos)
                    let isWhole = parts.count == 7
                    if isWhole { #expect(parts.reduce(0, +) == request.nanos(.response)) }
                    // What the gateway refused by itself has no parts.
                    #expect(isWhole || stamps.execID.isNone)
                }
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
    }
}
