import Containers
import Domain
import Matching

/// What the public knows of the market: every visible resting order, in price-time order.
///
/// A mirror of the engine's books, kept by events alone. While it is being made whole after a loss,
/// orders are known but not yet in their queues: a list comes in no order of time.
struct PublicBook: ~Copyable {
    private(set) var books: OrderBooks
    private var table: OpenAddressingTable
    private let ticks: FixedTable<TickScale>
    /// Orders of each instrument.
    private let counts: FixedTable<Int32>
    /// Orders put in some order.
    private let sorting: FixedTable<Int32>
    /// No order lies behind it in the pool.
    private var highWater: Int32 = -1
    /// Orders take their places in the queues as they come.
    private(set) var isWhole = true

    init(_ reference: ReferenceData, _ configuration: MarketDataConfiguration) {
        // Twice the engine's pages: a mirror that was made whole again may have grown another tree.
        books = OrderBooks(
            instruments: reference.instruments.count, orderCapacity: configuration.orderCapacity,
            pageCapacity: configuration.pageCapacity * 2)
        table = OpenAddressingTable(capacity: configuration.orderCapacity)
        ticks = FixedTable(
            reference.instruments.map {
                TickScale(
                    step: reference.products[$0.product.index].tick.raw,
                    stepsMax: LevelKey.tickLimit - 1)
            })
        counts = FixedTable(count: reference.instruments.count) { _ in 0 }
        sorting = FixedTable(count: configuration.orderCapacity) { _ in 0 }
    }

    /// Visible orders of all instruments.
    var count: Int { books.orders.count }

    func count(of instrument: InstrumentIndex) -> Int { Int(counts[instrument.index]) }

    /// The order of this number, or -1.
    @inline(__always)
    func find(_ orderID: OrderID) -> Int32 {
        table.find(hash: mix64(orderID.raw)) { books.orders[$0].orderID == orderID }
    }

    /// Puts an order in the state that the event tells behind all others at its price. False when
    /// it cannot be.
    @inline(__always)
    mutating func add(_ event: borrowing Event) -> Bool {
        let order = books.orders.allocate()
        guard order >= 0 else { return false }
        guard take(event, order) else {
            books.orders.free(order)
            return false
        }
        highWater = max(highWater, order)
        counts[event.instrument.index] &+= 1
        return table.insert(hash: mix64(event.orderID.raw), value: order)
    }

    /// Takes over price, quantity and time, and lets the order into its queue.
    @inline(__always)
    private mutating func take(_ event: borrowing Event, _ order: Int32) -> Bool {
        guard event.instrument.index < ticks.count,
            let tick = ticks[event.instrument.index].steps(in: event.price.raw)
        else { return false }
        books.orders[order].orderID = event.orderID
        books.orders[order].instrument = event.instrument
        books.orders[order].attributes = OrderAttributes(raw: event.side == .buy ? 0 : 1)
        books.orders[order].price = event.price
        books.orders[order].leavesQty = event.leavesQty
        books.orders[order].timePriority = event.timePriority
        books.orders[order].level = -1
        guard isWhole else { return true }
        let key = LevelKey(tick: tick, side: event.side)
        guard books.canPlace(key, event.instrument, event.side) else { return false }
        books.place(order, at: key)
        return true
    }

    /// Gives an order another place: it goes behind all others at its price.
    mutating func move(_ order: Int32, _ event: borrowing Event) -> Bool {
        if books.orders[order].rests { books.remove(order) }
        return take(event, order)
    }

    /// Leaves an order so much of its quantity.
    @inline(__always)
    mutating func setQuantity(_ order: Int32, _ quantity: Quantity) {
        if books.orders[order].rests {
            books.reduce(order, by: books.orders[order].leavesQty - quantity)
        } else {
            books.orders[order].leavesQty = quantity
        }
    }

    /// Takes an order out of the book; its record stays readable until it is forgotten.
    @inline(__always)
    mutating func remove(_ order: Int32) {
        if books.orders[order].rests { books.remove(order) }
        counts[books.orders[order].instrument.index] &-= 1
        _ = table.remove(hash: mix64(books.orders[order].orderID.raw), value: order)
        books.orders[order].orderID = .none
    }

    /// Gives the record of an order that was taken out back.
    @inline(__always)
    mutating func forget(_ order: Int32) { books.orders.free(order) }

    /// Lists the orders of a side in the order in which they would trade. Returns how many there are.
    func sortOut(_ instrument: InstrumentIndex, _ side: Side) -> Int {
        var count = 0
        books.forEachOrder(instrument, side) { order in
            sorting[count] = order
            count += 1
        }
        return count
    }

    /// An order of the list made last.
    func sortedOut(_ index: Int) -> Int32 { sorting[index] }

    // MARK: After a loss

    /// Forgets everything: what is told from now on is entered without an order of time.
    mutating func beginRecovery() {
        var order: Int32 = 0
        while order <= highWater {
            if !books.orders[order].orderID.isNone, books.orders[order].rests {
                books.remove(order)
            }
            books.orders[order].orderID = .none
            order += 1
        }
        books.orders.removeAll()
        table.removeAll()
        for index in 0..<counts.count { counts[index] = 0 }
        highWater = -1
        isWhole = false
    }

    /// All orders are known: they take their places in the queues, the oldest first. False when one
    /// of them finds none.
    mutating func endRecovery() -> Bool {
        var count = 0
        var order: Int32 = 0
        while order <= highWater {
            if !books.orders[order].orderID.isNone {
                sorting[count] = order
                count += 1
            }
            order += 1
        }
        sortByTime(count)
        isWhole = true
        var isGood = true
        for index in 0..<count {
            let order = sorting[index]
            let row = books.orders[order].instrument
            let side = books.orders[order].side
            guard let tick = ticks[row.index].steps(in: books.orders[order].price.raw) else {
                isGood = false
                continue
            }
            let key = LevelKey(tick: tick, side: side)
            if books.canPlace(key, row, side) {
                books.place(order, at: key)
            } else {
                isGood = false
            }
        }
        return isGood
    }

    /// Heap sort: in place, and no worse on any order.
    private mutating func sortByTime(_ count: Int) {
        for start in stride(from: count / 2 - 1, through: 0, by: -1) { sift(start, count) }
        for end in stride(from: count - 1, to: 0, by: -1) {
            swap(0, end)
            sift(0, end)
        }
    }

    private func sift(_ start: Int, _ end: Int) {
        var root = start
        while root * 2 + 1 < end {
            var child = root * 2 + 1
            if child + 1 < end, time(child) < time(child + 1) { child += 1 }
            if time(root) >= time(child) { return }
            swap(root, child)
            root = child
        }
    }

    private func time(_ index: Int) -> Timestamp { books.orders[sorting[index]].timePriority }

    private func swap(_ a: Int, _ b: Int) {
        let kept = sorting[a]
        sorting[a] = sorting[b]
        sorting[b] = kept
    }
}
