import Containers
import Domain
import Matching

// Looking ahead at commands that wait, so that what they need is in the cache by their turn. A command
// that was not looked at is applied the same, only later; and what a look finds may be wrong by then.
extension Partition {
    /// With more live orders than this, or more instruments, hardly anything about an order is in the first
    /// caches when its command comes, and looking far ahead is worth the instructions.
    private static var cachedOrdersMax: Int { 1 << 16 }
    private static var cachedInstrumentsMax: Int { 64 }

    /// How many commands behind the next one each look is. On what one finds the next one builds, and the
    /// loads of several commands are under way at once.
    @inlinable static var namesAhead: Int { 7 }
    @inlinable static var ordersAhead: Int { 4 }
    @inlinable static var neighboursAhead: Int { 1 }

    /// Looks at the commands that wait in these slots behind the one about to be applied. Of a command of
    /// several slots all are looked at alike.
    @inlinable @inline(__always)
    public mutating func lookAhead(
        at waiting: Range<Int>, _ glimpse: (Int) -> CommandGlimpse
    ) {
        guard let next = waiting.first else { return }
        guard outgrowsCache else { return prefetchName(of: glimpse(next)) }
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

    @usableFromInline var outgrowsCache: Bool {
        @inline(__always) mutating get {
            books.orders.count > Self.cachedOrdersMax
                || instruments.count > Self.cachedInstrumentsMax
        }
    }

    /// The place in the table of the ClOrdID that a command names, which is anywhere in memory.
    @usableFromInline @inline(__always) mutating func prefetchName(of command: CommandGlimpse) {
        clOrdIDs.prefetch(hash: hash(command.clOrdIDNamed, command.session))
    }

    /// The order that a command names, with its links; of a new one, the links of the order that it goes
    /// behind.
    @usableFromInline mutating func prefetchOrder(of command: CommandGlimpse) {
        guard command.isNewOrder else { return books.prefetch(order(of: command)) }
        let row = command.instrument.index
        guard instruments.contains(row),
            let tick = instruments[row].tick.steps(in: command.price.raw)
        else { return }
        books.prefetchLast(
            at: LevelKey(tick: tick, side: command.side), command.instrument, command.side)
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
