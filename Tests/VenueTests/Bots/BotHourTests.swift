import Bots
import Client
import Domain
import OrderFlow
import PublicBooks
import SQLiteFile
import TestSupport
import Testing

extension VenueSuites {
    @Suite("Bots")
    struct BotHourTests {
        @Test("An hour of their time: every position is the sum of its trades in the drop copy")
        func hour() throws {
            try withDropCopy { venue, publisher in
                let ledger = try TradeLedger(publisher)
                var making = MakerSettings(.apple)
                making.refreshNanos = 1_000_000_000
                let maker = try BotAtWork(
                    MakerBot(
                        making,
                        reference: RandomWalk(
                            start: Price(units: 585), tick: making.traded.tick, seed: 11)),
                    .demonstration(1), port: venue.port)
                var taking = TakerSettings(.apple)
                taking.rate = 1
                let taker = try BotAtWork(
                    TakerBot(taking, seed: 12), .demonstration(2), port: venue.port)
                let hour: UInt64 = 3_600_000_000_000
                var now: UInt64 = 0
                var widest = Quantity.zero
                while now < hour {
                    try maker.look()
                    if maker.next <= now { try maker.act(at: now, nil) }
                    if taker.next <= now {
                        try taker.act(at: now, TopOfBook(maker.desk.orders))
                        // The maker is told by itself, and maybe a moment later.
                        let executions = taker.desk.orders.counts.executions
                        for _ in 0..<1_000
                        where maker.desk.orders.counts.executions < executions {
                            try maker.look()
                            pause(millis: 1)
                        }
                    }
                    try ledger.look()
                    let net = maker.desk.orders.position(in: 2001).net
                    widest = max(widest, Quantity(raw: abs(net.raw)))
                    now = min(maker.next, taker.next)
                }
                try taker.finish()
                try maker.finish()
                let sold = maker.desk.orders.counts
                let took = taker.desk.orders.counts
                #expect(took.entered > 3_000 && took.executions > 2_000)
                #expect(sold.executions > 2_000 && sold.changed > 1_000)
                let ours = maker.desk.orders.position(in: 2001).net
                let theirs = taker.desk.orders.position(in: 2001).net
                // Every quote is alone at its price, so each execution has two sides.
                #expect(sold.executions == took.executions)
                #expect(try ledger.hear(sides: sold.executions * 2))
                #expect(ledger.net[10001] == ours.raw)
                #expect(ledger.net[20001] == theirs.raw)
                #expect(ours.raw == -theirs.raw)
                #expect(widest <= making.positionMax && widest > .zero)
                #expect(maker.desk.orders.isEmpty && taker.desk.orders.isEmpty)
            }
        }

        @Test("A halt takes the maker's quotes; it waits, and quotes again when trading goes on")
        func halt() throws {
            try withVenue { venue in
                let maker = try BotAtWork(
                    MakerBot(
                        MakerSettings(.apple),
                        reference: RandomWalk(
                            start: Price(units: 585), tick: Price(raw: 1_000_000), seed: 1)),
                    .demonstration(1), port: venue.port)
                try maker.act(at: 0, nil)
                #expect(maker.desk.orders.count == 6)
                let operations = try venue.connect()
                _ = try operations.ask {
                    Frames.logon($0, session: 90000, password: "apus-90000", heartbeat: 60_000)
                }
                _ = try operations.ask { Frames.marketState($0, action: 1, product: 200) }
                for _ in 0..<1_000 where !maker.desk.orders.isEmpty {
                    try maker.look()
                    pause(millis: 10)
                }
                #expect(maker.desk.orders.isEmpty)
                // Ten seconds of a halt: no more than a round of refused quotes a second.
                var now: UInt64 = 1_000_000_000
                while now < 11_000_000_000 {
                    try maker.act(at: now, nil)
                    now = maker.next
                }
                let refused = maker.desk.orders.counts.rejected
                #expect(maker.desk.orders.isEmpty && (6...66).contains(refused))
                _ = try operations.ask { Frames.marketState($0, action: 2, product: 200) }
                while now < 14_000_000_000 {
                    try maker.act(at: now, nil)
                    now = maker.next
                }
                #expect(maker.desk.orders.count == 6)
                try maker.finish()
            }
        }

        @Test("After the end of a bot no order of it is left")
        func cleanStop() throws {
            try withVenue { venue in
                let maker = try BotAtWork(
                    MakerBot(
                        MakerSettings(.apple),
                        reference: RandomWalk(
                            start: Price(units: 585), tick: Price(raw: 1_000_000), seed: 1)),
                    .demonstration(1), port: venue.port)
                try maker.act(at: 0, nil)
                #expect(maker.desk.orders.count == 6)
                try maker.finish()
                // Whoever buys at any price finds nobody.
                let other = try venue.member(.two)
                let answer = try other.order(
                    id: 1, side: 1, lots: 1, price: 9_999, instrument: 2001, product: 200,
                    timeInForce: 3)
                #expect(answer.first?.template == .newOrderNRResponse)
                #expect(answer.first?.field("OrdStatus") == 0x34)
            }
        }
    }
}
