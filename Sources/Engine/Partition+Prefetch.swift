import Containers
import Domain
import Matching

// Looking ahead at commands that wait, so that what they need is in the cache by their turn. A command
// that was not looked at is applied the same, only later; and what a look finds may be wrong by then.
extension Partition {
    /// With more live orders than this hardly anything about an order is in the cache when its command
    /// comes, and looking far ahead is worth the instructions.
    private static var cachedOrdersMax: Int { 1 << 16 }

    /// With more instruments than this the next one's row and ladders are in the second cache at best.
    private static var cachedInstrumentsMax: Int { 64 }

    /// How many commands behind the next one each look is. On what one finds the next one builds, and the
    /// loads of several commands are under way at once.
    @inlinable static var namesAhead: Int { 7 }
    @inlinable static var ordersAhead: Int { 4 }
    @inlinable static var neighboursAhead: Int { 1 }
    @inlinable static var booksAhead: Int { 2 }

    /// Looks at the commands that wait in these slots behind the one about to be applied. Of a command of
    /// several slots all are looked at alike.
    @inlinable @inline(__always)
    public mutating func lookAhead(
        at waiting: Range<Int>, _ glimpse: (Int) -> CommandGlimpse
    ) {
        guard let next = waiting.first else { return }
        guard outgrowsCache else {
            prefetchName(of: glimpse(next))
            if hasManyBooks {
                if waiting.count > Self.booksAhead {
                    prefetchBook(of: glimpse(next &+ Self.booksAhead))
                }
                prefetchLevel(of: glimpse(next))
            }
            return
        }
        if waiting.count > Self.namesAhead {
            prefetchName(of: glimpse(next &+ Self.namesAhead))
        }
        if waiting.count > Self.ordersAhead {
            prefetchOrder(of: glimpse(next &+ Self.ordersAhead))
        }
        if waiting.count > Self.neighboursAhead {
            prefetchNeighbours(of: glimpse(next &+ Self.neighboursAhead))
        }
    }

    @usableFromInline var hasManyBooks: Bool {
        @inline(__always) mutating get { instruments.count > Self.cachedInstrumentsMax }
    }

    @usableFromInline var outgrowsCache: Bool {
        @inline(__always) mutating get { books.orders.count > Self.cachedOrdersMax }
    }

    /// The place in the table of the ClOrdID that a command names, which is anywhere in memory.
    @usableFromInline @inline(__always) mutating func prefetchName(of command: CommandGlimpse) {
        clOrdIDs.prefetch(hash: hash(command.clOrdIDNamed, command.session))
    }

    /// What is known of the instrument that a command names, and both sides of its book.
    @usableFromInline mutating func prefetchBook(of command: CommandGlimpse) {
        instruments.prefetch(command.instrument.index)
        books.prefetchLadders(of: command.instrument)
    }

    /// The order that a command names, with its links; of a new one, the links of the order that it goes
    /// behind.
    @usableFromInline mutating func prefetchOrder(of command: CommandGlimpse) {
        guard command.isNewOrder else { return books.prefetch(order(of: command)) }
        guard let key = levelKey(of: command) else { return }
        books.prefetchLast(at: key, command.instrument, command.side)
    }

    /// The price at which a new order is going to rest.
    @usableFromInline mutating func prefetchLevel(of command: CommandGlimpse) {
        guard command.isNewOrder, let key = levelKey(of: command) else { return }
        books.prefetchLevel(at: key, command.instrument, command.side)
    }

    /// The price of a command, if its instrument has such a one.
    @inline(__always)
    private func levelKey(of command: CommandGlimpse) -> LevelKey? {
        let row = command.instrument.index
        guard instruments.contains(row),
            let tick = instruments[row].tick.steps(in: command.price.raw)
        else { return nil }
        return LevelKey(tick: tick, side: command.side)
    }

    /// The links of those beside that order.
    @usableFromInline mutating func prefetchNeighbours(of command: CommandGlimpse) {
        guard !command.isNewOrder else { return }
        let order = order(of: command)
        books.prefetchNeighbours(of: order)
        sessionOrders.prefetchNeighbours(of: order)
    }

    /// The order that a command most likely names.
    @inline(__always)
    private func order(of command: CommandGlimpse) -> Int32 {
        clOrdIDs.guess(hash: hash(command.clOrdIDNamed, command.session))
    }
}
