import Client
import Domain
import Testing

@testable import OrderFlow

/// An event at a moment, with the rest filled in.
private func event(
    _ kind: FlowEventKind, time: Int64 = 1, id: Int64 = 1, size: Int64 = 10, price: Int64 = 100,
    _ side: Side = .sell
) -> FlowEvent {
    FlowEvent(timeNanos: time, kind: kind, orderID: id, size: size, price: price, side: side)
}

private func steps(
    _ events: [FlowEvent], sweeps: Bool, exceptions: [Int: FlowException] = [:], from: Int? = nil,
    to: Int? = nil
) -> [FlowStep] {
    let flow = RecordedFlow(
        events: events, bestPrices: Array(repeating: .empty, count: events.count),
        exceptions: exceptions)
    var plan = FlowPlan(flow, sweeps: sweeps, from: from, to: to)
    var steps: [FlowStep] = []
    while let step = plan.next() { steps.append(step) }
    return steps
}

@Suite("Rows to steps")
struct PlanTests {
    @Test("each type of row has its action")
    func actions() {
        let events = [
            event(.newOrder), event(.reduction), event(.deletion), event(.execution),
            event(.hiddenExecution),
        ]
        #expect(
            steps(events, sweeps: false).map(\.action) == [
                .enter, .reduce, .delete, .take, .nothing,
            ])
        #expect(steps(events, sweeps: false, from: 1, to: 2).map(\.firstRow) == [1, 2])
    }

    @Test("executions of one moment and direction are one sweep at the worst price")
    func sweep() {
        let sells = steps(
            [
                event(.execution, size: 3, price: 100), event(.hiddenExecution),
                event(.execution, size: 4, price: 102), event(.execution, size: 5, price: 101),
            ], sweeps: true)
        #expect(sells.count == 1)
        #expect(sells[0].size == 12)
        #expect(sells[0].price == 102)
        #expect(sells[0].lastRow == 3)
        let buys = steps(
            [event(.execution, price: 100, .buy), event(.execution, price: 98, .buy)], sweeps: true)
        #expect(buys.map(\.price) == [98])
    }

    @Test(
        "time, direction, another type and an exception end a sweep; hidden rows at its end stay out"
    )
    func sweepEnds() {
        let events = [
            event(.execution, time: 1), event(.execution, time: 2),
            event(.execution, time: 2, .buy), event(.newOrder, time: 2),
            event(.execution, time: 2, .buy), event(.execution, time: 2, .buy),
            event(.hiddenExecution, time: 2), event(.deletion, time: 2),
        ]
        let plain = steps(events, sweeps: true)
        #expect(plain.map(\.lastRow) == [0, 1, 2, 3, 5, 6, 7])
        let cut = steps(events, sweeps: true, exceptions: [5: .executionNotAtFront])
        #expect(cut.map(\.lastRow) == [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(cut[5].action == .reduceOrDelete)
    }

    @Test("a reduction names the new total, which fills never change")
    func totals() {
        var planner = RequestPlanner(ReplayTerms())
        let entered = steps([event(.newOrder, size: 100)], sweeps: false)[0]
        guard case .new(let order, let name) = planner.request(for: entered) else {
            Issue.record("expected a new order")
            return
        }
        #expect(order.quantity == Quantity(units: 100))
        #expect(order.price == Price(raw: 1_000_000))
        #expect(order.timeInForce == .day)
        #expect(name == ClOrdID(raw: 1))
        func total(_ size: Int64) -> Int64? {
            let step = steps([event(.reduction, size: size)], sweeps: false)[0]
            guard case .modify(let order, _) = planner.request(for: step) else { return nil }
            return order.quantity.raw / Quantity.unit
        }
        let totals = [total(30), total(20), total(50)]
        #expect(totals == [70, 50, nil])
    }

    @Test("an aggressor is an immediate-or-cancel order on the other side with a name of its own")
    func take() {
        var planner = RequestPlanner(ReplayTerms())
        let step = steps([event(.execution, id: 9)], sweeps: false)[0]
        guard case .take(let order, let name) = planner.request(for: step),
            case .take(_, let second) = planner.request(for: step)
        else {
            Issue.record("expected an aggressor")
            return
        }
        #expect(order.side == .buy)
        #expect(order.timeInForce == .immediateOrCancel)
        #expect(name != second)
        #expect(name != ClOrdID(raw: 9))
    }

    @Test("an execution out of turn reduces the order, or deletes what would be left with nothing")
    func reduceOrDelete() {
        var planner = RequestPlanner(ReplayTerms())
        _ = planner.request(for: steps([event(.newOrder, size: 100)], sweeps: false)[0])
        var step = steps([event(.execution, size: 40)], sweeps: false)[0]
        step.action = .reduceOrDelete
        guard case .modify = planner.request(for: step, leavesQty: Quantity(units: 50)) else {
            Issue.record("expected a modify")
            return
        }
        let all = planner.request(for: step, leavesQty: Quantity(units: 40))
        #expect(all == .delete(ClOrdID(raw: 1)))
    }
}
