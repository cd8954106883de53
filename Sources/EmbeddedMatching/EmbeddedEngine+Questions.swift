import CApusMatching
import Domain
import Engine
import Matching

// What callers ask between two requests.
extension EmbeddedEngine {
    mutating func best(_ instrument: UInt32, _ best: inout apus_best) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard instrument < instrumentCount else { return APUS_UNKNOWN_INSTRUMENT }
        best.bid = bestLevel(instrument, .buy)
        best.ask = bestLevel(instrument, .sell)
        return APUS_OK
    }

    private mutating func bestLevel(_ instrument: UInt32, _ side: Side) -> apus_level {
        var best = apus_level(price: Price.none.raw, quantity: 0, order_count: 0)
        partition.forEachLevel(InstrumentIndex(raw: instrument), side, first: 1) {
            best = Self.level($0)
        }
        return best
    }

    mutating func depth(
        _ instrument: UInt32, _ side: UInt8, _ levels: UnsafeMutablePointer<apus_level>,
        _ capacity: Int, _ count: inout Int
    ) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard instrument < instrumentCount else { return APUS_UNKNOWN_INSTRUMENT }
        guard let side = Side(rawValue: side) else { return APUS_UNKNOWN_SIDE }
        var written = 0
        // No book has as many levels as an Int cannot count.
        let most = capacity < 0 ? Int.max : capacity
        partition.forEachLevel(InstrumentIndex(raw: instrument), side, first: most) {
            (levels + written).initialize(to: Self.level($0))
            written += 1
        }
        count = written
        return APUS_OK
    }

    private static func level(_ level: BookLevel) -> apus_level {
        apus_level(
            price: level.price.raw, quantity: level.quantity.raw,
            order_count: UInt64(level.orders))
    }

    mutating func find(
        _ clOrdID: UInt64, of session: UInt32, _ order: inout apus_order
    ) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard session < sessionCount else { return APUS_UNKNOWN_SESSION }
        guard clOrdID != 0 else { return APUS_NOT_FOUND }
        return Self.tell(
            partition.restingOrder(ClOrdID(raw: clOrdID), of: SessionIndex(raw: session)), &order)
    }

    mutating func find(_ orderID: UInt64, _ order: inout apus_order) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard orderID != 0 else { return APUS_NOT_FOUND }
        return Self.tell(partition.restingOrder(OrderID(raw: orderID)), &order)
    }

    private static func tell(_ found: RestingOrder?, _ order: inout apus_order) -> apus_status {
        guard let found else { return APUS_NOT_FOUND }
        order = apus_order(
            order_id: found.orderID.raw, cl_ord_id: found.clOrdID.isNone ? 0 : found.clOrdID.raw,
            time_priority: found.timePriority.nanos, price: found.price.raw,
            quantity: found.orderQty.raw, leaves_quantity: found.leavesQty.raw,
            executed_quantity: found.cumQty.raw, session: found.session.raw,
            trader: found.trader.raw, instrument: found.instrument.raw,
            side: found.side.rawValue, time_in_force: found.timeInForce.rawValue,
            flags: found.execInst.isPersistent ? UInt8(APUS_PERSISTENT) : 0, reserved: 0)
        return APUS_OK
    }

    /// Answers also while events wait, as it is how callers see that they do.
    mutating func count(_ counts: inout apus_counts) -> apus_status {
        guard obstacle != APUS_WITHIN_CALLBACK else { return obstacle }
        counts = apus_counts()
        counts.sequence = partition.lastSequence
        counts.live_orders = UInt64(partition.liveOrderCount)
        counts.order_capacity = UInt64(partition.orderCapacity)
        counts.price_pages = UInt64(partition.pageCount)
        counts.events_waiting = UInt64(made.depth())
        counts.event_capacity = UInt64(eventCapacity)
        return APUS_OK
    }

    mutating func hash(_ hash: inout UInt64) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        hash = partition.stateHash()
        return APUS_OK
    }
}
