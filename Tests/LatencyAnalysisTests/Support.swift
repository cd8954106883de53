import Domain
import Foundation
import OrderFlow
import Telemetry
import Testing

@testable import LatencyAnalysis

/// A run made up from a seed: every stamp, record and message is known.
struct MadeUpRun {
    static let start = Timestamp(nanos: 1_700_000_000_000_000_000)

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func random(below bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return (z ^ (z >> 31)) % bound
    }

    /// Stamps of the request with this number, due every half millisecond.
    static func stamps(
        _ number: Int, session: UInt32 = 10001, gatewayIn: UInt64? = nil, queue: UInt64 = 1_000,
        engine: UInt64 = 2_000, back: UInt64 = 3_000, encoding: UInt64 = 4_000
    ) -> RequestStamps {
        var stamps = RequestStamps(
            sessionID: session, sessionInstanceID: 1, msgSeqNum: UInt32(number))
        let time = gatewayIn ?? start.nanos + UInt64(number) * 500_000
        stamps.templateID = 10101
        stamps.execID = Timestamp(nanos: time + queue)
        stamps.gatewayIn = Timestamp(nanos: time)
        stamps.engineIn = stamps.gatewayIn.adding(nanos: queue)
        stamps.engineOut = stamps.engineIn.adding(nanos: engine)
        stamps.answerIn = stamps.engineOut.adding(nanos: back)
        stamps.gatewayOut = stamps.answerIn.adding(nanos: encoding)
        return stamps
    }

    /// What a client and a listener had of a request with these stamps.
    static func record(_ stamps: RequestStamps, planned: UInt64 = 50_000) -> LoadRecord {
        LoadRecord(
            plannedNanos: stamps.gatewayIn.nanos - 8_000 - planned,
            sentNanos: stamps.gatewayIn.nanos - 8_000,
            receivedNanos: stamps.gatewayOut.nanos + 9_000, session: stamps.sessionID,
            msgSeqNum: stamps.msgSeqNum, template: 10125)
    }

    static func arrival(_ stamps: RequestStamps, way: UInt64 = 20_000) -> ListenerArrival {
        ListenerArrival(
            execID: stamps.execID, engineOut: stamps.engineOut,
            dropCopyIn: stamps.engineOut.adding(nanos: 5_000),
            dropCopyOut: stamps.engineOut.adding(nanos: 6_000),
            listenerIn: stamps.engineOut.adding(nanos: 6_000 + way))
    }

    /// Seconds of traffic with a tail, a stall, hiccups, lost stamps and a negative time.
    static func measurement(seconds: Int = 6, seed: UInt64 = 1) -> (SavedMeasurement, [LoadRecord])
    {
        var run = MadeUpRun(seed: seed)
        var measurement = SavedMeasurement()
        measurement.start = start
        var records: [LoadRecord] = []
        for number in 1...seconds * 2_000 {
            let time = start.nanos + UInt64(number) * 500_000
            let second = UInt64(number) * 500_000 / 1_000_000_000
            // Nothing is answered in the third second.
            if second == 2 { continue }
            let tail = run.random(below: 500) == 0 ? run.random(below: 3_000_000) : 0
            let stamps = stamps(
                number, gatewayIn: time, queue: 800 + run.random(below: 900),
                engine: 700 + run.random(below: 5_000) + tail,
                back: 900 + run.random(below: 2_000), encoding: 400 + run.random(below: 300))
            measurement.stamps.append(stamps)
            records.append(record(stamps, planned: run.random(below: 40_000)))
            measurement.arrivals.append(
                arrival(stamps, way: 15_000 + run.random(below: 60_000)))
        }
        measurement.stamps[0].answerIn = Timestamp(nanos: measurement.stamps[0].engineOut.nanos - 7)
        for second in 1...seconds {
            var hiccups = LatencyHistogram()
            for _ in 0..<1000 { hiccups.record(2_000 + run.random(below: 60_000)) }
            if second == 3 { hiccups.record(40_000_000) }
            measurement.intervals.append(
                SavedMeasurement.Interval(
                    end: Timestamp(nanos: start.nanos + UInt64(second) * 1_000_000_000 + 1),
                    hiccups: HistogramEncoding.encode(hiccups),
                    lostStamps: second == 5 ? [120] : []))
        }
        measurement.conditions = [
            RunCondition("processor", "made up <&> \"tested\""), RunCondition("profile", "laptop"),
        ]
        return (measurement, records)
    }

    static func report(
        _ measurement: SavedMeasurement, _ records: [LoadRecord], subject: String = "made up"
    ) throws -> LatencyReport {
        let pipeline = try RecordedMeasurement(measurement: measurement, records: records).run()
        return LatencyReport(
            subject: subject, pipeline: pipeline, end: pipeline.currentIntervalStart,
            worstHiccups: [LatencyReport.Gap(offsetNanos: 2_500_000_000, nanos: 40_000_000)],
            conditions: measurement.conditions)
    }
}

/// Runs a program of the system and returns its exit code; nil when it is not there.
func runProgram(_ name: String, _ arguments: [String]) -> Int32? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    return process.terminationStatus == 127 ? nil : process.terminationStatus
}

/// A file that is there while the test looks at it.
func withFile(_ text: String, _ ending: String, _ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "apus-latency-\(UUID().uuidString).\(ending)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try body(path)
}
