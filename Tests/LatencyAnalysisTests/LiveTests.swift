import Domain
import Glibc
import LinuxPlatform
import OrderFlow
import Rings
import Streams
import Telemetry
import Testing

@testable import LatencyAnalysis

@Suite("Live measurement")
struct LiveTests {
    private typealias Stamps = BroadcastRing<RequestStamps>

    /// A measurement of a ring that nobody but the test writes; a stop is asked for at once.
    private func measure(
        capacity: Int = 1024, durationNanos: UInt64? = nil, isLive: Bool = true,
        saved: MeasurementWriter? = nil,
        _ publish: (inout Stamps.Producer) -> Void
    ) throws -> (LatencyPipeline, LiveMeasurement.End) {
        var ends = Stamps.make(capacity: capacity, gatingConsumers: 0)
        let reader = Stamps.LossyReader(of: ends, from: .newest)
        var producer = ends.takeProducer()
        let hiccups = HiccupMeter(spins: false)
        try hiccups.start()
        let clock = SystemClock.utc
        let measurement = LiveMeasurement(
            start: clock.now(), stamps: reader, clock: clock, hiccups: hiccups, saved: saved)
        publish(&producer)
        let end = try measurement.run(
            durationNanos: durationNanos, isLive: { isLive },
            shouldStop: { durationNanos == nil && isLive }, onInterval: { _ in })
        _ = hiccups.stop()
        try measurement.close(conditions: [])
        return (measurement.pipeline, end)
    }

    @Test("every stamp of the ring is counted once, in its stages")
    func counted() throws {
        let (pipeline, end) = try measure { producer in
            for number in 1...500 { _ = producer.tryPush(MadeUpRun.stamps(number)) }
        }
        #expect(end == .asked)
        #expect(pipeline.counts.answers == 500 && pipeline.counts.lostStamps == 0)
        let engine = pipeline.summaries().first { $0.stage == .engine }
        #expect(engine?.percentiles.count == 500 && engine?.percentiles.max == 2_000)
    }

    @Test("what was overwritten before it was read is counted as lost, and the rest is measured")
    func overrun() throws {
        let (pipeline, _) = try measure(capacity: 64) { producer in
            for number in 1...200 { _ = producer.tryPush(MadeUpRun.stamps(number)) }
        }
        let counts = pipeline.counts
        #expect(counts.overruns == 1 && counts.lostStamps > 100)
        #expect(counts.answers + counts.lostStamps == 200)
        #expect(pipeline.series.points.last?.lost == counts.lostStamps)
    }

    @Test("it ends when its time is up, and when the venue has gone")
    func ends() throws {
        #expect(try measure(durationNanos: 30_000_000) { _ in }.1 == .timeIsUp)
        #expect(try measure(isLive: false) { _ in }.1 == .venueEnded)
    }

    @Test("what is saved gives the same figures again")
    func saved() throws {
        try withFile("", "apuslat") { path in
            let writer = try MeasurementWriter(path, start: SystemClock.utc.now())
            let (pipeline, _) = try measure(capacity: 64, saved: writer) { producer in
                for number in 1...200 { _ = producer.tryPush(MadeUpRun.stamps(number)) }
            }
            let read = try SavedMeasurement.read(path)
            let again = try RecordedMeasurement(measurement: read, records: []).run()
            #expect(again.counts == pipeline.counts)
            #expect(again.summaries() == pipeline.summaries())
        }
    }

    @Test(
        "the hiccup meter gives a value a millisecond, spinning or not", arguments: [false, true])
    func hiccups(spins: Bool) throws {
        let meter = HiccupMeter(spins: spins)
        try meter.start()
        Nap.nanos(100_000_000)
        var count: UInt64 = 0
        meter.withInterval { count = $0.count }
        let longest = meter.stop()
        // On a busy machine the thread may get less of the time, never more.
        #expect(count >= 1 && count <= 2_000)
        #expect(!longest.isEmpty && longest.count <= 10)
        #expect(zip(longest, longest.dropFirst()).allSatisfy { $0.nanos >= $1.nanos })
    }
}

@Suite("Terminal")
struct TerminalTests {
    /// As much of a terminal as the view uses: text, line ends, up, erase.
    private struct FakeTerminal {
        let columns: Int
        var rows: [[Character]] = [[]]
        var row = 0
        var column = 0

        mutating func take(_ text: String) {
            var rest = Array(text)[...]
            while let next = rest.popFirst() {
                if next == "\u{1B}" {
                    rest.removeFirst()
                    let digits = String(rest.prefix { $0.isNumber })
                    rest = rest.dropFirst(digits.count)
                    let command = rest.removeFirst()
                    switch command {
                    case "A": row = max(0, row - (Int(digits) ?? 1))
                    case "K": rows[row] = Array(rows[row].prefix(column))
                    case "J":
                        rows[row] = Array(rows[row].prefix(column))
                        rows.removeLast(rows.count - row - 1)
                    default: Issue.record("unknown command \(command)")
                    }
                } else if next == "\n" {
                    row += 1
                    column = 0
                    if row == rows.count { rows.append([]) }
                } else if next == "\r" {
                    column = 0
                } else {
                    #expect(column < columns, "a line is longer than the terminal is wide")
                    if column < rows[row].count {
                        rows[row][column] = next
                    } else {
                        rows[row].append(next)
                    }
                    column += 1
                }
            }
        }

        var text: [String] { rows.map { String($0) } }
    }

    @Test("a picture takes the place of the one before, longer or shorter")
    func inPlace() {
        var terminal = FakeTerminal(columns: 40)
        terminal.take("$ apus-latency\n")
        var screen = TerminalScreen()
        let pictures = [["one", "two", "three"], ["a longer line", "x"], ["1", "2", "3", "4"]]
        for picture in pictures {
            terminal.take(screen.draw(picture, columns: 40, rows: 24))
            #expect(terminal.text == ["$ apus-latency"] + picture + [""])
        }
        terminal.take(screen.erase(columns: 40))
        #expect(terminal.text == ["$ apus-latency", ""])
    }

    @Test("a small terminal gets what fits")
    func small() {
        var terminal = FakeTerminal(columns: 10)
        var screen = TerminalScreen()
        let lines = (1...9).map { "line number \($0)" }
        for _ in 0..<3 { terminal.take(screen.draw(lines, columns: 10, rows: 5)) }
        #expect(terminal.text == Array(repeating: "line numb", count: 4) + [""])
    }

    @Test("every line of the live view fits 79 columns and 24 rows of a venue's stages")
    func view() throws {
        let pipeline = LatencyPipeline(start: MadeUpRun.start)
        for number in 1...100 { pipeline.note(MadeUpRun.stamps(number)) }
        pipeline.noteOverrun(lost: 77)
        pipeline.closeInterval(
            at: MadeUpRun.start.adding(nanos: 2_000_000_000), hiccups: LatencyHistogram())
        let lines = LiveView.lines(pipeline, name: "demo")
        #expect(lines.count < 24)
        #expect(lines.allSatisfy { $0.count <= 79 })
        #expect(lines[0] == "apus-latency  demo  00:02  100 answers, now 50/s")
        #expect(lines.contains { $0.hasPrefix("77 answers lost") })
        #expect(
            LiveView.line(pipeline)
                == "00:02  50 answers/s, gateway in → out p50 10.0 µs, p99 10.0 µs, "
                + "max 10.0 µs, hiccups up to 0 ns, 77 lost")
    }
}
