import Domain
import Platform
import TestSupport
import Testing

@testable import OrderFlow

/// What the feed told against what must be true, row by row.
@Suite("Rows against the public feed")
struct FeedWatchTests {
    /// A feed of instrument 2001 written by hand, and the watch of it.
    final class Desk {
        let feed = FakeFeed()
        let watch: FeedWatch
        private var incremental = FeedPacketWriter(marketSegmentID: 200)
        private var snapshot = FeedPacketWriter(marketSegmentID: 200)
        private var sentAt: UInt64 = 100

        init() {
            watch = FeedWatch(
                feed, securityID: 2001, bufferBytes: 1 << 20, clock: TestClock.clock,
                limits: .init(products: 1, instruments: 2, orders: 64, packets: 16))
            cycle([], updated: 1)
            #expect(watch.start())
        }

        /// Sends one transaction; false: it is lost on the way.
        func send(_ messages: FeedMessage.Bytes..., arrives: Bool = true) {
            sentAt += 1
            let packet = incremental.packet(messages, sentAt: sentAt)
            if arrives { feed.put(packet, .incremental) }
            watch.look()
        }

        func cycle(_ orders: [FeedMessage.Bytes], updated: UInt64) {
            sentAt += 1
            let summaries = [
                FeedMessage.productSummary(last: incremental.msgSeqNum),
                FeedMessage.instrumentSummary(
                    2001, orders: UInt16(orders.count), updated: updated),
            ]
            feed.put(snapshot.packet(summaries + orders, sentAt: sentAt), .snapshot)
            watch.look()
        }

        func add(_ price: Int64, _ size: Int64, at time: UInt64, arrives: Bool = true) {
            send(
                FeedMessage.add(
                    2001, side: 1, price: price * FlowUnits.priceFactor, quantity: size * 10_000,
                    priority: time), arrives: arrives)
        }

        func execute(_ price: Int64, _ size: Int64, _ priority: UInt64, at time: UInt64) {
            let (price, quantity) = (price * FlowUnits.priceFactor, size * 10_000)
            send(
                FeedMessage.executionSummary(
                    2001, aggressor: 2, price: price, quantity: quantity, at: time),
                FeedMessage.execution(
                    2001, side: 1, price: price, quantity: quantity, priority: priority, match: 1,
                    isFull: false))
        }

        /// The row must end with this bid.
        func expect(
            row: Int, _ price: Int64, _ size: Int64, at time: UInt64?,
            fills: [NaiveBook.Fill]? = nil
        ) {
            var best = BestPrices.empty
            (best.bidPrice, best.bidSize) = (price, size)
            watch.expect(
                FeedWatch.Expectation(
                    row: row, time: time.map { Timestamp(nanos: $0) } ?? .none, bestPrices: best,
                    fills: fills))
        }
    }

    @Test("rows are compared as of their transaction, whichever side is ahead")
    func aheadAndBehind() {
        let desk = Desk()
        // The feed ahead.
        desk.add(100, 5, at: 10)
        desk.add(101, 6, at: 20)
        desk.expect(row: 0, 100, 5, at: 10)
        // A row that changes nothing public is as the one before it.
        desk.expect(row: 1, 100, 5, at: nil)
        desk.expect(row: 2, 101, 6, at: 20)
        #expect(desk.watch.openCount == 0)
        // The feed behind.
        desk.expect(row: 3, 102, 7, at: 30)
        #expect(desk.watch.openCount == 1)
        desk.add(102, 7, at: 30)
        #expect(desk.watch.openCount == 0)
        let report = desk.watch.finish()
        #expect(report.rows == 4 && report.rowsEqual == 4 && report.isEqual)
    }

    @Test("a wrong best price is found")
    func wrongPrice() {
        let desk = Desk()
        desk.add(100, 5, at: 10)
        desk.expect(row: 7, 100, 6, at: 10)
        let report = desk.watch.finish()
        #expect(report.rowsEqual == 0 && !report.isEqual)
        #expect(report.differences.first?.hasPrefix("row 7: expected bid 6 at 100") == true)
    }

    @Test("executions are compared by order, price and quantity, and with the aggressor's sum")
    func executions() {
        let desk = Desk()
        desk.watch.entered(77, timePriority: Timestamp(nanos: 10))
        desk.add(100, 5, at: 10)
        desk.expect(row: 0, 100, 5, at: 10)
        desk.execute(100, 2, 10, at: 20)
        desk.expect(row: 1, 100, 3, at: 20, fills: [.init(orderID: 77, price: 100, size: 2)])
        desk.execute(100, 1, 10, at: 30)
        desk.expect(row: 2, 100, 2, at: 30, fills: [.init(orderID: 78, price: 100, size: 1)])
        desk.execute(100, 1, 10, at: 40)
        desk.expect(row: 3, 100, 1, at: 40)
        let report = desk.watch.finish()
        #expect(report.rowsEqual == 4)
        #expect(report.executions == 2 && report.executionsEqual == 1)
        #expect(report.unexplained == 1 && !report.isEqual)
    }

    @Test("rows of a time that was lost count as not equal; those after the snapshot are compared")
    func loss() {
        let desk = Desk()
        desk.add(100, 5, at: 10)
        desk.expect(row: 0, 100, 5, at: 10)
        desk.add(101, 6, at: 20, arrives: false)
        desk.expect(row: 1, 101, 6, at: 20)
        desk.add(102, 7, at: 30)
        desk.expect(row: 2, 102, 7, at: 30)
        #expect(desk.watch.openCount == 2)
        let orders = [(102, 7, 30), (101, 6, 20), (100, 5, 10)].map {
            FeedMessage.snapshotOrder(
                side: 1, price: Int64($0.0) * FlowUnits.priceFactor,
                quantity: Int64($0.1) * 10_000, priority: UInt64($0.2))
        }
        desk.cycle(orders, updated: 30)
        desk.add(103, 8, at: 40)
        desk.expect(row: 3, 103, 8, at: 40)
        let report = desk.watch.finish()
        #expect(report.rows == 4 && report.rowsEqual == 3 && report.rowsLost == 1)
        #expect(report.gaps == 1 && !report.isEqual)
    }

    @Test("a feed that falls silent holds nobody up, and its rows count as not equal")
    func silence() {
        let desk = Desk()
        desk.expect(row: 0, 100, 5, at: 10)
        desk.watch.stopWaiting()
        #expect(desk.watch.openCount == 0)
        desk.expect(row: 1, 100, 5, at: 20)
        let report = desk.watch.finish()
        #expect(report.rows == 2 && report.rowsEqual == 0 && report.rowsLost == 2)
    }

    @Test("without a feed nothing starts") func nothing() {
        let watch = FeedWatch(
            FakeFeed(), securityID: 2001, bufferBytes: 1 << 20, clock: TestClock.clock,
            limits: .init(products: 1, instruments: 2, orders: 64, packets: 16))
        #expect(!watch.start())
    }

    @Test("which books must be as recorded decides")
    func whichBooks() {
        var report = ReplayReport()
        (report.rows, report.rowsEqual) = (10, 9)
        var feed = FeedReport()
        (feed.rows, feed.rowsEqual) = (10, 10)
        report.feed = feed
        #expect(!report.isEqual)
        report.books = .feed
        #expect(report.isEqual)
        report.feed?.rowsEqual = 9
        report.rowsEqual = 10
        #expect(!report.isEqual)
        report.books = .both
        #expect(!report.isEqual)
    }
}
