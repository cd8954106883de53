import Containers
import Domain

/// The order books of all instruments of a partition, and the orders in them.
///
/// Price-time priority: within a side the level with the lowest key first, within a level the order
/// that came first. An instrument's sides are the ladders `2 × index` (buy) and `2 × index + 1`
/// (sell). Nothing here knows of sessions, identifiers or rules; the partition decides, the books
/// keep order.
@frozen public struct OrderBooks: ~Copyable {
    public var orders: FixedPool<RestingOrder>
    @usableFromInline var ladders: PriceLadders

    /// Reserves room for `orderCapacity` orders in levels on `pageCapacity` pages of 64 prices, and in
    /// `otherLists` lists of the caller's.
    public init(instruments: Int, orderCapacity: Int, pageCapacity: Int, otherLists: Int = 0) {
        orders = FixedPool(capacity: orderCapacity)
        ladders = PriceLadders(
            sides: instruments * 2, orderCapacity: orderCapacity, pageCapacity: pageCapacity,
            otherLists: otherLists)
    }

    /// Lists of orders for other ends, whose links lie beside those of the price levels; at most once,
    /// and as many as room was kept for.
    public func makeLists(_ count: Int) -> LinkedLists {
        LinkedLists(beside: ladders.queues, listCount: count)
    }

    @inlinable @inline(__always)
    public static func ladder(_ instrument: InstrumentIndex, _ side: Side) -> Int32 {
        Int32(truncatingIfNeeded: instrument.raw &* 2 &+ (side == .buy ? 0 : 1))
    }

    @inlinable @inline(__always)
    public func best(_ instrument: InstrumentIndex, _ side: Side) -> LevelKey {
        ladders.best(Self.ladder(instrument, side))
    }

    /// The order that trades next on this side, or -1.
    @inlinable @inline(__always)
    public func front(_ instrument: InstrumentIndex, _ side: Side) -> Int32 {
        ladders.front(Self.ladder(instrument, side))
    }

    /// Open quantity at the best price of a side; zero when it is empty.
    public func quantityAtBest(_ instrument: InstrumentIndex, _ side: Side) -> Quantity {
        let order = front(instrument, side)
        guard order >= 0 else { return .zero }
        var quantity = Quantity.zero
        ladders.queues.forEach(in: Int(orders[order].level)) { quantity += orders[$0].leavesQty }
        return quantity
    }

    /// How many orders rest at the best price of a side.
    public func orderCountAtBest(_ instrument: InstrumentIndex, _ side: Side) -> Int {
        let order = front(instrument, side)
        guard order >= 0 else { return 0 }
        var count = 0
        ladders.queues.forEach(in: Int(orders[order].level)) { _ in count += 1 }
        return count
    }

    /// True when an order at any price is certain to find room.
    @inlinable @inline(__always)
    public var hasRoomForAnyPrice: Bool { ladders.hasRoom }

    @inlinable @inline(__always)
    public mutating func canPlace(_ key: LevelKey, _ instrument: InstrumentIndex, _ side: Side)
        -> Bool
    {
        if ladders.hasRoom { return true }
        return ladders.canPlace(key, on: Self.ladder(instrument, side))
    }

    /// Puts an order behind all others at its price. The caller has asked `canPlace`.
    @inlinable
    public mutating func place(_ order: Int32, at key: LevelKey) {
        place(order, at: key, on: Self.ladder(orders[order].instrument, orders[order].side))
    }

    /// The same by a caller who knows the order's ladder.
    @inlinable @inline(__always)
    public mutating func place(_ order: Int32, at key: LevelKey, on ladder: Int32) {
        let page = ladders.page(key.pageKey, ladder)
        let level = PriceLadders.level(page, key.slot)
        orders[order].level = level
        ladders.queues.append(order, to: Int(level))
        ladders.pages[page].occupied |= 1 &<< UInt64(key.slot)
        let place = PagedKey(key.raw, page: page)
        if place.raw < ladders.ladders[ladder].best.raw { ladders.ladders[ladder].best = place }
    }

    /// Takes an order out of the book; its quantities stay as they are.
    @inlinable @inline(__always)
    public mutating func remove(_ order: Int32) {
        let level = orders[order].level
        orders[order].level = -1
        let isAlone = ladders.queues.remove(order)
        if isAlone { ladders.vacate(level) }
    }

    /// Executes part or all of a resting order. When nothing is left of it, it leaves the book.
    @inlinable @inline(__always)
    public mutating func execute(_ order: Int32, _ quantity: Quantity) {
        orders[order].cumQty += quantity
        if quantity == orders[order].leavesQty {
            remove(order)
            orders[order].leavesQty = .zero
        } else {
            orders[order].leavesQty -= quantity
        }
    }

    /// Takes open quantity from a resting order, which keeps its place.
    @inlinable @inline(__always)
    public mutating func reduce(_ order: Int32, by quantity: Quantity) {
        orders[order].leavesQty -= quantity
    }

    /// Has an order's record and its links at hand; any index may be given.
    @inlinable @inline(__always)
    public func prefetch(_ order: Int32) {
        orders.prefetch(order)
        ladders.queues.prefetch(order)
    }

    /// Has the links of those in front of and behind an order at hand; any index may be given.
    @inlinable @inline(__always)
    public func prefetchNeighbours(of order: Int32) { ladders.queues.prefetchNeighbours(of: order) }

    /// Has the links of the last order at a price at hand, where that is easily found.
    @inlinable @inline(__always)
    public func prefetchLast(
        at key: LevelKey, _ instrument: InstrumentIndex, _ side: Side
    ) {
        ladders.prefetchLast(at: key, Self.ladder(instrument, side))
    }

    /// Visits the resting orders of a side in the order in which they would trade.
    public func forEachOrder(
        _ instrument: InstrumentIndex, _ side: Side, _ body: (Int32) throws -> Void
    ) rethrows {
        try ladders.forEachLevel(Self.ladder(instrument, side)) { _, level in
            try ladders.queues.forEach(in: Int(level.index), body)
        }
    }

    /// Visits the price levels of a side, best first.
    public func forEachLevel(
        _ instrument: InstrumentIndex, _ side: Side, _ body: (LevelKey, PriceLevel) -> Void
    ) {
        ladders.forEachLevel(Self.ladder(instrument, side), body)
    }
}
