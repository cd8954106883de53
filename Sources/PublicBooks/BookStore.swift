import Containers
import Domain

/// Why a message could not be applied to a book.
enum BookFault: Error {
    /// The message contradicts the book.
    case contradiction
    /// There is no room for another order.
    case full
}

/// An instrument with its two sides.
struct InstrumentRecord: ~Copyable {
    var view: PublicInstrument
    var product = 0
    /// The book holds what messages up to this number have told.
    var asOf: UInt32 = 0
    /// The book came from a snapshot and has followed since.
    var isJoined = false
    /// Joined at some time: what is shown while it is not, is old.
    var wasJoined = false
    /// Engine time that the book was as of when it came from its snapshot; `none` once that is told.
    var joinedAt = Timestamp.none
    /// Changed by the transaction that is being applied.
    var isTouched = false
    /// Best prices where the feed tells nothing else.
    var top = TopOfBook()
    var bids = BookSide(.buy)
    var asks = BookSide(.sell)

    init() { view = PublicInstrument(securityID: 0, marketSegmentID: 0) }
}

extension PublicInstrument {
    init(securityID: Int64, marketSegmentID: Int32) {
        self.securityID = securityID
        self.marketSegmentID = marketSegmentID
        condition = .joining
        state = PublicInstrumentState()
        productState = PublicProductState()
        top = TopOfBook()
        statistics = PublicStatistics()
        lastUpdate = .none
        isTopOfBookOnly = false
        orderCount = 0
    }
}

/// All books: orders in one pool, found by instrument, side and time priority.
struct BookStore: ~Copyable {
    let instruments: FixedTable<InstrumentRecord>
    var instrumentCount = 0
    private var bySecurityID: OpenAddressingTable
    private(set) var orders: FixedPool<OrderRecord>
    private var byKey: OpenAddressingTable

    init(instruments: Int, orders: Int) {
        self.instruments = FixedTable(count: instruments) { _ in InstrumentRecord() }
        bySecurityID = OpenAddressingTable(capacity: instruments)
        self.orders = FixedPool(capacity: orders, touchingPages: false)
        byKey = OpenAddressingTable(capacity: orders)
    }

    // MARK: Instruments

    /// The instrument's index, or nil.
    func find(securityID: Int64) -> Int? {
        let index = bySecurityID.find(hash: mix64(UInt64(bitPattern: securityID))) {
            instruments[Int($0)].view.securityID == securityID
        }
        return index == noIndex ? nil : Int(index)
    }

    /// Gives an instrument a place; nil when there is none left.
    mutating func addInstrument(
        securityID: Int64, marketSegmentID: Int32, product: Int
    ) -> Int? {
        guard instrumentCount < instruments.count else { return nil }
        let index = instrumentCount
        guard
            bySecurityID.insert(
                hash: mix64(UInt64(bitPattern: securityID)), value: Int32(index))
        else { return nil }
        instrumentCount += 1
        instruments[index].view = PublicInstrument(
            securityID: securityID, marketSegmentID: marketSegmentID)
        instruments[index].product = product
        return index
    }

    // MARK: Orders

    /// The order's index, or `noIndex`.
    func find(_ instrument: Int, _ side: Side, _ timePriority: UInt64) -> Int32 {
        byKey.find(hash: Self.hash(instrument, side, timePriority)) {
            orders[$0].timePriority == timePriority && orders[$0].instrument == Int32(instrument)
                && orders[$0].side == side
        }
    }

    mutating func add(_ instrument: Int, _ order: PublicOrder) throws(BookFault) {
        let priority = order.timePriority.nanos
        guard order.quantity.raw > 0, find(instrument, order.side, priority) == noIndex else {
            throw .contradiction
        }
        let index = orders.allocate()
        guard index != noIndex else { throw .full }
        orders[index] = OrderRecord(
            timePriority: priority, price: order.price.raw, quantity: order.quantity.raw,
            instrument: Int32(instrument), side: order.side, previous: noIndex, next: noIndex)
        let fits =
            order.side == .buy
            ? instruments[instrument].bids.insert(index, in: orders)
            : instruments[instrument].asks.insert(index, in: orders)
        guard fits else {
            orders.free(index)
            throw .contradiction
        }
        let hasRoom = byKey.insert(
            hash: Self.hash(instrument, order.side, priority), value: index)
        precondition(hasRoom, "the table holds as many orders as the pool")
        instruments[instrument].view.orderCount += 1
    }

    mutating func remove(_ order: Int32) {
        let instrument = Int(orders[order].instrument)
        if orders[order].side == .buy {
            instruments[instrument].bids.remove(order, in: orders)
        } else {
            instruments[instrument].asks.remove(order, in: orders)
        }
        forget(order)
    }

    mutating func setQuantity(_ order: Int32, to quantity: Int64) throws(BookFault) {
        guard quantity > 0 else { throw .contradiction }
        let instrument = Int(orders[order].instrument)
        let fits =
            orders[order].side == .buy
            ? instruments[instrument].bids.setQuantity(order, to: quantity, in: orders)
            : instruments[instrument].asks.setQuantity(order, to: quantity, in: orders)
        guard fits else { throw .contradiction }
    }

    /// Empties both sides.
    mutating func removeAll(_ instrument: Int) {
        for side in [Side.buy, .sell] {
            let count =
                side == .buy
                ? instruments[instrument].bids.levels.count
                : instruments[instrument].asks.levels.count
            for level in 0..<count {
                var order =
                    side == .buy
                    ? instruments[instrument].bids.levels[level].first
                    : instruments[instrument].asks.levels[level].first
                while order != noIndex {
                    let next = orders[order].next
                    forget(order)
                    order = next
                }
            }
        }
        instruments[instrument].bids.levels.removeAll()
        instruments[instrument].asks.levels.removeAll()
    }

    /// Gives back an order that is linked nowhere any more.
    private mutating func forget(_ order: Int32) {
        let record = orders[order]
        let isKnown = byKey.remove(
            hash: Self.hash(Int(record.instrument), record.side, record.timePriority), value: order)
        precondition(isKnown, "every order is found by its key")
        instruments[Int(record.instrument)].view.orderCount -= 1
        orders.free(order)
    }

    func checkTables() {
        orders.checkInvariants()
        byKey.checkInvariants()
        bySecurityID.checkInvariants()
        precondition(byKey.count == orders.count, "keys and orders differ in number")
    }

    private static func hash(_ instrument: Int, _ side: Side, _ timePriority: UInt64) -> UInt64 {
        mix64(timePriority &+ (UInt64(instrument) << 1 | UInt64(side.rawValue & 1)) << 40)
    }
}
