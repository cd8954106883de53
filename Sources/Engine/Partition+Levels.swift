import Domain
import Matching

/// A price on one side of a book, and what rests there.
public struct BookLevel: Equatable, Sendable {
    public var price: Price
    /// Open quantity of all orders; stays at the largest number there is.
    public var quantity: Quantity
    public var orders: Int
}

// What owners of an engine ask between two commands.
extension Partition {
    public var liveOrderCount: Int { books.orders.count }
    public var orderCapacity: Int { books.orders.capacity }

    /// Groups of 64 neighbouring prices in use.
    public var pageCount: Int { books.pageCount }

    /// A match is suspended or a mass cancel pending. Mutating, though it changes nothing: a call that
    /// borrows the partition would copy it first.
    public var isUnfinished: Bool {
        mutating get { isSuspended || hasMassCancelPending }
    }

    /// Visits the best price levels of a side, at most `count`, best first, in O(orders in them).
    public mutating func forEachLevel(
        _ instrument: InstrumentIndex, _ side: Side, first count: Int, _ body: (BookLevel) -> Void
    ) {
        var left = count
        guard left > 0 else { return }
        books.forEachLevel(instrument, side) { level in
            let total = books.total(level)
            body(
                BookLevel(
                    price: books.orders[level.first].price, quantity: total.quantity,
                    orders: total.orders))
            left -= 1
            return left > 0
        }
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
