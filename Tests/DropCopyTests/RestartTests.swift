import Domain
import TestSupport
import Testing
import Wire

@testable import DropCopy

extension PublisherTests {
    /// What listeners hear when the venue begins again.
    @Suite struct RestartTests {
        /// A venue with a past, and its restart.
        private func publisher() throws -> Publisher {
            let publisher = try Publisher()
            publisher.engine.order(.a2)
            publisher.engine.order(.a1)
            publisher.engine.trade(.b1, with: .b1)
            return publisher
        }

        private func restart(_ publisher: Publisher) {
            publisher.engine.sessionEvent(.marketReset)
            publisher.engine.massCancel(.a1)
            publisher.engine.restate(.a2)
            publisher.engine.restate(.a2, isStandard: false)
            publisher.engine.restate(.b1)
            publisher.engine.sessionEvent(.endOfRestatement, ofProduct: true)
        }

        /// Whom a listener hears of: scope, and messages it must have before and after.
        private static let scopes: [(session: UInt32, scope: UInt32, before: Int, restated: Int)] =
            [
                (90001, .max, 2, 1), (90001, 10001, 1, 0), (90001, 10002, 1, 1),
                (90002, .max, 2, 1),
                (90000, .max, 4, 2),
            ]

        @Test(arguments: scopes)
        func `Reset, losses, orders and end come in order, live and again`(
            session: UInt32, scope: UInt32, before: Int, restated: Int
        ) throws {
            let publisher = try publisher()
            let live = publisher.listener(session)
            let earlier = live.resendAll(scope: scope)
            live.subscribe(5, scope: scope)
            #expect(earlier.count == before)
            restart(publisher)
            let told = live.listen()
            #expect(told.first?.template == .tradingSessionStatusBroadcast)
            #expect(told.first?.field("TradSesEvent") == 102)
            #expect(told.first?.field("MarketSegmentID") == 0x8000_0000)
            #expect(told.first?.field("TradeDate") == 2026_01_05)
            // The last message that this listener had before, and nobody else's.
            #expect(told.first?.rawField("RefApplLastMsgID") == earlier.last?.applMsgID)
            let orders = told.filter { $0.template == .orderExecReportBroadcast }
            #expect(orders.count == restated)
            for order in orders {
                #expect(order.field("ExecType") == 0x44 && order.field("OrdStatus") == 0x31)
                #expect(order.field("ExecRestatementReason") == 1)
            }
            #expect(told.last?.template == .tradingSessionStatusBroadcast)
            #expect(told.last?.field("TradSesEvent") == 103)
            #expect(told.last?.field("MarketSegmentID") == 100)
            let ids = told.map(\.applMsgID)
            #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
            let again = live.resendAll(scope: scope)
            #expect(again.suffix(told.count).map(\.essence) == told.map(\.essence))
            #expect(again.count == before + told.count)
        }

        @Test func `Who never had a message is named none`() throws {
            let publisher = try Publisher()
            let live = publisher.listener()
            live.subscribe(5)
            publisher.engine.sessionEvent(.marketReset)
            let message = try #require(live.listen().first)
            #expect(message.rawField("RefApplLastMsgID").allSatisfy { $0 == 0 })
        }

        @Test(
            .enabled(
                if: TestFiles.program("tshark") != nil,
                "tshark is not installed, so nobody else judges the messages."))
        func `tshark reads all of it without complaint`() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            let publisher = try publisher()
            restart(publisher)
            let messages = publisher.listener().resendAll()
            var capture = PacketCapture()
            for message in messages { capture.send(message.bytes, fromClient: false) }
            let dissected = try Dissector.dissect(capture, with: tshark)
            #expect(messages.count == 6 && dissected.count == messages.count)
            for message in dissected {
                #expect(message.alarms.isEmpty && message.unnamed.isEmpty, "\(message)")
            }
        }
    }
}
