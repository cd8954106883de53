import CApusMatching
import Testing

/// Sessions, mass cancels and the state of the market through the C interface.
@Suite struct SessionAndStateTests {
    let market: EmbeddedMarket

    init() throws { market = try EmbeddedMarket() }

    private func order(
        _ name: UInt64, _ ticks: Int64, session: UInt32 = 0, instrument: UInt32 = 0,
        persistent: Bool = false
    ) -> apus_request {
        var order = EmbeddedMarket.order(
            name, APUS_BUY, ticks, 1, session: session, instrument: instrument)
        if persistent { order.flags = UInt8(APUS_PERSISTENT) }
        return order
    }

    @Test func massCancel() {
        market.enter(order(1, 100))
        market.enter(order(2, 99, instrument: 1))
        market.enter(order(3, 99, instrument: 2))
        market.enter(order(4, 99, session: 1))
        var other = order(5, 98)
        other.trader = 12
        market.enter(other)
        #expect(apus_engine_cancel_all(market.engine, 0, 0, 0, market.now()) == APUS_OK)
        let events = market.takeAll()
        #expect(kinds(events) == kinds(APUS_REMOVED, APUS_REMOVED, APUS_MASS_CANCELLED))
        #expect(events.map(\.cl_ord_id) == [1, 2, 0])
        #expect(events[2].session == 0 && events[2].product == 0 && events[2].instrument == .max)
        #expect(events[2].flags == UInt8(APUS_LAST))
        #expect(market.counts.live_orders == 3)
    }

    @Test func sessionsEnd() {
        market.enter(order(1, 100))
        let persistent = market.enter(order(2, 99, persistent: true))
        #expect(persistent[0].flags & UInt8(APUS_OF_PERSISTENT) != 0)
        #expect(apus_engine_end_session(market.engine, 0, market.now()) == APUS_OK)
        let events = market.takeAll()
        #expect(kinds(events) == kinds(APUS_REMOVED, APUS_MASS_CANCELLED))
        #expect(events[0].cl_ord_id == 1)
        #expect(market.depth(APUS_BUY) == ["1 at 99 of 1"])

        var request = order(3, 100)
        #expect(apus_engine_enter(market.engine, &request) == APUS_SESSION_ENDED)
        #expect(apus_engine_end_session(market.engine, 0, market.now()) == APUS_SESSION_ENDED)
        #expect(apus_engine_start_session(market.engine, 0, market.now()) == APUS_OK)
        #expect(kinds(market.takeAll()) == kinds(APUS_DONE))
        #expect(apus_engine_start_session(market.engine, 0, market.now()) == APUS_SESSION_NOT_ENDED)
        #expect(kinds(market.enter(request)) == kinds(APUS_ACCEPTED))
        var found = apus_order()
        #expect(apus_engine_find_order(market.engine, 0, 2, &found) == APUS_OK)
        #expect(found.flags == UInt8(APUS_PERSISTENT))
    }

    private func change(
        _ action: Int, product: UInt32, instrument: UInt32 = .max, date: UInt32 = 2026_01_05
    ) -> [apus_event] {
        let status = apus_engine_change_state(
            market.engine, UInt8(action), product, instrument, date, market.now())
        #expect(status == APUS_OK)
        return market.takeAll()
    }

    @Test func haltOfAnInstrument() {
        market.enter(order(1, 100))
        market.enter(order(2, 99, session: 1, persistent: true))
        let halt = change(APUS_HALT, product: 0, instrument: 0)
        #expect(
            kinds(halt)
                == kinds(
                    APUS_INSTRUMENT_STATE, APUS_REMOVED, APUS_MASS_CANCELLED, APUS_STATE_CHANGED))
        #expect(Int(halt[0].state) == APUS_INSTRUMENT_HALT)
        #expect(halt[0].instrument == 0 && halt[0].product == 0)
        #expect(halt[2].session == 0 && halt[3].session == .max)
        let refused = market.enter(order(3, 100))
        #expect(Int(refused[0].reject_rule) == APUS_RULE_INSTRUMENT_NOT_CONTINUOUS)
        #expect(Int(refused[0].reject_value) == APUS_INSTRUMENT_HALT)
        let again = change(APUS_HALT, product: 0, instrument: 0)
        #expect(kinds(again) == kinds(APUS_REJECTED))
        #expect(Int(again[0].reject_rule) == APUS_RULE_INSTRUMENT_STATE_FORBIDS)
        #expect(kinds(change(APUS_RESUME, product: 0, instrument: 0)).count == 2)
        #expect(kinds(market.enter(order(3, 100))) == kinds(APUS_ACCEPTED))
    }

    @Test func daysEndAndBegin() {
        market.enter(order(1, 100, persistent: true))
        let halt = change(APUS_HALT, product: 1)
        #expect(kinds(halt) == kinds(APUS_PRODUCT_STATE, APUS_STATE_CHANGED))
        #expect(halt[0].product == 1 && Int(halt[0].state) == APUS_HALTED)
        let end = change(APUS_END_OF_DAY, product: .max)
        #expect(
            kinds(end)
                == kinds(
                    APUS_PRODUCT_STATE, APUS_PRODUCT_STATE, APUS_REMOVED, APUS_TRADING_DAY,
                    APUS_STATE_CHANGED))
        #expect(Int(end[3].state) == APUS_DAY_ENDS && end[3].quantity == 2026_01_05)
        #expect(end[3].product == .max)
        let open = change(APUS_OPEN, product: 1, date: 2026_01_06)
        #expect(
            kinds(open)
                == kinds(
                    APUS_TRADING_DAY, APUS_PRODUCT_STATE, APUS_PRODUCT_STATE, APUS_PRODUCT_STATE,
                    APUS_STATE_CHANGED))
        #expect(Int(open[0].state) == APUS_DAY_BEGINS && open[0].quantity == 2026_01_06)
        #expect(Int(open[3].state) == APUS_TRADING && open[3].product == 1)
        #expect(kinds(market.enter(order(1, 100))) == kinds(APUS_REJECTED))
        #expect(kinds(market.enter(order(1, 100, instrument: 3))) == kinds(APUS_ACCEPTED))
    }

    /// Who is closed can do nothing, and a mass cancel says so order by order.
    @Test func closedInstrumentsKeepTheirOrders() {
        market.enter(order(1, 100))
        market.enter(order(2, 100, instrument: 1))
        _ = change(APUS_CLOSE, product: 0, instrument: 1)
        #expect(apus_engine_cancel_all(market.engine, 0, 0, 0, market.now()) == APUS_OK)
        let events = market.takeAll()
        #expect(kinds(events) == kinds(APUS_REMOVED, APUS_NOT_AFFECTED, APUS_MASS_CANCELLED))
        #expect(events[1].cl_ord_id == 2 && events[1].order_id != 0)
        #expect(market.counts.live_orders == 1)
    }
}
