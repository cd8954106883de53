import Domain
import Platform
import PublicBooks
import TestSupport
import Testing

/// One rule of the feed a test, packet by packet.
@Suite struct FeedRuleTests {
    static let security: Int64 = 5
    static let unit: Int64 = 100_000_000

    /// A feed written by hand, and its receiver, which has joined an empty book at number 0.
    final class Desk {
        var incremental = FeedPacketWriter(marketSegmentID: 7)
        var snapshot = FeedPacketWriter(marketSegmentID: 7)
        let receiver: Receiver
        var time: UInt64 = 10_000_000_000

        init(limits: PublicBookLimits = PublicBookLimits(orders: 256, packets: 64)) {
            receiver = Receiver(limits: limits)
            cycle([FeedMessage.instrumentSummary(security, orders: 0, updated: 1)])
            receiver.events.removeAll()
        }

        func packet(_ messages: [FeedMessage.Bytes], isComplete: Bool = true) -> [UInt8] {
            time += 10
            return incremental.packet(messages, isComplete: isComplete, sentAt: time)
        }

        func send(_ messages: FeedMessage.Bytes..., isComplete: Bool = true) {
            receiver.take(packet(messages, isComplete: isComplete), .incremental)
        }

        func cycle(_ messages: [FeedMessage.Bytes], asOf: UInt32? = nil) {
            time += 10
            let summary = FeedMessage.productSummary(last: asOf ?? incremental.msgSeqNum)
            receiver.take(snapshot.packet([summary] + messages, sentAt: time), .snapshot)
        }

        var instrument: PublicInstrument? { receiver.instrument(security) }
        var prices: [Int64] { receiver.orders(security).map { $0.price / unit } }
        func events(_ kind: PublicEvent.Kind) -> [PublicEvent] {
            receiver.events.filter { $0.kind == kind }
        }
    }

    static func add(_ price: Int64, _ quantity: Int64 = 1, side: UInt8 = 1, at time: UInt64)
        -> FeedMessage.Bytes
    {
        FeedMessage.add(
            security, side: side, price: price * unit, quantity: quantity * 10_000, priority: time)
    }

    static func fill(
        _ price: Int64, _ quantity: Int64, _ priority: UInt64, match: UInt32, full: Bool
    )
        -> FeedMessage.Bytes
    {
        FeedMessage.execution(
            security, side: 1, price: price * unit, quantity: quantity * 10_000, priority: priority,
            match: match, isFull: full)
    }

    static func summary(_ price: Int64, _ quantity: Int64, at time: UInt64) -> FeedMessage.Bytes {
        FeedMessage.executionSummary(
            security, aggressor: 2, price: price * unit, quantity: quantity * 10_000, at: time)
    }

    @Test func nothingIsShownBeforeASnapshot() {
        let receiver = Receiver()
        var writer = FeedPacketWriter(marketSegmentID: 7)
        receiver.take(writer.packet([Self.add(1, at: 1)], sentAt: 5), .incremental)
        #expect(receiver.instrument(5) == nil)
        #expect(receiver.orders(5).isEmpty && receiver.events.isEmpty)
    }

    @Test func bestPricesAreToldOncePerTransaction() {
        let desk = Desk()
        desk.send(Self.add(10, 2, at: 100), Self.add(9, at: 200), Self.add(11, 3, at: 300))
        let tops = desk.events(.topOfBook)
        #expect(tops.map(\.top.bid.price.raw) == [10 * Self.unit, 11 * Self.unit])
        #expect(tops.map(\.time.nanos) == [100, 300])
        #expect(
            desk.instrument?.top.bid
                == PublicLevel(
                    price: Price(units: 11), quantity: Quantity(units: 3), orderCount: 1))
        #expect(desk.instrument?.lastUpdate.nanos == 300)
        #expect(desk.prices == [11, 10, 9])
    }

    @Test func aTransactionOverSeveralPacketsIsAppliedWhole() {
        let desk = Desk()
        desk.send(Self.add(10, 2, at: 100), Self.add(9, 5, at: 200))
        desk.receiver.events.removeAll()
        desk.send(Self.summary(9, 3, at: 300), isComplete: false)
        desk.send(Self.fill(10, 2, 100, match: 1, full: true), isComplete: false)
        #expect(desk.prices == [10, 9] && desk.receiver.events.isEmpty)
        #expect(desk.instrument?.isLive == true)
        desk.send(Self.fill(9, 1, 200, match: 2, full: false))
        #expect(desk.prices == [9])
        #expect(desk.instrument?.top.bid.quantity == Quantity(units: 4))
        #expect(desk.events(.topOfBook).count == 1)
    }

    @Test func eachPriceOfASweepIsOneTrade() {
        let desk = Desk()
        desk.send(Self.add(10, 2, at: 100))
        desk.send(Self.add(10, 1, at: 150))
        desk.send(Self.add(9, 5, at: 200))
        desk.receiver.events.removeAll()
        desk.send(
            Self.summary(9, 4, at: 300), Self.fill(10, 2, 100, match: 1, full: true),
            Self.fill(10, 1, 150, match: 1, full: true), Self.fill(9, 1, 200, match: 2, full: false)
        )
        let trades = desk.events(.trade)
        #expect(trades.map(\.price.raw) == [10 * Self.unit, 9 * Self.unit])
        #expect(trades.map(\.quantity.raw) == [30_000, 10_000])
        #expect(trades.allSatisfy { $0.hasAggressor && $0.side == .sell && $0.time.nanos == 300 })
        #expect(desk.events(.orderExecuted).map(\.timePriority.nanos) == [100, 150, 200])
        #expect(desk.events(.executionSummary).map(\.quantity.raw) == [40_000])
        let day = desk.instrument?.statistics
        #expect(day?.open.raw == 10 * Self.unit && day?.low.raw == 9 * Self.unit)
        #expect(day?.last.raw == 9 * Self.unit && day?.volume.raw == 40_000)
        // (3 x 10 + 1 x 9) / 4
        #expect(day?.vwap.raw == 975_000_000 && day?.seenTradeCount == 2)
    }

    @Test func aSummaryAloneAndATradeReportAreTradesToo() {
        let desk = Desk()
        desk.send(Self.summary(9, 3, at: 300))
        desk.send(
            FeedMessage.tradeReport(Self.security, price: 8 * Self.unit, quantity: 10_000, at: 400))
        // A report in the summary's transaction is the same trade.
        desk.send(
            Self.summary(7, 1, at: 500),
            FeedMessage.tradeReport(Self.security, price: 7 * Self.unit, quantity: 10_000, at: 500))
        #expect(desk.events(.trade).map(\.price.raw) == [9, 8, 7].map { $0 * Self.unit })
        #expect(desk.instrument?.statistics.volume.raw == 50_000)
    }

    @Test func aMissingPacketMakesTheBookStaleAndItsLateArrivalRepairsIt() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        let late = desk.packet([Self.add(11, at: 200)])
        desk.send(Self.add(12, at: 300))
        #expect(desk.instrument?.condition == .stale && desk.prices == [10])
        #expect(desk.events(.stale).count == 1)
        desk.receiver.take(late, .incremental)
        #expect(desk.instrument?.isLive == true && desk.prices == [12, 11, 10])
        #expect(desk.receiver.builder.counters.closedByLatePackets == 1)
        #expect(desk.events(.live).map(\.time.isNone) == [true])
        desk.receiver.take(late, .incremental)
        #expect(desk.receiver.builder.counters.duplicates == 1 && desk.prices == [12, 11, 10])
    }

    @Test func aSnapshotRepairsTheBookAndLaterChangesFollow() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        _ = desk.packet([Self.add(11, at: 200)])
        desk.send(Self.add(12, at: 300))
        let order = FeedMessage.snapshotOrder(
            side: 1, price: 11 * Self.unit, quantity: 10_000, priority: 200)
        // As of a moment before the last packet, which waited.
        desk.cycle(
            [FeedMessage.instrumentSummary(Self.security, orders: 1, updated: 200), order], asOf: 2)
        #expect(desk.instrument?.isLive == true && desk.prices == [12, 11])
        #expect(desk.events(.live).map(\.time.nanos) == [200])
    }

    @Test func aSnapshotOlderThanTheLossRepairsNothing() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        _ = desk.packet([Self.add(11, at: 200)])
        desk.send(Self.add(12, at: 300))
        desk.cycle([FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 50)], asOf: 0)
        #expect(desk.instrument?.condition == .stale && desk.prices == [10])
    }

    @Test func aSnapshotMayOvertakeTheChangesThatItHolds() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        let other: Int64 = 6
        let overtaken = desk.packet([
            FeedMessage.add(other, side: 1, price: Self.unit, quantity: 10_000, priority: 200)
        ])
        let order = FeedMessage.snapshotOrder(
            side: 1, price: Self.unit, quantity: 10_000, priority: 200)
        desk.cycle([FeedMessage.instrumentSummary(other, orders: 1, updated: 200), order])
        #expect(desk.receiver.isLive(other) && desk.receiver.orders(other).count == 1)
        desk.receiver.take(overtaken, .incremental)
        #expect(desk.receiver.isLive(other) && desk.receiver.orders(other).count == 1)
        #expect(desk.receiver.builder.counters.contradictions == 0)
    }

    @Test func aHeartbeatTellsOfLossAtTheEnd() {
        let desk = Desk()
        _ = desk.packet([Self.add(11, at: 200)])
        #expect(desk.instrument?.isLive == true)
        desk.send(FeedMessage.heartbeat(last: 1))
        #expect(desk.instrument?.condition == .stale)
    }

    @Test func twoSnapshotsTellOfLossAtTheEnd() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        _ = desk.packet([Self.add(11, at: 200)])
        let summary = FeedMessage.instrumentSummary(Self.security, orders: 1, updated: 200)
        let order = FeedMessage.snapshotOrder(
            side: 1, price: 11 * Self.unit, quantity: 10_000, priority: 200)
        desk.cycle([summary, order])
        #expect(desk.instrument?.isLive == true && desk.prices == [10])
        desk.cycle([summary, order])
        #expect(desk.instrument?.isLive == true && desk.prices == [11])
        #expect(desk.receiver.builder.counters.gaps == 1)
    }

    /// As of a later moment, the snapshot of a venue that goes on behind a crash names other numbers.
    @Test func aVenueThatBeganAgainUnheardIsToldByItsSnapshots() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        desk.incremental.msgSeqNum = 5_000
        for _ in 0..<2 {
            desk.cycle([FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 1)])
        }
        #expect(desk.instrument?.isLive == true && desk.prices.isEmpty)
        desk.send(Self.add(30, at: 300))
        #expect(desk.instrument?.isLive == true && desk.prices == [30])
    }

    @Test func aSnapshotWithAHoleIsGivenUp() {
        let desk = Desk()
        _ = desk.packet([Self.add(11, at: 200)])
        desk.send(Self.add(12, at: 300))
        let order = FeedMessage.snapshotOrder(
            side: 1, price: 11 * Self.unit, quantity: 10_000, priority: 200)
        let last = FeedMessage.snapshotOrder(
            side: 1, price: 12 * Self.unit, quantity: 10_000, priority: 300)
        let summary = FeedMessage.instrumentSummary(Self.security, orders: 2, updated: 300)
        desk.time += 10
        let packets = [[FeedMessage.productSummary(last: 2), summary], [order], [last]].map {
            desk.snapshot.packet($0, isComplete: false, sentAt: desk.time)
        }
        desk.receiver.take(packets[0], .snapshot)
        desk.receiver.take(packets[2], .snapshot)
        #expect(desk.instrument?.condition == .stale)
        #expect(desk.receiver.builder.counters.brokenSnapshots == 1)
        desk.cycle([summary, order, last])
        #expect(desk.instrument?.isLive == true && desk.prices == [12, 11])
    }

    @Test func manyOrdersEndWithTheNextSummary() {
        let desk = Desk()
        _ = desk.packet([Self.add(11, at: 200)])
        desk.send(FeedMessage.heartbeat(last: 1))
        let order = FeedMessage.snapshotOrder(
            side: 1, price: 11 * Self.unit, quantity: 10_000, priority: 200)
        desk.cycle([
            FeedMessage.instrumentSummary(Self.security, orders: 65_534, updated: 200), order,
            FeedMessage.instrumentSummary(6, orders: 0, updated: 200),
        ])
        #expect(desk.prices == [11] && desk.instrument?.isLive == true)
        #expect(desk.receiver.isLive(6))
    }

    @Test func numbersThatFallWhileTimeGoesOnAreAVenueThatBeganAgain() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        desk.send(Self.add(11, at: 200))
        desk.incremental = FeedPacketWriter(marketSegmentID: 7)
        desk.snapshot = FeedPacketWriter(marketSegmentID: 7)
        let earlier = desk.time + 5
        desk.send(FeedMessage.heartbeat(last: 0))
        #expect(desk.receiver.builder.counters.restarts == 1)
        #expect(desk.instrument?.condition == .stale && desk.prices.isEmpty)
        // A snapshot of the former venue, still on its way, is void.
        var former = FeedPacketWriter(marketSegmentID: 7)
        former.applSeqNum = 40
        desk.receiver.take(
            former.packet(
                [
                    FeedMessage.productSummary(last: 2),
                    FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 1),
                ], sentAt: earlier), .snapshot)
        #expect(desk.instrument?.condition == .stale)
        desk.send(Self.add(20, at: 900))
        desk.cycle(
            [FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 800)], asOf: 0)
        #expect(desk.instrument?.isLive == true && desk.prices == [20])
    }

    @Test func aVenueWhoseClockWasSetBackIsToldByItsFirstPacket() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100))
        let before = desk.time
        desk.incremental = FeedPacketWriter(marketSegmentID: 7)
        desk.snapshot = FeedPacketWriter(marketSegmentID: 7)
        desk.time = before - 3_000_000_000
        let first = desk.incremental.packet(
            [FeedMessage.heartbeat(last: 0)], isReset: true, sentAt: desk.time)
        desk.receiver.take(first, .incremental)
        desk.receiver.take(first, .incremental)
        #expect(desk.receiver.builder.counters.restarts == 1)
        desk.cycle([FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 1)])
        desk.send(Self.add(30, at: 100))
        #expect(desk.instrument?.isLive == true && desk.prices == [30])
    }

    @Test func massDeletionsAndStatesOfAllKinds() {
        let desk = Desk()
        desk.send(Self.add(10, at: 100), Self.add(20, side: 2, at: 200))
        desk.send(
            FeedMessage.massDelete(Self.security, at: 300), FeedMessage.productState(1, at: 300),
            FeedMessage.massInstrumentState(2, at: 300))
        #expect(desk.prices.isEmpty && desk.instrument?.top == TopOfBook())
        #expect(desk.instrument?.state.trading == 2 && desk.instrument?.productState.status == 1)
        #expect(desk.events(.productState).count == 1)
        #expect(desk.events(.instrumentState).count == 1)
        desk.send(
            FeedMessage.massInstrumentState(2, except: [(Self.security, 203)], at: 400))
        #expect(desk.instrument?.state.trading == 203)
        desk.send(FeedMessage.instrumentState(Self.security, 200, at: 500))
        #expect(desk.instrument?.state.trading == 200)
        // A book that joins later has the snapshot's states.
        let late = Receiver()
        var snapshot = FeedPacketWriter(marketSegmentID: 7)
        late.take(
            snapshot.packet(
                [
                    FeedMessage.productSummary(last: 6, status: 3),
                    FeedMessage.instrumentSummary(
                        Self.security, orders: 0, updated: 1, trading: 200,
                        entries: [
                            (4, 5 * Self.unit, .min), (7, 9 * Self.unit, .min),
                            (8, 4 * Self.unit, .min), (2, 6 * Self.unit, 20_000),
                            (66, .min, 70_000),
                        ]),
                ], sentAt: 1), .snapshot)
        let instrument = late.instrument(Self.security)
        #expect(instrument?.state.trading == 200 && instrument?.productState.status == 3)
        let day = instrument?.statistics
        #expect(day?.open == Price(units: 5) && day?.high == Price(units: 9))
        #expect(day?.low == Price(units: 4) && day?.last == Price(units: 6))
        #expect(day?.lastQty == Quantity(units: 2) && day?.volume == Quantity(units: 7))
        #expect(day?.isComplete == false && day?.vwap.isNone == true)
    }

    @Test func bestPricesAloneMakeABookOfOneLevel() {
        let desk = Desk()
        desk.send(
            FeedMessage.topOfBook(
                Self.security, bid: (10 * Self.unit, 20_000), ask: nil, at: 100))
        let index = desk.receiver.index(Self.security)
        #expect(desk.instrument?.isTopOfBookOnly == true)
        #expect(desk.instrument?.top.bid.orderCount == 3 && desk.instrument?.top.ask.isNone == true)
        #expect(desk.receiver.builder.levelCount(index, .buy) == 1)
        #expect(desk.receiver.builder.levelCount(index, .sell) == 0)
        #expect(desk.receiver.builder.level(index, .buy, at: 0).price == Price(units: 10))
        #expect(desk.receiver.orders(Self.security).isEmpty)
        // Joined by snapshot: the best prices follow the summary.
        let late = Receiver()
        var snapshot = FeedPacketWriter(marketSegmentID: 7)
        late.take(
            snapshot.packet(
                [
                    FeedMessage.productSummary(last: 1),
                    FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 1),
                    FeedMessage.topOfBook(
                        Self.security, bid: nil, ask: (11 * Self.unit, 20_000), at: 100),
                ], sentAt: 1), .snapshot)
        #expect(late.instrument(Self.security)?.top.ask.price == Price(units: 11))
        #expect(late.isLive(Self.security))
    }

    @Test func aMessageThatContradictsTheBookMakesItJoinAnew() {
        let desk = Desk()
        desk.send(Self.add(10, 1, at: 100))
        desk.send(Self.summary(10, 2, at: 300), Self.fill(10, 2, 100, match: 1, full: true))
        #expect(desk.instrument?.condition == .stale)
        #expect(desk.receiver.builder.counters.contradictions == 1)
        desk.cycle([FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 300)])
        #expect(desk.instrument?.isLive == true && desk.prices.isEmpty)
        desk.receiver.builder.checkInvariants()
    }

    @Test func limitsAreSaidAndHeld() {
        let desk = Desk(
            limits: PublicBookLimits(products: 1, instruments: 1, orders: 2, packets: 2))
        var other = FeedPacketWriter(marketSegmentID: 8)
        desk.receiver.take(other.packet([Self.add(1, at: 1)], sentAt: 1), .incremental)
        #expect(desk.receiver.builder.counters.lastLimit == .products)
        desk.send(FeedMessage.instrumentState(99, 203, at: 1))
        #expect(desk.receiver.builder.counters.lastLimit == .instruments)
        desk.send(Self.add(1, at: 1), Self.add(2, at: 2), Self.add(3, at: 3))
        #expect(desk.receiver.builder.counters.lastLimit == .orders)
        #expect(desk.instrument?.condition == .stale)
        _ = desk.packet([Self.add(4, at: 4)])
        for time in 5..<10 as Range<UInt64> { desk.send(Self.add(Int64(time), at: time)) }
        #expect(desk.receiver.builder.counters.lastLimit == .packets)
        desk.receiver.builder.checkInvariants()
        desk.cycle([FeedMessage.instrumentSummary(Self.security, orders: 0, updated: 9)])
        #expect(desk.instrument?.isLive == true)
        #expect(PublicBookLimit.orders.description.contains("orders"))
    }

    @Test func anUnknownTemplateIsPassedOverWithItsNumber() {
        let desk = Desk()
        var strange = FeedMessage.heartbeat(last: 0)
        strange[2] = 0xFF
        strange[3] = 0x33
        desk.send(Self.add(10, at: 100), strange, Self.add(11, at: 200))
        desk.send(Self.add(12, at: 300))
        #expect(desk.prices == [12, 11, 10] && desk.instrument?.isLive == true)
    }
}
