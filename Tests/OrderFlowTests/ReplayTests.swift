import Client
import Domain
import Testing

@testable import OrderFlow

/// Runs a flow against a fake venue, bytes on the wire included.
func replay(
    _ flow: RecordedFlow, sweeps: Bool, mistake: FakeVenue.Mistake = .none,
    form: OrderForm = .short, seed: UInt64 = 1
) throws -> ReplayReport {
    let venue = FakeVenue(mistake: mistake)
    let clock = TestClock.clock
    let driver = ReplayDriver(
        flow: flow, terms: ReplayTerms(form: form), speed: .asFastAsPossible, clock: clock,
        resting: VenueSession(
            Credentials(
                session: 10001, sessionPassword: "apus-1", trader: 11, traderPassword: "apus-11"),
            stream: venue.stream(for: 10001, seed: seed), clock: clock),
        aggressive: VenueSession(
            Credentials(
                session: 20001, sessionPassword: "apus-2", trader: 21, traderPassword: "apus-21"),
            stream: venue.stream(for: 20001, seed: seed + 1), clock: clock))
    let result = try driver.run(FlowPlan(flow, sweeps: sweeps))
    #expect(result.isComplete)
    driver.book.checkInvariants()
    return result.report
}

@Suite("Replay against a fake venue")
struct ReplayTests {
    @Test(
        "a right venue repeats a generated flow", arguments: [false, true], [1, 2, 3] as [UInt64])
    func equality(sweeps: Bool, seed: UInt64) throws {
        let flow = FlowGenerator.generate(seed: seed, rows: 3_000)
        let report = try replay(flow, sweeps: sweeps, form: seed == 2 ? .long : .short, seed: seed)
        #expect(report.isEqual)
        #expect(report.mismatches.isEmpty)
        #expect(report.executions > 100)
        #expect(report.rejects == 0)
        if !sweeps { #expect(report.rows == 3_000) } else { #expect(report.rows < 3_000) }
    }

    @Test("an order filled out of turn is found", arguments: [false, true])
    func wrongOrder(sweeps: Bool) throws {
        let flow = FlowGenerator.generate(seed: 4, rows: 2_000)
        let report = try replay(flow, sweeps: sweeps, mistake: .wrongOrder(execution: 10))
        #expect(!report.isEqual)
        #expect(report.executionsEqual < report.executions)
        let first = try #require(report.mismatches.first)
        #expect(flow.events[first.row].kind == .execution)
    }

    @Test("a wrong price in the resting side's report is found")
    func wrongPrice() throws {
        let flow = FlowGenerator.generate(seed: 5, rows: 2_000)
        let report = try replay(flow, sweeps: false, mistake: .wrongPrice(execution: 7))
        #expect(report.executions - report.executionsEqual == 1)
        #expect(report.rowsEqual == report.rows)
        #expect(report.mismatches.count == 1)
    }

    @Test("two sides that are told different prices are found")
    func aggressorPrice() throws {
        let flow = FlowGenerator.generate(seed: 5, rows: 2_000)
        let report = try replay(flow, sweeps: false, mistake: .aggressorPrice(execution: 7))
        #expect(report.executions - report.executionsEqual == 1)
        #expect(report.mismatches.first?.got.contains("the aggressor's") == true)
    }

    @Test("an order that the venue forgets is found")
    func lostOrder() throws {
        let flow = FlowGenerator.generate(seed: 6, rows: 2_000)
        let report = try replay(flow, sweeps: false, mistake: .lostOrder(order: 3))
        #expect(!report.isEqual)
        #expect(report.wrongRejects > 0 || report.executionsEqual < report.executions)
    }

    @Test("an execution nobody is told of ends the replay with a sentence")
    func silence() {
        let flow = FlowGenerator.generate(seed: 7, rows: 2_000)
        #expect {
            try replay(flow, sweeps: false, mistake: .silence(execution: 5))
        } throws: { error in
            "\(error)".contains("the venue fell silent") && "\(error)".contains("were reported")
        }
    }

    @Test("an execution that is reported twice is found")
    func doubleReport() throws {
        let flow = FlowGenerator.generate(seed: 8, rows: 2_000)
        let report = try replay(flow, sweeps: false, mistake: .doubleReport(execution: 5))
        #expect(!report.isEqual)
        #expect(report.unexplainedExecutions > 0 || report.executionsEqual < report.executions)
    }

    @Test("exceptions: reduce instead of take, and cancels that must be refused")
    func exceptions() throws {
        let events = [
            event(.newOrder, 1, 10, 5_000_000, .buy), event(.newOrder, 2, 10, 5_000_000, .buy),
            event(.execution, 2, 4, 5_000_000, .buy), event(.execution, 2, 6, 5_000_000, .buy),
            event(.deletion, 99, 5, 5_000_000, .buy), event(.reduction, 98, 5, 5_000_000, .sell),
            event(.execution, 1, 10, 5_000_000, .buy),
        ]
        let bids: [Int64] = [10, 20, 16, 10, 10, 10, 0]
        let best = bids.map {
            BestPrices(
                askPrice: BestPrices.noAsk, askSize: 0,
                bidPrice: $0 == 0 ? BestPrices.noBid : 5_000_000, bidSize: $0)
        }
        let flow = RecordedFlow(
            events: events, bestPrices: best,
            exceptions: [
                2: .executionNotAtFront, 3: .executionNotAtFront, 4: .unknownOrder,
                5: .unknownOrder,
            ])
        let report = try replay(flow, sweeps: false)
        #expect(report.isEqual)
        #expect(report.rows == 7)
        #expect(report.executions == 1)
        #expect(report.rejects == 2)
        #expect(report.expectedRejects == 2)
        #expect(try !replay(flow, sweeps: false, mistake: .neverRejects).isEqual)
        var asOrders = flow
        asOrders.exceptions = [:]
        #expect(try !replay(asOrders, sweeps: false).isEqual)
    }

    private func event(
        _ kind: FlowEventKind, _ id: Int64, _ size: Int64, _ price: Int64, _ side: Side
    ) -> FlowEvent {
        FlowEvent(timeNanos: 1, kind: kind, orderID: id, size: size, price: price, side: side)
    }
}
