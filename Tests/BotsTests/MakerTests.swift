import Domain
import OrderFlow
import Testing

@testable import Bots

@Suite("Market maker")
struct MakerTests {
    private var settings: MakerSettings {
        var settings = MakerSettings(
            TradedInstrument(instrument: 2001, product: 200, tick: Price(raw: 1_000_000)))
        settings.halfSpreadTicks = 2
        settings.levels = 2
        settings.stepTicks = 3
        settings.size = Quantity(units: 10)
        settings.positionMax = Quantity(units: 40)
        settings.skewTicks = 4
        return settings
    }

    /// "B 0 99.98 10": side, level, price, quantity.
    private func words(_ quotes: [Quote]) -> [String] {
        quotes.map {
            "\($0.side == .buy ? "B" : "S") \($0.level) "
                + "\(Double($0.price.raw) / 1e8) \($0.quantity.raw / Quantity.unit)"
        }
    }

    @Test("Flat: the same distance on both sides")
    func flat() {
        #expect(
            words(settings.quotes(around: Price(units: 100), position: .zero)) == [
                "B 0 99.98 10", "B 1 99.95 10", "S 0 100.02 10", "S 1 100.05 10",
            ])
    }

    @Test("A position moves all quotes so that the market takes it back")
    func skew() {
        #expect(
            words(settings.quotes(around: Price(units: 100), position: Quantity(units: 20))) == [
                "B 0 99.96 10", "B 1 99.93 10", "S 0 100.0 10", "S 1 100.03 10",
            ])
        #expect(
            words(settings.quotes(around: Price(units: 100), position: Quantity(units: -20))) == [
                "B 0 100.0 10", "B 1 99.97 10", "S 0 100.04 10", "S 1 100.07 10",
            ])
    }

    @Test("No quote could make the position larger than its limit, even if all trade")
    func limit() {
        for position in stride(from: Int64(-40), through: 40, by: 1) {
            let quotes = settings.quotes(
                around: Price(units: 100), position: Quantity(units: position))
            for side in [Side.buy, .sell] {
                let sum = quotes.filter { $0.side == side }.reduce(0) { $0 + $1.quantity.raw }
                let after = Quantity(units: position).raw + (side == .buy ? sum : -sum)
                #expect(abs(after) <= settings.positionMax.raw)
            }
        }
        let full = settings.quotes(around: Price(units: 100), position: Quantity(units: 35))
        #expect(words(full).filter { $0.hasPrefix("B") } == ["B 0 99.94 5"])
    }

    @Test("Between two ticks, and below zero, both sides keep their distance")
    func rounding() {
        let middle = Price(raw: 100 * Price.unit + 500_000)
        let quotes = settings.quotes(around: middle, position: .zero)
        #expect(words(quotes)[0] == "B 0 99.98 10" && words(quotes)[2] == "S 0 100.03 10")
        let negative = settings.quotes(around: Price(raw: -500_000), position: .zero)
        #expect(words(negative)[0] == "B 0 -0.03 10" && words(negative)[2] == "S 0 0.02 10")
    }
}

@Suite("References")
struct ReferenceTests {
    private let tick = Price(raw: 1_000_000)

    @Test("The seed decides the walk, however often it is asked")
    func seed() {
        var often = RandomWalk(start: Price(units: 585), tick: tick, seed: 7)
        var seldom = RandomWalk(start: Price(units: 585), tick: tick, seed: 7)
        var other = RandomWalk(start: Price(units: 585), tick: tick, seed: 8)
        var differs = false
        for second in UInt64(0)..<600 {
            for tenth in UInt64(0)..<10 {
                _ = often.price(at: second * 1_000_000_000 + tenth * 100_000_000)
            }
            let now = (second + 1) * 1_000_000_000
            let price = often.price(at: now)
            #expect(price == seldom.price(at: now))
            differs = differs || price != other.price(at: now)
        }
        #expect(differs)
    }

    @Test("The walk moves by ticks, and stays near its start and above zero")
    func reach() {
        var walk = RandomWalk(
            start: Price(raw: 5 * 1_000_000), tick: tick, seed: 1, ticksPerSecond: 10)
        var seen: Set<Int64> = []
        for second in UInt64(0)..<36_000 {
            let price = walk.price(at: second * 1_000_000_000)
            #expect(price.raw % tick.raw == 0 && price.raw > 0 && price.raw < 10 * tick.raw)
            seen.insert(price.raw)
        }
        #expect(seen.count > 4)
    }

    @Test("A recording's middle is that of its time; rows without both sides change nothing")
    func recorded() throws {
        func row(_ seconds: Int64) -> FlowEvent {
            FlowEvent(
                timeNanos: seconds * 1_000_000_000, kind: .newOrder, orderID: 1, size: 1,
                price: 1, side: .buy)
        }
        func best(_ bid: Int64, _ ask: Int64) -> BestPrices {
            BestPrices(askPrice: ask, askSize: 1, bidPrice: bid, bidSize: 1)
        }
        let flow = RecordedFlow(
            events: [34_200, 34_201, 34_203, 34_203].map(row),
            bestPrices: [
                best(BestPrices.noBid, 101_0000), best(100_0000, 101_0000),
                best(100_0000, BestPrices.noAsk), best(99_0000, 100_0000),
            ])
        var reference = try #require(RecordedReference(flow))
        #expect(reference.price(at: 0) == Price(raw: 100_50000000))
        #expect(reference.price(at: 1_999_999_999) == Price(raw: 100_50000000))
        #expect(reference.price(at: 2_000_000_000) == Price(raw: 99_50000000))
        #expect(reference.price(at: 90_000_000_000) == Price(raw: 99_50000000))
        #expect(
            RecordedReference(
                RecordedFlow(events: [row(1)], bestPrices: [best(BestPrices.noBid, 1)])) == nil)
    }
}
