import Containers
import Domain
import Platform

/// Makes every public book from the datagrams of a feed, in whatever order and number they come.
///
/// Give every datagram to `take`, then look at the events and the books:
///
/// ```swift
/// var builder = PublicBookBuilder()
/// feed.receive { channel, datagram in
///     builder.take(datagram, from: channel)
///     for index in 0..<builder.eventCount { show(builder.event(at: index)) }
/// }
/// ```
///
/// A book joins by snapshot: changes that come meanwhile wait and are applied behind it, so that a
/// receiver which begins at any moment has what one has that saw everything. A missing number makes
/// all books of the product stale at once; the late packet or the next snapshot repairs them. The
/// packets of one transaction are applied together, when the last is there, so that no view ever
/// shows half of one.
///
/// Any bytes are safe to give. One thread uses a builder. Nothing is allocated once lists are as long
/// as they get: levels of a side, events of a datagram, orders of a snapshot.
public struct PublicBookBuilder: ~Copyable {
    let products: FixedTable<ProductRecord>
    var productCountNow = 0
    var store: BookStore
    var blocks: FixedBlocks
    var events = GrowingList<PublicEvent>(minimumCapacity: 64)
    var transaction = TransactionState()
    var touched = GrowingList<Int32>(minimumCapacity: 8)

    public let limits: PublicBookLimits
    public internal(set) var counters = PublicBookCounters()

    public init(limits: PublicBookLimits = PublicBookLimits()) {
        self.limits = limits
        products = FixedTable(count: limits.products) { _ in ProductRecord() }
        store = BookStore(instruments: limits.instruments, orders: limits.orders)
        blocks = FixedBlocks(capacity: limits.packets, blockLength: FeedPacket.lengthMax)
    }

    /// Takes one datagram. Events of the one before are forgotten.
    public mutating func take(_ datagram: UnsafeRawBufferPointer, from channel: FeedChannel) {
        events.removeAll()
        counters.datagrams += 1
        guard let packet = FeedPacket(datagram, isNumbered: channel == .incremental) else {
            counters.malformed += 1
            return
        }
        guard let product = product(packet.marketSegmentID) else { return }
        switch channel {
        case .incremental: takeIncremental(packet, product)
        case .snapshot: takeSnapshot(packet, product)
        }
    }

    /// The product's index; nil when there is no room for another.
    private mutating func product(_ marketSegmentID: Int32) -> Int? {
        // Products are few, and one packet is for one of them.
        for index in 0..<productCountNow
        where products[index].marketSegmentID == marketSegmentID {
            return index
        }
        guard productCountNow < products.count else {
            hit(.products)
            return nil
        }
        products[productCountNow].marketSegmentID = marketSegmentID
        productCountNow += 1
        return productCountNow - 1
    }

    mutating func hit(_ limit: PublicBookLimit) {
        counters.limitHits += 1
        counters.lastLimit = limit
    }
}

// MARK: - Events of the last datagram

extension PublicBookBuilder {
    public var eventCount: Int { events.count }

    public func event(at index: Int) -> PublicEvent { events[index] }
}

// MARK: - Books

extension PublicBookBuilder {
    /// Instruments that the feed has named so far, numbered from 0 in that order; numbers stay.
    public var instrumentCount: Int { store.instrumentCount }

    /// The number of an instrument by its SecurityID.
    public func index(of securityID: Int64) -> Int? { store.find(securityID: securityID) }

    /// Best prices, last trade, states and statistics (L1).
    public func instrument(_ index: Int) -> PublicInstrument {
        precondition(index < store.instrumentCount, "there is no such instrument")
        return store.instruments[index].view
    }

    /// How many price levels a side has.
    public func levelCount(_ index: Int, _ side: Side) -> Int {
        if store.instruments[index].view.isTopOfBookOnly {
            return topLevel(index, side).isNone ? 0 : 1
        }
        return side == .buy
            ? store.instruments[index].bids.levels.count
            : store.instruments[index].asks.levels.count
    }

    /// A price level (L2); 0 is the best.
    public func level(_ index: Int, _ side: Side, at depth: Int) -> PublicLevel {
        if store.instruments[index].view.isTopOfBookOnly, depth == 0 {
            return topLevel(index, side)
        }
        return BookSide.view(of: record(index, side, depth))
    }

    /// Visits the orders of a side (L3) in the order in which they would trade, until `body` says
    /// false.
    public func forEachOrder(
        _ index: Int, _ side: Side, _ body: (PublicOrder) -> Bool
    ) {
        guard !store.instruments[index].view.isTopOfBookOnly else { return }
        for depth in 0..<levelCount(index, side) {
            var order = record(index, side, depth).first
            while order != noIndex {
                guard body(view(of: order)) else { return }
                order = store.orders[order].next
            }
        }
    }

    /// A visible order by its key.
    public func order(_ index: Int, _ side: Side, timePriority: Timestamp) -> PublicOrder? {
        let order = store.find(index, side, timePriority.nanos)
        return order == noIndex ? nil : view(of: order)
    }

    /// A product's trading state; nil before anything was heard of it.
    public func productState(marketSegmentID: Int32) -> PublicProductState? {
        for product in 0..<productCountNow
        where products[product].marketSegmentID == marketSegmentID {
            return products[product].state
        }
        return nil
    }

    private func topLevel(_ index: Int, _ side: Side) -> PublicLevel {
        side == .buy
            ? store.instruments[index].view.top.bid : store.instruments[index].view.top.ask
    }

    private func record(_ index: Int, _ side: Side, _ depth: Int) -> LevelRecord {
        let count =
            side == .buy
            ? store.instruments[index].bids.levels.count
            : store.instruments[index].asks.levels.count
        precondition(depth >= 0 && depth < count, "there is no such level")
        return side == .buy
            ? store.instruments[index].bids.levels[count - 1 - depth]
            : store.instruments[index].asks.levels[count - 1 - depth]
    }

    private func view(of order: Int32) -> PublicOrder {
        let record = store.orders[order]
        return PublicOrder(
            side: record.side, price: Price(raw: record.price),
            quantity: Quantity(raw: record.quantity),
            timePriority: Timestamp(nanos: record.timePriority))
    }
}
