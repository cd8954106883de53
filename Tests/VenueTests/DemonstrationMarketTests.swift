import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// The built-in market as its users see it: other checks rely on every value here.
    @Suite("Demonstration market, over the wire")
    struct DemonstrationMarketTests {
        private struct Product {
            let number: Int32
            let instruments: [UInt32]
            let tick: Double
            let maximum: Int64
        }

        private static let products = [
            Product(number: 100, instruments: [1001, 1002], tick: 0.5, maximum: 100_000),
            Product(
                number: 200, instruments: [2001, 2002, 2003, 2004, 2005], tick: 0.01,
                maximum: 1_000_000),
            Product(number: 300, instruments: [3001], tick: 0.01, maximum: 10_000),
        ]

        @Test("Every instrument trades in its product, by its tick, lot and maximum quantity")
        func terms() throws {
            try withVenue { venue in
                let client = try venue.member(.one)
                var id: UInt64 = 0
                func enter(
                    _ instrument: UInt32, _ product: Int32, lots: Int64, price: Double,
                    change: (NewOrderSingleRequestWriter) -> Void = { _ in }
                ) throws -> Message {
                    id += 1
                    return try client.ask {
                        Frames.order($0, clOrdID: id, product: product, instrument: instrument) {
                            $0.side = 1
                            $0.price = .price(price)
                            $0.orderQty = .lots(lots)
                            change($0)
                        }
                    }
                }
                for product in Self.products {
                    for instrument in product.instruments {
                        let good = try enter(
                            instrument, product.number, lots: product.maximum,
                            price: 10 + product.tick)
                        #expect(good.template == .newOrderResponse, "\(good)")
                        let large = try enter(
                            instrument, product.number, lots: product.maximum + 1, price: 10)
                        #expect(large.reject?.reason == 210)
                        #expect(large.text.contains("\(product.maximum)"), "\(large.text)")
                        let offTick = try enter(
                            instrument, product.number, lots: 1, price: 10 + product.tick / 2)
                        #expect(offTick.reject?.reason == 5)
                        #expect(offTick.text.contains("\(product.tick)"), "\(offTick.text)")
                        let offLot = try enter(instrument, product.number, lots: 1, price: 10) {
                            $0.orderQty = 15_000
                        }
                        #expect(offLot.reject?.reason == 5)
                        #expect(offLot.text.contains("multiple of 1"), "\(offLot.text)")
                        let elsewhere = Self.products.first { $0.number != product.number }!
                        let wrong = try enter(instrument, elsewhere.number, lots: 1, price: 10)
                        #expect(wrong.reject?.reason == 5)
                    }
                }
                for stranger in [999, 1003, 2006, 3002] as [UInt32] {
                    #expect(try enter(stranger, 100, lots: 1, price: 10).reject?.reason == 5)
                }
                #expect(try enter(1001, 400, lots: 1, price: 10).reject?.reason == 5)
            }
        }

        @Test(
            "Every trading session and trader gets in with its own password",
            arguments: [1, 2, 3] as [UInt32])
        func members(unit: UInt32) throws {
            try withVenue { venue in
                let client = try venue.connect()
                let logon = try client.ask {
                    Frames.logon($0, session: unit * 10_000 + 1, password: "apus-\(unit)")
                }
                #expect(logon.template == .logonResponse)
                #expect(logon.field("ThrottleNoMsgs") == 0)
                #expect(logon.field("HeartBtInt") == 10_000)
                for trader in [unit * 10 + 1, unit * 10 + 2] {
                    let login = try client.ask {
                        Frames.userLogin($0, user: trader, password: "apus-\(trader)")
                    }
                    #expect(login.template == .userLoginResponse)
                }
                // Another unit's trader is not known here.
                let foreign = unit % 3 * 10 + 11
                let refused = try client.ask {
                    Frames.userLogin($0, user: foreign, password: "apus-\(foreign)")
                }
                #expect(refused.reject?.reason == 210)
                try client.logOut()
            }
        }

        @Test("Market operations log on here; back offices have another port")
        func otherSessions() throws {
            try withVenue { venue in
                let operations = try venue.connect()
                let logon = try operations.ask {
                    Frames.logon($0, session: 90000, password: "apus-90000")
                }
                #expect(logon.template == .logonResponse)
                var texts: Set<String> = []
                for session in [90001, 90002, 90003, 55555] as [UInt32] {
                    let client = try venue.connect()
                    let answer = try client.ask {
                        Frames.logon($0, session: session, password: "apus-\(session)")
                    }
                    #expect(answer.reject == Refused(210, status: 4, msgSeqNum: 1))
                    texts.insert(answer.text)
                    #expect(client.isClosedByVenue())
                }
                #expect(texts.count == 1, "nothing tells which sessions exist")
            }
        }
    }
}
