import Domain
import Platform
import PublicBooks

/// The market as the public feed tells it.
public final class FeedWatch {
    private let feed: any DatagramFeed
    @exclusivity(unchecked) private var builder = PublicBookBuilder(
        limits: PublicBookLimits(packets: 1 << 12))
    @exclusivity(unchecked) private var tape: [Print] = []
    /// By the builder's index.
    @exclusivity(unchecked) private var directions: [Int: Int] = [:]
    @exclusivity(unchecked) private var lastPrices: [Int: Price] = [:]
    private var isSilent = true

    private static let tapeMax = 2_000
    /// Levels that no window is high enough for.
    private static let depthMax = 200

    public init(_ feed: any DatagramFeed) { self.feed = feed }

    /// Takes what has arrived, within bounds; returns whether there was anything.
    public func look() -> Bool {
        var total = 0
        for _ in 0..<256 {
            let count = feed.receive { channel, datagram in
                builder.take(datagram, from: channel)
                for index in 0..<builder.eventCount { note(builder.event(at: index)) }
            }
            if count == 0 { break }
            total += count
        }
        if total > 0 { isSilent = false }
        return total > 0
    }

    private func note(_ event: PublicEvent) {
        guard event.kind == .trade, event.instrument >= 0 else { return }
        let index = Int(event.instrument)
        if let before = lastPrices[index] {
            directions[index] =
                event.price > before ? 1 : event.price < before ? -1 : directions[index] ?? 0
        }
        lastPrices[index] = event.price
        tape.append(
            Print(
                time: event.time,
                securityID: UInt32(truncatingIfNeeded: builder.instrument(index).securityID),
                price: event.price, quantity: event.quantity,
                aggressor: event.hasAggressor ? event.side : nil))
        if tape.count > 2 * Self.tapeMax { tape.removeFirst(tape.count - Self.tapeMax) }
    }

    /// Puts what is known into the state. Rows that it has keep their place and name; instruments that
    /// only the feed knows come behind them, by number.
    public func fill(_ state: inout ScreenState) {
        state.feedIsSilent = isSilent
        for index in 0..<builder.instrumentCount {
            let known = builder.instrument(index)
            let securityID = UInt32(truncatingIfNeeded: known.securityID)
            var position = state.market.firstIndex { $0.securityID == securityID }
            if position == nil {
                state.market.append(
                    MarketRow(
                        securityID: securityID, name: "\(securityID)",
                        product: known.marketSegmentID))
                position = state.market.count - 1
            }
            guard let position else { continue }
            state.market[position].take(known, direction: directions[index] ?? 0)
        }
        state.tape = tape
        fillLadder(&state)
    }

    private func fillLadder(_ state: inout ScreenState) {
        state.ladder = Ladder()
        guard let row = state.chosenRow, let index = builder.index(of: Int64(row.securityID))
        else { return }
        for level in 0..<min(Self.depthMax, builder.levelCount(index, .buy)) {
            state.ladder.bids.append(builder.level(index, .buy, at: level))
        }
        for level in 0..<min(Self.depthMax, builder.levelCount(index, .sell)) {
            state.ladder.asks.append(builder.level(index, .sell, at: level))
        }
    }
}

extension MarketRow {
    mutating func take(_ known: PublicInstrument, direction: Int) {
        condition = known.condition
        tradingStatus = known.state.trading
        top = known.top
        last = known.statistics.last
        lastQty = known.statistics.lastQty
        open = known.statistics.open
        high = known.statistics.high
        low = known.statistics.low
        volume = known.statistics.volume
        self.direction = direction
    }
}
