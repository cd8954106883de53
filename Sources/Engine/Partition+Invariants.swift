import Containers
import Domain
import Matching

/// A live order as audits, tests and snapshots see it.
public struct RestingOrderView: Equatable, Sendable {
    public var orderID: OrderID
    public var clOrdID: ClOrdID
    public var price: Price
    public var orderQty: Quantity
    public var leavesQty: Quantity
    public var cumQty: Quantity
    public var timePriority: Timestamp
    public var session: SessionIndex
    public var trader: TraderID
}

extension Partition {
    /// Best price of a side with its quantity and number of orders; nil when the side is empty.
    public func bestPrice(
        _ instrument: InstrumentIndex, _ side: Side
    ) -> (price: Price, quantity: Quantity, orders: Int)? {
        let front = books.front(instrument, side)
        guard front >= 0 else { return nil }
        return (
            books.orders[front].price, books.quantityAtBest(instrument, side),
            books.orderCountAtBest(instrument, side)
        )
    }

    /// Visits the resting orders of a side in the order in which they would trade.
    public func forEachRestingOrder(
        _ instrument: InstrumentIndex, _ side: Side, _ body: (RestingOrderView) -> Void
    ) {
        books.forEachOrder(instrument, side) { order in body(view(order)) }
    }

    private func view(_ order: Int32) -> RestingOrderView {
        let record = books.orders[order]
        return RestingOrderView(
            orderID: record.orderID, clOrdID: record.clOrdID, price: record.price,
            orderQty: record.orderQty, leavesQty: record.leavesQty, cumQty: record.cumQty,
            timePriority: record.timePriority, session: record.session, trader: record.trader)
    }

    /// Audits one instrument's book in O(its orders); traps with a sentence on the first fault.
    public func checkInvariants(_ instrument: InstrumentIndex) {
        books.checkInvariants(instrument) { order in
            LevelKey(tick: tick(of: order), side: books.orders[order].side)
        }
    }

    /// Audits everything in O(capacity): books, indices, session lists, pools.
    public func checkInvariants() {
        var resting = 0
        for index in 0..<configuration.referenceData.instruments.count {
            let instrument = InstrumentIndex(index)
            checkInvariants(instrument)
            for side in [Side.buy, .sell] {
                books.forEachOrder(instrument, side) { _ in resting += 1 }
            }
        }
        let suspended = aggressor.isActive ? 1 : 0
        precondition(
            books.orders.count == resting + suspended, "an order is in the pool and in no book")
        var listed = 0
        var named = 0
        var withDetails = 0
        for session in 0..<sessions.count {
            var previous: Int32 = -1
            sessionOrders.checkInvariants(session)
            sessionOrders.forEach(in: session) { order in
                let record = books.orders[order]
                precondition(Int(record.session.raw) == session, "an order in another's list")
                precondition(record.rests || aggressor.order == order, "a listed order rests")
                precondition(
                    findOrder(record.orderID) == order, "an OrderID does not lead to its order")
                if previous >= 0 {
                    precondition(
                        books.orders[previous].entrySequence < record.entrySequence,
                        "a session's list is not in order of entry")
                }
                if !record.clOrdID.isNone {
                    named += 1
                    precondition(
                        findName(record.clOrdID, of: record.session).value == order,
                        "a ClOrdID does not lead to its order")
                }
                if record.details >= 0 { withDetails += 1 }
                listed += 1
                previous = order
            }
        }
        precondition(listed == resting || suspended == 1, "an order rests and is in no list")
        precondition(clOrdIDs.count == named, "the ClOrdID table knows orders that are gone")
        precondition(
            details.count == withDetails || suspended == 1, "details are kept without an order")
        precondition(
            massCancels.count == massCancelQueue.count, "a mass cancel is not queued")
        checkMarketStates()
        books.orders.checkInvariants()
        books.orders.forEachFree { order in
            let record = books.orders[order]
            precondition(!record.rests, "a free record says that it rests")
            precondition(
                record.details < 0 && record.detailsFlags.isEmpty, "a free record has details")
        }
        clOrdIDs.checkInvariants()
    }

    /// A hash over everything that decides what the partition will do next, configuration included.
    public func stateHash() -> UInt64 {
        var hash = StateHash()
        hash.add(configuration.stateHash)
        hash.add(lastSequence)
        hash.add(execID.nanos)
        hash.add(UInt64(businessDay))
        hash.add(UInt64(lastTradeNumber))
        for index in 0..<units.count {
            hash.add(UInt64(units[index].lastTradeNumber))
        }
        for index in 0..<products.count {
            hash.add(products[index])
        }
        for index in 0..<instruments.count {
            hash.add(UInt64(instruments[index].status.rawValue))
        }
        for index in 0..<sessions.count {
            hash.add(UInt64(sessions[index].instanceID))
            sessionOrders.forEach(in: index) { hash.add(books.orders[$0].orderID.raw) }
        }
        for index in 0..<configuration.referenceData.instruments.count {
            for side in [Side.buy, .sell] {
                hash.add(UInt64(books.depth(InstrumentIndex(index), side)))
                books.forEachOrder(InstrumentIndex(index), side) { order in
                    addOrder(order, to: &hash)
                }
            }
        }
        addMassCancels(to: &hash)
        books.orders.forEachFree { hash.add(UInt64(UInt32(bitPattern: $0))) }
        return hash.value
    }

    private func addOrder(_ order: Int32, to hash: inout StateHash) {
        let record = books.orders[order]
        hash.add(UInt64(UInt32(bitPattern: order)))
        hash.add(record.orderID.raw)
        hash.add(record.clOrdID.raw)
        hash.add(record.timePriority.nanos)
        hash.add(UInt64(bitPattern: record.price.raw))
        hash.add(UInt64(bitPattern: record.orderQty.raw))
        hash.add(UInt64(bitPattern: record.leavesQty.raw))
        hash.add(UInt64(bitPattern: record.cumQty.raw))
        hash.add(record.entryTime.nanos)
        hash.add(record.entrySequence)
        hash.add(UInt64(record.session.raw) << 32 | UInt64(record.trader.raw))
        hash.add(UInt64(record.instrument.raw) << 32 | UInt64(record.matchInstCrossID))
        for code in [
            record.detailsFlags.rawValue, record.executingTraderQualifier,
        ] {
            hash.add(UInt64(code))
        }
        hash.add(record.attributes.raw)
        if record.details >= 0 {
            withUnsafeBytes(of: details[record.details]) { hash.add($0) }
        }
    }

    private func addMassCancels(to hash: inout StateHash) {
        for position in 0..<massCancelQueue.count {
            let slot = massCancelQueue[position]
            let cancel = massCancels[slot]
            hash.add(UInt64(cancel.session.raw) << 32 | UInt64(cancel.target.raw))
            hash.add(cancel.throughSequence)
            hash.add(UInt64(UInt32(bitPattern: cancel.cursor)))
            hash.add(UInt64(cancel.reportCursor))
            hash.add(UInt64(cancel.trader.raw) << 16 | UInt64(cancel.product.raw))
            hash.add(UInt64(bitPattern: cancel.price.raw))
            hash.add(UInt64(cancel.instrument.raw))
            hash.add(UInt64(cancel.side.rawValue))
            hash.add(cancel.onlyOneSide ? 1 : 0)
            hash.add(cancel.onlyNonPersistent ? 1 : 0)
            hash.add(cancel.isRequested ? 1 : 0)
            hash.add(UInt64(cancel.operation?.rawValue ?? 0))
            hash.add(cancel.restates ? 1 : 0)
            hash.add(UInt64(cancel.sessionInstanceID) << 32 | UInt64(cancel.msgSeqNum))
            hash.add(cancel.requestTime.nanos)
            hash.add(cancel.timeIn.nanos)
            hash.add(UInt64(cancel.reason.rawValue) << 32 | UInt64(cancel.enteringTrader.raw))
            for product in 0..<products.count {
                let row = Int(slot) * products.count + product
                hash.add(UInt64(massCancelHits[row].bits))
            }
        }
    }
}

extension PartitionConfiguration {
    /// A hash over all of it that decides what the partition does.
    var stateHash: UInt64 {
        var hash = StateHash()
        hash.add(self)
        return hash.value
    }
}

/// FNV-1a over words, finished by a mix; for comparing states, not against forgery.
struct StateHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    var value: UInt64 { mix64(state) }

    mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x0000_0100_0000_01B3
        state ^= state &>> 32
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        while offset < bytes.count {
            add(UInt64(bytes[offset]))
            offset += 1
        }
    }

    mutating func add(_ text: String) {
        var copy = text
        copy.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        add(UInt64(text.utf8.count))
    }

    mutating func add(_ product: ProductState) {
        add(UInt64(product.lastMatchID) << 32 | UInt64(product.lastTradeID))
        add(UInt64(bitPattern: Int64(product.lastSideTradeID)))
        add(UInt64(product.trading.rawValue))
    }

    mutating func add(_ configuration: PartitionConfiguration) {
        add(UInt64(configuration.orderCapacity))
        add(UInt64(configuration.detailsCapacity))
        add(UInt64(configuration.pageCapacity))
        add(UInt64(configuration.massCancelSlice))
        add(configuration.orderIDKey)
        let reference = configuration.referenceData
        add(UInt64(reference.marketID) << 16 | UInt64(reference.partitionID))
        for product in reference.products {
            add(UInt64(bitPattern: Int64(product.marketSegmentID)))
            add(product.name)
            add(UInt64(bitPattern: product.tick.raw))
            add(UInt64(bitPattern: product.lot.raw))
            add(UInt64(bitPattern: product.maximumQuantity.raw))
        }
        for instrument in reference.instruments {
            add(UInt64(bitPattern: instrument.securityID))
            add(instrument.name)
            add(UInt64(instrument.product.raw))
        }
        for unit in reference.units { add(UInt64(unit.id)) }
        for session in reference.sessions {
            add(UInt64(session.id) << 32 | UInt64(session.unit.raw))
            add(session.cancelsPersistentOnDisconnect ? 1 : 0)
        }
    }
}
