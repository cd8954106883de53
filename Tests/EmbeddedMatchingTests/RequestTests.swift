import CApusMatching
import Domain
import Testing

/// What requests through the C interface do, and what the fields of their events say.
@Suite struct RequestTests {
    let market: EmbeddedMarket
    static let tick = EmbeddedMarket.tick
    static let unit = EmbeddedMarket.unit

    init() throws { market = try EmbeddedMarket() }

    private func order(
        _ name: UInt64, _ side: Int, _ ticks: Int64, _ lots: Int64, session: UInt32 = 0
    ) -> apus_request {
        EmbeddedMarket.order(name, side, ticks, lots, session: session)
    }

    @Test func layouts() {
        #expect(MemoryLayout<apus_request>.size == 64)
        #expect(MemoryLayout<apus_event>.size == 128)
        #expect(apus_matching_version() == APUS_MATCHING_MAJOR << 16 | APUS_MATCHING_MINOR)
    }

    @Test func anOrderRests() {
        var request = order(7, APUS_BUY, 100, 5, session: 2)
        request.trader = 11
        request.instrument = 3
        request.time = 1_700_000_000_000_000_000
        let events = market.enter(request)
        #expect(kinds(events) == kinds(APUS_ACCEPTED))
        let event = events[0]
        // Three sessions were started before.
        #expect(event.sequence == 4 && event.time == request.time)
        #expect(event.order_id != 0 && event.cl_ord_id == 7 && event.orig_cl_ord_id == 0)
        #expect(event.price == 100 * Self.tick && event.quantity == 5 * Self.unit)
        #expect(event.leaves_quantity == 5 * Self.unit && event.executed_quantity == 0)
        #expect(event.session == 2 && event.trader == 11 && event.instrument == 3)
        #expect(event.product == .max)
        #expect(event.flags == UInt8(APUS_LAST | APUS_RESTS))
        #expect(event.side == UInt8(APUS_BUY) && event.order_type == UInt8(APUS_LIMIT))
        #expect(event.time_in_force == UInt8(APUS_DAY) && event.status == UInt8(APUS_NEW))
        #expect(event.fill_quantity == 0 && event.match_id == 0 && event.fill_count == 0)
        #expect(event.reject_rule == 0 && event.reject_reason == 0 && event.reject_value == 0)

        var found = apus_order()
        #expect(apus_engine_find_order(market.engine, 2, 7, &found) == APUS_OK)
        check(found, event)
        found = apus_order()
        #expect(apus_engine_find_order_id(market.engine, event.order_id, &found) == APUS_OK)
        check(found, event)
        #expect(apus_engine_find_order(market.engine, 1, 7, &found) == APUS_NOT_FOUND)
        #expect(apus_engine_find_order(market.engine, 2, 8, &found) == APUS_NOT_FOUND)
        let unknown = event.order_id + 1
        #expect(apus_engine_find_order_id(market.engine, unknown, &found) == APUS_NOT_FOUND)
    }

    private func check(_ found: apus_order, _ event: apus_event) {
        #expect(found.order_id == event.order_id && found.cl_ord_id == 7)
        #expect(found.time_priority == event.time && found.price == event.price)
        #expect(found.quantity == event.quantity && found.executed_quantity == 0)
        #expect(found.leaves_quantity == event.leaves_quantity)
        #expect(found.session == 2 && found.trader == 11 && found.instrument == 3)
        #expect(found.side == UInt8(APUS_BUY) && found.flags == 0)
    }

    @Test func aMatch() {
        market.enter(order(1, APUS_SELL, 101, 10))
        market.enter(order(2, APUS_SELL, 100, 3))
        market.enter(order(3, APUS_SELL, 100, 4, session: 1))
        let events = market.enter(order(9, APUS_BUY, 101, 9, session: 2))
        #expect(
            kinds(events)
                == kinds(
                    APUS_RESTING_EXECUTED, APUS_RESTING_EXECUTED, APUS_RESTING_EXECUTED, APUS_FILL,
                    APUS_FILL, APUS_EXECUTED))
        #expect(events.map(\.fill_quantity) == [3, 4, 2, 7, 2, 0].map { $0 * Self.unit })
        #expect(events.map(\.price) == [100, 100, 101, 100, 101, 101].map { $0 * Self.tick })
        #expect(events.map(\.cl_ord_id) == [2, 3, 1, 9, 9, 9])
        #expect(events.map(\.session) == [0, 1, 0, 2, 2, 2])
        #expect(events.map(\.match_id) == [1, 1, 2, 1, 2, 0])
        #expect(events.map(\.leaves_quantity) == [0, 0, 8, 0, 0, 0].map { $0 * Self.unit })
        #expect(events.map(\.executed_quantity) == [3, 4, 2, 9, 9, 9].map { $0 * Self.unit })
        let (filled, partly) = (UInt8(APUS_FILLED), UInt8(APUS_PARTIALLY_FILLED))
        #expect(events.map(\.status) == [filled, filled, partly, filled, filled, filled])
        let (rested, rests) = (UInt8(APUS_RESTED), UInt8(APUS_RESTED | APUS_RESTS))
        #expect(events.map(\.flags) == [rested, rested, rests, 0, 0, UInt8(APUS_LAST)])
        #expect(events.map(\.fill_count) == [0, 0, 0, 0, 0, 2])
        #expect(Set(events.map(\.sequence)).count == 1)
        #expect(market.depth(APUS_SELL) == ["8 at 101 of 1"])
        #expect(market.depth(APUS_BUY) == [])
        #expect(market.best.bid.order_count == 0 && market.best.bid.quantity == 0)
        #expect(market.best.bid.price == Int64.min)
    }

    @Test func immediateOrCancelAndMarketOrders() {
        market.enter(order(1, APUS_SELL, 100, 5))
        var immediate = order(2, APUS_BUY, 100, 8, session: 1)
        immediate.time_in_force = UInt8(APUS_IMMEDIATE_OR_CANCEL)
        let cancelled = market.enter(immediate)
        #expect(kinds(cancelled) == kinds(APUS_RESTING_EXECUTED, APUS_FILL, APUS_EXECUTED))
        #expect(cancelled[2].status == UInt8(APUS_CANCELLED))
        #expect(cancelled[2].executed_quantity == 5 * Self.unit)
        #expect(cancelled[2].leaves_quantity == 0)

        var atMarket = order(3, APUS_SELL, 0, 1, session: 1)
        atMarket.order_type = UInt8(APUS_MARKET)
        atMarket.time_in_force = UInt8(APUS_IMMEDIATE_OR_CANCEL)
        let rule = market.enter(atMarket)
        #expect(kinds(rule) == kinds(APUS_REJECTED))
        #expect(Int(rule[0].reject_rule) == APUS_RULE_MARKET_ORDER_WITH_PRICE)
        atMarket.price = .min
        let nobody = market.enter(atMarket)
        #expect(kinds(nobody) == kinds(APUS_ACCEPTED))
        #expect(nobody[0].status == UInt8(APUS_CANCELLED) && nobody[0].price == .min)
        #expect(nobody[0].flags == UInt8(APUS_LAST))
        #expect(market.counts.live_orders == 0)
    }

    @Test func changes() {
        let entered = market.enter(order(1, APUS_BUY, 100, 5))
        market.enter(order(2, APUS_BUY, 100, 5))
        var change = order(11, APUS_BUY, 100, 4)
        change.orig_cl_ord_id = 1
        let less = market.modify(change)
        #expect(kinds(less) == kinds(APUS_MODIFIED))
        #expect(less[0].cl_ord_id == 11 && less[0].orig_cl_ord_id == 1)
        #expect(less[0].order_id == entered[0].order_id)
        #expect(less[0].flags == UInt8(APUS_LAST | APUS_RESTED | APUS_RESTS))

        change = order(0, APUS_BUY, 99, 4)
        change.order_id = entered[0].order_id
        let price = market.modify(change)
        #expect(price[0].cl_ord_id == 11)
        #expect(
            price[0].flags
                == UInt8(APUS_LAST | APUS_RESTED | APUS_RESTS | APUS_PRIORITY_RENEWED))
        #expect(market.depth(APUS_BUY) == ["5 at 100 of 1", "4 at 99 of 1"])
        #expect(market.depth(APUS_BUY, 1) == ["5 at 100 of 1"])
        #expect(market.depth(APUS_BUY, 0) == [])

        market.enter(order(3, APUS_SELL, 101, 1, session: 1))
        change.price = 101 * Self.tick
        let trade = market.modify(change)
        #expect(kinds(trade) == kinds(APUS_RESTING_EXECUTED, APUS_FILL, APUS_EXECUTED))
        #expect(
            trade[2].flags
                == UInt8(
                    APUS_LAST | APUS_RESTED | APUS_RESTS | APUS_PRIORITY_RENEWED | APUS_BY_MODIFY))
        change.quantity = Self.unit
        let none = market.modify(change)
        #expect(kinds(none) == kinds(APUS_MODIFIED) && none[0].status == UInt8(APUS_CANCELLED))
        #expect(market.depth(APUS_BUY) == ["5 at 100 of 1"])
    }

    @Test func deletions() {
        let entered = market.enter(order(1, APUS_BUY, 100, 5))
        var deletion = order(50, 0, 0, 0)
        deletion.orig_cl_ord_id = 1
        let deleted = market.cancel(deletion)
        #expect(kinds(deleted) == kinds(APUS_DELETED))
        #expect(deleted[0].cl_ord_id == 50 && deleted[0].orig_cl_ord_id == 1)
        #expect(deleted[0].order_id == entered[0].order_id)
        #expect(deleted[0].leaves_quantity == 0 && deleted[0].quantity == 5 * Self.unit)
        #expect(deleted[0].status == UInt8(APUS_CANCELLED))
        let again = market.cancel(deletion)
        #expect(kinds(again) == kinds(APUS_REJECTED))
        #expect(Int(again[0].reject_rule) == APUS_RULE_ORDER_NOT_FOUND)
        #expect(again[0].reject_reason == 10000 && again[0].cl_ord_id == 50)
    }

    @Test func rulesHaveTheirCodesAndValues() {
        func rule(_ request: apus_request) -> [Int64] {
            let events = market.enter(request)
            #expect(kinds(events) == kinds(APUS_REJECTED))
            return [
                Int64(events[0].reject_rule), Int64(events[0].reject_reason),
                events[0].reject_value,
            ]
        }
        var request = order(1, APUS_BUY, 100, 5)
        request.price += 1
        #expect(rule(request) == [118, 5, Self.tick])
        request = order(1, APUS_BUY, 100, 1001)
        #expect(rule(request) == [122, 210, 1000 * Self.unit])
        request.quantity = 5 * Self.unit + 1
        #expect(rule(request) == [121, 5, Self.unit])
        request.quantity = -5
        #expect(rule(request) == [120, 5, Self.unit])
        request = order(1, APUS_BUY, 100, 5)
        request.order_type = 200
        #expect(rule(request)[0] == 108)
        request.order_type = 0
        request.time_in_force = 4
        #expect(rule(request)[0] == 107)
        request.time_in_force = 0
        market.enter(request)
        #expect(rule(request)[0...1] == [104, 10002])
    }

    /// The header's numbers of the rules are the engine's.
    @Test func rulesAreTheEngines() {
        let pairs: [(Int, RejectDetail)] = [
            (APUS_RULE_INSTRUMENT_NOT_CONTINUOUS, .instrumentNotContinuous),
            (APUS_RULE_ORDER_NOT_FOUND, .orderNotFound),
            (APUS_RULE_ORDER_IDS_DISAGREE, .orderIDsDisagree),
            (APUS_RULE_NOT_ENTITLED_TO_ORDER, .notEntitledToOrder),
            (APUS_RULE_CL_ORD_ID_NOT_UNIQUE, .clOrdIDNotUnique),
            (APUS_RULE_ORDER_NOT_NAMED, .orderNotNamed),
            (APUS_RULE_TIME_IN_FORCE_NOT_OFFERED, .timeInForceNotOffered),
            (APUS_RULE_ORDER_TYPE_NOT_OFFERED, .ordTypeNotOffered),
            (APUS_RULE_MARKET_ORDER_NOT_IOC, .marketOrderNotIOC),
            (APUS_RULE_MARKET_ORDER_WITH_PRICE, .marketOrderWithPrice),
            (APUS_RULE_LIMIT_WITHOUT_PRICE, .limitWithoutPrice),
            (APUS_RULE_SIDE_CHANGED, .sideChanged),
            (APUS_RULE_PERSISTENCE_CHANGED, .recoveryChanged),
            (APUS_RULE_INSTRUMENT_CHANGED, .instrumentChanged),
            (APUS_RULE_TIME_IN_FORCE_CHANGED, .timeInForceChanged),
            (APUS_RULE_PRICE_OFF_TICK, .priceOffTick),
            (APUS_RULE_PRICE_OUT_OF_RANGE, .priceOutOfRange),
            (APUS_RULE_QUANTITY_NOT_POSITIVE, .quantityNotPositive),
            (APUS_RULE_QUANTITY_OFF_LOT, .quantityOffLot),
            (APUS_RULE_QUANTITY_ABOVE_MAXIMUM, .quantityAboveMaximum),
            (APUS_RULE_ORDER_POOL_FULL, .orderPoolFull),
            (APUS_RULE_PRICE_LEVEL_POOL_FULL, .priceLevelPoolFull),
            (APUS_RULE_TRADE_IDS_EXHAUSTED, .tradeIDsExhausted),
            (APUS_RULE_PRODUCT_STATE_FORBIDS, .productStateForbids),
            (APUS_RULE_INSTRUMENT_STATE_FORBIDS, .instrumentStateForbids),
            (APUS_RULE_BUSINESS_DAY_NOT_OVER, .businessDayNotOver),
        ]
        for (number, rule) in pairs { #expect(number == Int(rule.rawValue)) }
    }

    /// Times that fall count as the last one; the engine's rise all the same.
    @Test func timeNeverFalls() {
        var request = order(1, APUS_BUY, 100, 1)
        request.time = 5_000
        #expect(market.enter(request)[0].time == 5_000)
        request.cl_ord_id = 2
        request.time = 4_000
        #expect(market.enter(request)[0].time == 5_001)
        request.cl_ord_id = 3
        request.time = UInt64(Int64.max)
        #expect(market.enter(request)[0].time == UInt64(Int64.max))
        request.cl_ord_id = 4
        request.time = 1
        #expect(market.enter(request)[0].time == UInt64(Int64.max) + 1)
    }
}
