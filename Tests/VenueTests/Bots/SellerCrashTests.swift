import Bots
import Client
import Domain
import LinuxPlatform
import OrderFlow
import PublicBooks
import SQLiteFile
import Testing

/// A bot's death: nothing after it is done, as after kill -9.
private struct Death: Error {}

/// A connection whose user dies after so many uses of it, in the middle of what it was doing.
private final class MortalStream: ByteStream {
    private let stream: TCPByteStream
    private var usesLeft: Int
    /// Whether the bytes of the last use still leave.
    private let sendsLast: Bool

    init(port: UInt16, uses: Int, sendsLast: Bool = false) throws {
        stream = try TCPByteStream(port: port)
        self.sendsLast = sendsLast
        usesLeft = uses
    }

    private func use() throws(ToolError) {
        usesLeft -= 1
        guard usesLeft < 0 else { return }
        throw .run("death")
    }

    /// Dies before anything is sent, or after all of it.
    func send(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int {
        if usesLeft == 0, sendsLast { _ = try stream.send(bytes) }
        try use()
        return try stream.send(bytes)
    }

    /// Dies before an answer is read, or after.
    func receive(into space: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = try stream.receive(into: space)
        if count > 0 { try use() }
        return count
    }

    func wait(nanos: Int) { stream.wait(nanos: nanos) }
    func close() { stream.close() }
}

extension VenueSuites {
    @Suite("Seller", .enabled(if: SQLiteFile.isAvailable, "needs libsqlite3-dev"))
    struct SellerCrashTests {
        private static let plan = SellerPlan(
            traded: .apple, session: 30001, quantity: Quantity(units: 6_000),
            slice: Quantity(units: 10), limit: Price(units: 584), pauseNanos: 0)

        /// One life of the seller, which may end at any moment; else it ends when all is sold.
        private func live(
            _ path: String, _ venue: UInt16, _ office: UInt16?, uses: Int, diesActing: Int,
            recovered: inout [SellerOrder], _ market: () throws -> TopOfBook
        ) throws {
            let store = try SellerStore(path, plan: Self.plan)
            let clock = SystemClock.utc
            let stream = try MortalStream(port: venue, uses: uses, sendsLast: uses % 3 != 0)
            let desk = Desk(.demonstration(3), stream: stream, clock: clock)
            try desk.open()
            recovered += try SellerRecovery(
                store, desk: desk,
                office: try office.map {
                    ListenerConnection(
                        session: 90003, password: "apus-90003",
                        stream: try MortalStream(port: $0, uses: .max), clock: clock)
                }, clock: clock
            ).run()
            var bot = try SellerBot(store)
            var acts = 0
            while !bot.isDone {
                var executions: [OwnOrders.Execution] = []
                try desk.look { executions.append($0) }
                for execution in executions { bot.note(execution) }
                // Between the answer's reading and the note in the store.
                acts += 1
                if acts == diesActing { throw Death() }
                _ = try bot.act(at: UInt64(acts) * 10_000_000_000, desk: desk, top: try market())
                try desk.flush()
                desk.venue.wait(nanos: 1_000_000)
            }
            try desk.close()
        }

        @Test(
            "It dies at any moment, goes on, and sells what it was told to: no more, no less",
            arguments: [true, false])
        func crashes(asksDropCopy: Bool) throws {
            try withDatabase { path in
                try withDropCopy { venue, publisher in
                    let ledger = try TradeLedger(publisher)
                    let clock = SystemClock.utc
                    let buyer = Desk(
                        .demonstration(1), stream: try TCPByteStream(port: venue.port),
                        clock: clock)
                    try buyer.open()
                    var random = SeededGenerator(seed: 4)
                    /// Bids come and go: some slices find less than they want.
                    func market() throws -> TopOfBook {
                        try buyer.look()
                        if buyer.orders.count < 3 {
                            buyer.enter(
                                OrderRequest(
                                    side: .buy, price: Price(units: 584),
                                    quantity: Quantity(units: Int64(3 + random.below(20))),
                                    instrument: 2001, product: 200))
                            #expect(try buyer.settle())
                        }
                        return TopOfBook(buyer.orders)
                    }
                    var deaths = 0
                    var recovered: [SellerOrder] = []
                    var isDone = false
                    while !isDone, deaths < 400 {
                        do {
                            try live(
                                path, venue.port, asksDropCopy ? publisher.port : nil,
                                uses: 4 + random.below(40),
                                diesActing: random.below(4) == 0 ? 1 + random.below(30) : -1,
                                recovered: &recovered, market)
                            isDone = true
                        } catch let error as ToolError where error.description == "death" {
                            deaths += 1
                        } catch is Death {
                            deaths += 1
                        }
                    }
                    #expect(isDone && deaths > 30)
                    let store = try SellerStore(path, plan: nil)
                    let orders = try store.orders()
                    let sold = orders.reduce(Int64(0)) { $0 + ($1.soldQty?.raw ?? 0) }
                    #expect(sold == Self.plan.quantity.raw)
                    // The truth: what the market says was sold.
                    try buyer.close()
                    let bought = buyer.orders.position(in: 2001).net
                    #expect(try ledger.hear(net: bought, of: 10001))
                    #expect(bought == Self.plan.quantity)
                    #expect(ledger.net[30001] == -Self.plan.quantity.raw)
                    // Both kinds of unknown fate were met, and told apart.
                    #expect(recovered.contains { $0.soldQty == .zero })
                    #expect(recovered.contains { $0.soldQty ?? .zero > .zero })
                }
            }
        }
    }
}
