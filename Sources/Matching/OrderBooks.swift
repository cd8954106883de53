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

    /// Reserves room for `orderCapacity` orders in levels on `pageCapacity` pages of 64 prices.
    public init(instruments: Int, orderCapacity: Int, pageCapacity: Int) {
        orders = FixedPool(capacity: orderCapacity)
        ladders = PriceLadders(sides: instruments * 2, pageCapacity: pageCapacity)
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
        return ladders.levels[Int(orders[order].level)].quantity
    }

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
        place(
            order, at: key, on: Self.ladder(orders[order].instrument, orders[order].side),
            leavesQty: orders[order].leavesQty)
    }

    /// The same by a caller who knows the order's side and open quantity.
    @inlinable @inline(__always)
    public mutating func place(
        _ order: Int32, at key: LevelKey, on ladder: Int32, leavesQty leaves: Quantity
    ) {
        let page = ladders.page(key.pageKey, ladder)
        let level = PriceLadders.level(page, key.slot)
        let bit: UInt64 = 1 &<< UInt64(key.slot)
        let occupied = ladders.pages[page].occupied
        orders[order].level = Int32(truncatingIfNeeded: level)
        orders[order].next = -1
        if occupied & bit != 0 {
            let tail = ladders.levels[level].tail
            orders[order].previous = tail
            orders[tail].next = order
            ladders.levels[level].tail = order
            ladders.levels[level].quantity += leaves
            return
        }
        orders[order].previous = -1
        ladders.pages[page].occupied = occupied | bit
        ladders.levels[level].head = order
        ladders.levels[level].tail = order
        ladders.levels[level].quantity = leaves
        if key < ladders.ladders[ladder].best {
            ladders.ladders[ladder].best = key
            ladders.ladders[ladder].bestPage = page
        }
    }

    /// Takes an order out of the book; its quantities stay as they are.
    @inlinable
    public mutating func remove(_ order: Int32) {
        let level = orders[order].level
        let next = orders[order].next
        let previous = orders[order].previous
        orders[order].level = -1
        ladders.levels[Int(level)].quantity -= orders[order].leavesQty
        if next >= 0 {
            orders[next].previous = previous
        } else {
            ladders.levels[Int(level)].tail = previous
        }
        if previous >= 0 {
            orders[previous].next = next
        } else {
            ladders.levels[Int(level)].head = next
            if next < 0 {
                ladders.vacate(
                    Self.ladder(orders[order].instrument, orders[order].side), level: level)
            }
        }
    }

    /// Executes part or all of a resting order. When nothing is left of it, it leaves the book.
    @inlinable @inline(__always)
    public mutating func execute(_ order: Int32, _ quantity: Quantity) {
        orders[order].cumQty += quantity
        if quantity == orders[order].leavesQty {
            remove(order)
            orders[order].leavesQty = .zero
        } else {
            reduce(order, by: quantity)
        }
    }

    /// Takes open quantity from a resting order, which keeps its place.
    @inlinable @inline(__always)
    public mutating func reduce(_ order: Int32, by quantity: Quantity) {
        ladders.levels[Int(orders[order].level)].quantity -= quantity
        orders[order].leavesQty -= quantity
    }

    /// Visits the resting orders of a side in the order in which they would trade.
    public func forEachOrder(
        _ instrument: InstrumentIndex, _ side: Side, _ body: (Int32) -> Void
    ) {
        ladders.forEachLevel(Self.ladder(instrument, side)) { _, level in
            var order = level.head
            while order >= 0 {
                body(order)
                order = orders[order].next
            }
        }
    }

    /// Visits the price levels of a side, best first.
    public func forEachLevel(
        _ instrument: InstrumentIndex, _ side: Side, _ body: (LevelKey, PriceLevel) -> Void
    ) {
        ladders.forEachLevel(Self.ladder(instrument, side), body)
    }
}
