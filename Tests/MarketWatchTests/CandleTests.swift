import Domain
import Testing

@testable import MarketWatch

@Suite struct CandleTests {
    static func price(_ units: Int64) -> Price { Price(units: units) }

    @Test func aTradeOnTheBoundaryBeginsTheNextCandle() {
        var maker = CandleMaker(intervalNanos: 1000)
        func add(_ units: Int64, _ nanos: UInt64) -> Candle? {
            maker.add(
                instrument: 0, price: Price(units: units), quantity: Quantity(units: 2),
                at: Timestamp(nanos: nanos))
        }
        #expect(add(10, 1000) == nil)
        #expect(add(12, 1500) == nil)
        #expect(add(9, 1999) == nil)
        let done = add(11, 2000)
        #expect(done?.start.nanos == 1000 && done?.tradeCount == 3)
        #expect(done?.open == Self.price(10) && done?.high == Self.price(12))
        #expect(done?.low == Self.price(9) && done?.close == Self.price(9))
        #expect(done?.volume == Quantity(units: 6))
        // 62 / 6
        #expect(done?.vwap.raw == 1_033_333_333)
        #expect(maker.finish(by: Timestamp(nanos: 2999)).isEmpty)
        #expect(maker.finish(by: Timestamp(nanos: 3000)).map(\.close) == [Self.price(11)])
        #expect(maker.finish(by: .none).isEmpty)
    }

    /// Sums and extremes of random trades, gathered again by sorting.
    @Test func agreesWithSorting() {
        var seed: UInt64 = 88
        func random(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        var maker = CandleMaker(intervalNanos: 500)
        var trades: [(instrument: Int, price: Int64, quantity: Int64, time: UInt64)] = []
        var candles: [Candle] = []
        var time: UInt64 = 0
        for _ in 0..<2000 {
            time += random(60)
            let trade = (Int(random(3)), Int64(random(90) + 10), Int64(random(9) + 1), time)
            trades.append(trade)
            if let done = maker.add(
                instrument: trade.0, price: Price(raw: trade.1), quantity: Quantity(raw: trade.2),
                at: Timestamp(nanos: time))
            {
                candles.append(done)
            }
        }
        candles += maker.finish(by: .none)
        let groups = Dictionary(grouping: trades) { [$0.instrument, Int($0.time / 500)] }
        #expect(candles.count == groups.count)
        for candle in candles {
            let group = groups[[candle.instrument, Int(candle.start.nanos / 500)]] ?? []
            #expect(candle.open.raw == group.first?.price && candle.close.raw == group.last?.price)
            #expect(candle.high.raw == group.map(\.price).max())
            #expect(candle.low.raw == group.map(\.price).min())
            #expect(candle.volume.raw == group.map(\.quantity).reduce(0, +))
            #expect(
                candle.turnover == group.reduce(0) { $0 + Int128($1.price) * Int128($1.quantity) })
            #expect(candle.tradeCount == group.count)
        }
    }
}
