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
}
