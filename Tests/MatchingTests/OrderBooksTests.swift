import Domain
import Testing

@testable import Matching

@Suite("Books of one instrument, against a sorted list")
struct OrderBooksTests {
    struct Random {
        var state: UInt64
        mutating func next(below bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
    }

    /// How far apart prices lie: within a page, over a few, over the whole range.
    static let spans: [UInt64] = [8, 1_000, 1 << 40]

    @Test("Orders come out by price, then time, wherever they lie", arguments: spans)
    func order(span: UInt64) {
        var books = OrderBooks(instruments: 1, orderCapacity: 512, pageCapacity: 600)
        let instrument = InstrumentIndex(0)
        var random = Random(state: span)
        var model: [(key: LevelKey, order: Int32)] = []
        var clock: UInt64 = 0
        for _ in 0..<4000 {
            if model.count < 400, random.next(below: 100) < 55 {
                let tick = Int64(random.next(below: span)) - Int64(span / 2)
                let key = LevelKey(tick: tick, side: .buy)
                guard books.canPlace(key, instrument, .buy) else { continue }
                let order = books.orders.allocate()
                clock += 1
                books.orders[order] = RestingOrder()
                books.orders[order].instrument = instrument
                books.orders[order].timePriority = Timestamp(nanos: clock)
                books.orders[order].orderQty = Quantity(units: 5)
                books.orders[order].leavesQty = Quantity(units: 5)
                books.place(order, at: key)
                let place = model.firstIndex { key < $0.key } ?? model.count
                model.insert((key, order), at: place)
            } else if !model.isEmpty {
                let gone = model.remove(at: Int(random.next(below: UInt64(model.count))))
                books.remove(gone.order)
                books.orders.free(gone.order)
            }
            let best = books.best(instrument, .buy)
            #expect(best == model.first?.key ?? .none)
            #expect(books.front(instrument, .buy) == model.first?.order ?? -1)
        }
        var found: [Int32] = []
        books.forEachOrder(instrument, .buy) { found.append($0) }
        #expect(found == model.map(\.order))
        let keys = Dictionary(uniqueKeysWithValues: model.map { ($0.order, $0.key) })
        books.checkInvariants(instrument) { keys[$0]! }
    }

    @Test("A key seen from the other side is the same price")
    func mirrored() {
        for tick in [Int64(0), 1, -1, 12_345, LevelKey.tickLimit - 1, 1 - LevelKey.tickLimit] {
            let bid = LevelKey(tick: tick, side: .buy)
            #expect(bid.mirrored == LevelKey(tick: tick, side: .sell))
            #expect(bid.mirrored.mirrored == bid)
        }
    }

    @Test("Rebuilt best first, books have the same room left, to the last price", arguments: spans)
    func rebuilt(span: UInt64) {
        let shape = (orders: 2048, pages: 500)
        var books = OrderBooks(
            instruments: 1, orderCapacity: shape.orders, pageCapacity: shape.pages)
        let instrument = InstrumentIndex(0)
        var random = Random(state: span + 1)
        func randomKey() -> LevelKey {
            LevelKey(tick: Int64(random.next(below: span)) - Int64(span / 2), side: .buy)
        }
        var live: [(key: LevelKey, order: Int32)] = []
        for round in 0..<6000 {
            // In the end as many as there is room for.
            if live.count > 50, round < 4000, random.next(below: 100) < 48 {
                let leaver = live.remove(at: Int(random.next(below: UInt64(live.count))))
                books.remove(leaver.order)
                books.orders.free(leaver.order)
                continue
            }
            let key = randomKey()
            guard !books.orders.isFull, books.canPlace(key, instrument, .buy) else { continue }
            let order = books.orders.allocate()
            books.orders[order] = RestingOrder()
            books.orders[order].instrument = instrument
            books.place(order, at: key)
            live.append((key, order))
        }
        var copy = OrderBooks(
            instruments: 1, orderCapacity: shape.orders, pageCapacity: shape.pages)
        books.forEachLevel(instrument, .buy) { key, level in
            books.ladders.queues.forEach(in: Int(level.index)) { order in
                copy.orders[order] = books.orders[order]
                expect(copy.restore(order, at: key))
            }
        }
        expect(copy.deepen(instrument, .buy, to: books.depth(instrument, .buy)))
        expect(copy.depth(instrument, .buy) == books.depth(instrument, .buy))
        expect(copy.ladders.pages.count == books.ladders.pages.count)
        expect(copy.ladders.nodes.count == books.ladders.nodes.count)
        expect(copy.hasRoomForAnyPrice == books.hasRoomForAnyPrice)
        for _ in 0..<2000 {
            let key = randomKey()
            expect(copy.canPlace(key, instrument, .buy) == books.canPlace(key, instrument, .buy))
        }
        var order: [Int32] = []
        books.forEachOrder(instrument, .buy) { order.append($0) }
        var rebuilt: [Int32] = []
        copy.forEachOrder(instrument, .buy) { rebuilt.append($0) }
        #expect(order == rebuilt)
        // And the room is what it says: the rest goes just as in the original.
        for _ in 0..<100 {
            guard let last = live.popLast() else { break }
            books.remove(last.order)
            copy.remove(last.order)
            expect(copy.ladders.nodes.count == books.ladders.nodes.count)
        }
    }

    @Test("A side is never rebuilt shallower, deeper than prices are long, or without room")
    func impossibleDepths() {
        var books = OrderBooks(instruments: 1, orderCapacity: 4, pageCapacity: 1)
        let instrument = InstrumentIndex(0)
        expect(books.deepen(instrument, .sell, to: 0))
        expect(!books.deepen(instrument, .sell, to: 1))
        for order in 0..<2 as Range<Int32> {
            books.orders[order] = RestingOrder()
            books.orders[order].instrument = instrument
            books.orders[order].attributes.side = .sell
        }
        expect(books.restore(0, at: LevelKey(tick: 0, side: .sell)))
        expect(!books.restore(1, at: LevelKey(tick: 64, side: .sell)))
        expect(books.restore(1, at: LevelKey(tick: 63, side: .sell)))
        expect(books.deepen(instrument, .sell, to: 6))
        expect(!books.deepen(instrument, .sell, to: 5))
        expect(!books.deepen(instrument, .sell, to: 7))
        expect(books.depth(instrument, .sell) == 6)
    }

    /// The macro cannot look into what must not be copied.
    private func expect(
        _ isTrue: Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(isTrue, sourceLocation: sourceLocation)
    }
}
