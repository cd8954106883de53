import Domain
import TestSupport
import Testing

@testable import MarketData

/// A book kept by what tshark says is in the packets: it shares no line with this package.
private struct DissectedBook {
    private var orders: [NaiveReceiver.Key: PublicOrder] = [:]

    static func template(_ fields: [String: [UInt8]]) -> UInt64 { number(fields, "templateid") }

    private static func number(_ fields: [String: [UInt8]], _ name: String) -> UInt64 {
        (fields[name] ?? []).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func take(_ fields: [String: [UInt8]]) {
        func number(_ name: String) -> UInt64 { Self.number(fields, name) }
        func signed(_ name: String) -> Int64 { Int64(bitPattern: number(name)) }
        func key(_ time: String) -> NaiveReceiver.Key {
            NaiveReceiver.Key(
                security: signed("securityid"), side: UInt8(number("side")), time: number(time))
        }
        let order = PublicOrder(
            time: number("trdregtstimepriority"), price: signed("price"),
            quantity: signed("displayqty"))
        switch number("templateid") {
        case 13100, 13106: orders[key("trdregtstimepriority")] = order
        case 13101:
            orders[key("trdregtsprevtimepriority")] = nil
            orders[key("trdregtstimepriority")] = order
        case 13102, 13104: orders[key("trdregtstimepriority")] = nil
        case 13103:
            for key in orders.keys where key.security == signed("securityid") { orders[key] = nil }
        case 13105: orders[key("trdregtstimepriority")]?.quantity -= signed("lastqty")
        default: break
        }
    }

    func orders(_ security: Int64, _ side: UInt8) -> [PublicOrder] {
        var receiver = NaiveReceiver()
        receiver.books = orders
        return receiver.orders(security, side)
    }
}

extension MarketDataTests {
    @Suite struct TsharkTests {
        static let missing: Comment = "tshark is not installed, so nobody else judges the feed."

        @Test(.enabled(if: TestFiles.program("tshark") != nil, missing))
        func `tshark reads every packet without complaint, and its book is the venue's`() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            let market = TestMarket(massCancelSlice: 16) { $0.snapshotIntervalNanos = 200_000_000 }
            var capture = PacketCapture()
            var channels: [Bool] = []
            /// The engine's books after so many packets.
            var truth: [Int: [[PublicOrder]]] = [:]
            func record(_ packets: [FakeDatagrams.Packet]) {
                for packet in packets {
                    let isIncremental = packet.channel == .incremental
                    channels.append(isIncremental)
                    capture.send(
                        datagram: packet.bytes,
                        toPort: PacketCapture.feedPort - (isIncremental ? 0 : 1))
                }
            }
            PublishedBookTests.run(market, seed: 11, commands: 3_000, perStep: 23) { _, packets in
                market.advance(millis: 3)
                record(packets)
                truth[channels.count] = Self.books(market)
            }
            market.operate(.halt, product: 0, instrument: 0)
            market.finishMassCancels()
            market.operate(.close, product: 0)
            market.operate(.endOfDay, product: 1)
            market.finishMassCancels()
            market.advance(millis: 2_000)
            market.step()
            market.advance(millis: 2_000)
            market.step()
            record(market.sender.take())
            truth[channels.count] = Self.books(market)

            // Headers of packets come as messages of their own.
            let dissected = try Dissector.dissect(capture, with: tshark)
            var book = DissectedBook()
            var templates: [UInt64: Int] = [:]
            var packet = -1
            var compared = 0
            func compare() {
                guard let expected = truth[packet + 1] else { return }
                compared += 1
                let found = (0..<3).flatMap { instrument in
                    [1, 2].map { book.orders(Int64(1000 + instrument), $0) }
                }
                #expect(found == expected, "after packet \(packet)")
            }
            for message in dissected {
                #expect(message.alarms.isEmpty, "packet \(packet): \(message.alarms)")
                #expect(message.unnamed.isEmpty, "packet \(packet): \(message.unnamed)")
                // A group's fields come again with every entry; no message of a book has one.
                let fields = Dictionary(
                    message.fields.map { ($0.name, $0.raw) }, uniquingKeysWith: { $1 })
                let template = DissectedBook.template(fields)
                templates[template, default: 0] += 1
                if template == 13005 {
                    compare()
                    packet += 1
                } else if channels[packet] {
                    book.take(fields)
                }
            }
            compare()
            #expect(packet + 1 == channels.count)
            #expect(compared > 100)
            let all: [UInt64] = [
                13001, 13005, 13100, 13101, 13102, 13104, 13105, 13106, 13201, 13202, 13300, 13301,
                13302, 13504, 13600, 13601, 13602,
            ]
            for template in all { #expect(templates[template] != nil, "no message \(template)") }
        }

        private static func books(_ market: TestMarket) -> [[PublicOrder]] {
            (0..<3).flatMap { [market.orders($0, .buy), market.orders($0, .sell)] }
        }
    }
}
