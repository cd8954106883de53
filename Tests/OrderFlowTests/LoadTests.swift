import Client
import Domain
import Platform
import Telemetry
import Testing

@testable import OrderFlow

@Suite("Load")
struct LoadTests {
    private func run(
        _ change: (inout LoadOptions) -> Void, stopAfter: Int = .max
    ) throws -> (
        report: LoadReport, records: [LoadRecord], log: String, lines: [String], venue: FakeVenue
    ) {
        var options = LoadOptions()
        options.durationNanos = 2_000_000_000
        options.warmupNanos = 100_000_000
        options.spins = true
        options.recordCapacity = 100_000
        change(&options)
        let venue = FakeVenue()
        let clock = TestClock.clock
        var looks = 0
        var lines: [String] = []
        let load = LoadRun(
            options,
            sessions: CredentialsFile.demonstration.map {
                VenueSession(
                    $0, stream: venue.stream(for: $0.session, seed: UInt64($0.session)),
                    clock: clock)
            },
            clock: clock, waitAny: { _ in },
            shouldStop: {
                looks += 1
                return looks > stopAfter
            }, progress: { lines.append($0) })
        return (try load.run(), load.records, load.log, lines, venue)
    }

    @Test("an open loop sends what is planned and is answered in full")
    func openLoop() throws {
        let result = try run { $0.pacing = .open(rate: 1_000) }
        #expect(result.report.unanswered == 0)
        #expect(result.report.sent > 1_900)
        #expect(result.report.planned - result.report.sent < 50)
        #expect(result.report.measured == result.records.count)
        for record in result.records {
            #expect(record.plannedNanos <= record.sentNanos)
            #expect(record.sentNanos <= record.receivedNanos)
        }
        #expect(Set(result.records.map(\.session)).count == 3)
        #expect(result.venue.book.bids.isEmpty && result.venue.book.asks.isEmpty)
        var intervals: UInt64 = 0
        try HistogramLog.forEachInterval(in: result.log) { intervals += $0.histogram.count }
        #expect(intervals == UInt64(result.report.measured))
    }

    @Test("a closed loop never has more than a batch in flight")
    func closedLoop() throws {
        let result = try run {
            $0.pacing = .closed
            $0.batch = 4
            $0.mix = .init(new: 20, cancel: 20, modify: 40, take: 20)
        }
        #expect(result.report.unanswered == 0)
        #expect(result.report.sent % 4 == 0)
        #expect(result.report.offeredRate == nil)
        #expect(result.report.rejectsByReason.keys.allSatisfy { $0 == 10000 })
    }

    @Test("a second of warm-up has no latencies")
    func warmUp() throws {
        let result = try run {
            $0.pacing = .open(rate: 1_000)
            $0.durationNanos = 3_000_000_000
            $0.warmupNanos = 1_500_000_000
        }
        #expect(result.lines.count >= 3)
        #expect(result.lines.first?.contains("warming up") == true)
        #expect(result.lines.allSatisfy { !$0.contains("p50 0 ns") })
        #expect(result.lines.last { $0.contains("p50") } != nil)
    }

    @Test("a stop ends a run early and still withdraws the orders")
    func stop() throws {
        let result = try run({ $0.pacing = .open(rate: 1_000) }, stopAfter: 50)
        #expect(result.report.wasStopped)
        #expect(result.report.sent < 1_000)
        #expect(result.venue.book.bids.isEmpty && result.venue.book.asks.isEmpty)
    }

    @Test("the plan does not drift and holds a batch together")
    func plan() {
        let plan = SendingPlan(startNanos: 1_000, rate: 3_000_000, batch: 3)
        #expect(plan.moment(0) == 1_000)
        #expect(plan.moment(2) == 1_000)
        #expect(plan.moment(3) == 2_000)
        #expect(plan.moment(3_000_000_000) == 1_000_000_001_000)
    }

    @Test("an order that ends while its cancel is under way frees its slot once")
    func slots() {
        var slots = OrderSlots(capacity: 2)
        let first = slots.open(side: .buy, price: Price(units: 1), quantity: Quantity(units: 1))
        slots.answered(first, rests: true)
        let name = slots[first].clOrdID
        let drawn = slots.takeLive(0)
        #expect(drawn == first)
        slots.ended(name)
        slots.ended(name)
        slots.answered(first, rests: true)
        #expect(slots.liveCount == 0)
        let second = slots.open(side: .buy, price: Price(units: 1), quantity: Quantity(units: 1))
        let third = slots.open(side: .buy, price: Price(units: 1), quantity: Quantity(units: 1))
        #expect(second != third)
        #expect(!slots.hasFree)
        slots.ended(name)
        #expect(slots[second].state == .busy)
    }

    @Test("arguments: mixes, credentials and what excludes what")
    func arguments() throws {
        func job(_ words: String...) throws -> LoadJob {
            guard case .run(let arguments) = try LoadTool.tool.parse(words) else {
                throw ToolError.input("expected a run")
            }
            return try LoadJob(arguments)
        }
        _ = try job("--rate", "50k", "--mix", "1:0:0:0", "--sessions", "3", "--duration", "500ms")
        _ = try job("--closed")
        #expect(throws: (any Error).self) { try job("--rate", "10", "--closed") }
        #expect(throws: (any Error).self) { try job() }
        #expect(throws: (any Error).self) { try job("--closed", "--mix", "0:0:0:0") }
        #expect(throws: (any Error).self) { try job("--closed", "--mix", "1:2:3") }
        #expect(throws: (any Error).self) { try job("--closed", "--sessions", "4") }
        #expect(throws: (any Error).self) { try job("--closed", "--host", "10.0.0.1") }
        #expect {
            try CredentialsFile.parse("1,a,2", name: "f, line 3")
        } throws: {
            "\($0)" == "f, line 3: expected session,password,trader,password"
        }
    }
}
