import Domain
import Matching

/// A price on one side of a book, and what rests there.
public struct BookLevel: Equatable, Sendable {
    public var price: Price
    /// Open quantity of all orders; stays at the largest number there is.
    public var quantity: Quantity
    public var orders: Int
}

/// Ends a walk through a book. Kept, as throwing a new one would ask the allocator.
private struct Enough: Error {}
private let enough: any Error = Enough()

// What owners of an engine ask between two commands.
extension Partition {
    public var liveOrderCount: Int { books.orders.count }
    public var orderCapacity: Int { books.orders.capacity }

    /// Groups of 64 neighbouring prices in use.
    public var pageCount: Int { books.pageCount }

    /// Visits the best price levels of a side, at most `count`, best first, in O(orders in them).
    public mutating func forEachLevel(
        _ instrument: InstrumentIndex, _ side: Side, first count: Int, _ body: (BookLevel) -> Void
    ) {
        var left = count
        var level: BookLevel?
        do {
            try books.forEachOrder(instrument, side) { order in
                let price = books.orders[order].price
                if let done = level, done.price != price {
                    body(done)
                    level = nil
                    left -= 1
                }
                if left <= 0 { throw enough }
                var now = level ?? BookLevel(price: price, quantity: .zero, orders: 0)
                let (sum, overflow) = now.quantity.raw.addingReportingOverflow(
                    books.orders[order].leavesQty.raw)
                now.quantity.raw = overflow ? .max : sum
                now.orders += 1
                level = now
            }
        } catch {}
        if let level { body(level) }
    }

    /// A session's resting order of this name.
    public mutating func restingOrder(
        _ clOrdID: ClOrdID, of session: SessionIndex
    ) -> RestingOrder? {
        record(findName(clOrdID, of: session).value)
    }

    /// The resting order of this name.
    public mutating func restingOrder(_ orderID: OrderID) -> RestingOrder? {
        record(findOrder(orderID))
    }

    private func record(_ order: Int32) -> RestingOrder? {
        order >= 0 && books.orders[order].rests ? books.orders[order] : nil
    }
}
