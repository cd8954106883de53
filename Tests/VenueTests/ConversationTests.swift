import Domain
import Exchange
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Both directions of live conversations, as an independent program reads them.
    @Suite("Conversations, judged by tshark")
    struct ConversationTests {
        static let missing: Comment = "tshark is not installed, so nobody else judges the venue."

        /// Everything the venue sends today.
        static let sentToday: Set<TemplateID> = [
            .logonResponse, .logoutResponse, .subscribeResponse, .unsubscribeResponse, .reject,
            .forcedLogoutNotification, .userLoginResponse, .heartbeatNotification,
            .userLogoutResponse, .newOrderResponse, .newOrderNRResponse, .orderExecResponse,
            .orderExecNotification, .modifyOrderResponse, .modifyOrderNRResponse,
            .deleteOrderResponse, .deleteOrderNRResponse, .deleteOrderBroadcast,
            .orderExecReportBroadcast, .deleteAllOrderResponse, .deleteAllOrderBroadcast,
            .deleteAllOrderNRResponse,
        ]

        @Test(
            "Every message the venue sends is sent, and read without a complaint",
            .enabled(if: TestFiles.program("tshark") != nil, missing))
        func everything() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            var seen: Set<TemplateID> = []
            for client in try Self.converse() {
                var capture = PacketCapture()
                for message in client.conversation {
                    capture.send(message.bytes, fromClient: message.fromClient)
                }
                let dissected = try Dissector.dissect(capture, with: tshark)
                try #require(dissected.count == client.conversation.count)
                for (message, verdict) in zip(client.conversation, dissected) {
                    let line = message.bytes.withUnsafeBytes { MessageText.line($0) }
                    #expect(verdict.alarms.isEmpty, "\(verdict.alarms): \(line)")
                    #expect(verdict.unnamed.isEmpty, "\(verdict.unnamed): \(line)")
                    #expect(verdict.fields.count > 2, "\(line)")
                    let id = FrameHeader.templateID(of: message.bytes)
                    if !message.fromClient, let template = TemplateID(rawValue: id) {
                        seen.insert(template)
                    }
                }
            }
            #expect(seen == Self.sentToday)
        }

        /// Two sessions of one unit and one of another talk about everything there is.
        private static func converse() throws -> [TestClient] {
            try withVenue(
                .with { configuration in
                    var twin = configuration.market.sessions[0]
                    twin.id = 10002
                    configuration.market.sessions.append(twin)
                    twin.id = 10003
                    twin.throttle = ThrottleLimits(
                        messagesMax: 1, intervalMillis: 60_000, disconnectLimit: 1)
                    configuration.market.sessions.append(twin)
                }
            ) { venue in
                let first = try venue.member(.one)
                let stranger = try venue.member(.two, heartbeat: 100)
                let twin = try venue.connect()
                _ = try twin.ask { Frames.logon($0, session: 10002) }
                _ = try twin.ask { Frames.userLogin($0, user: 11, password: "apus-11") }
                let refused = try refusals(venue)
                try orders(first)
                try trades(first, stranger)
                try doings(first, twin)
                try streams(first)
                // Silence: heartbeats, then the end.
                _ = try stranger.readUntilClosed()
                let throttled = try throttle(venue)
                try first.logOut()
                venue.stop()
                _ = try twin.readUntilClosed()
                return [first, stranger, twin, throttled] + refused
            }
        }

        private static func refusals(_ venue: LocalVenue) throws -> [TestClient] {
            let frames = [
                Frames.logon(1, password: "wrong"), Frames.logon(1, session: 77),
                Frames.logon(2), Frames.logon(1, version: "9.1"), Frames.shortOrder(1),
            ]
            return try frames.map { frame in
                let client = try venue.connect()
                try client.send(frame)
                #expect(try client.readUntilClosed().map(\.template) == [.reject])
                return client
            }
        }

        private static func orders(_ first: TestClient) throws {
            _ = try first.order(.lean, id: 1, side: 1, lots: 5, price: 90)
            _ = try first.order(.persistent, id: 2, side: 1, lots: 5, price: 91)
            _ = try first.ask {
                Frames.shortModify($0, clOrdID: 3) {
                    $0.origClOrdID = 1
                    $0.price = .price(90.5)
                }
            }
            _ = try first.ask {
                Frames.modify($0, clOrdID: 4) {
                    $0.orderID = .max
                    $0.origClOrdID = 2
                    $0.price = .price(91.5)
                    $0.side = 1
                }
            }
            _ = try first.delete(id: 3, as: 5)
            _ = try first.delete(id: 4)
            // One refusal of every kind that the engine knows by heart.
            _ = try first.delete(id: 4)
            _ = try first.order(id: 6, side: 1, lots: 5, price: 90.25)
            _ = try first.order(id: 6, side: 1, lots: 500_000, price: 90)
            _ = try first.order(id: 6, side: 1, lots: 0, price: 90)
            _ = try first.order(id: 6, side: 1, lots: 1, price: 90, instrument: 4)
            _ = try first.ask { Frames.shortOrder($0, trader: 21) }
            _ = try first.ask { Frames.shortOrder($0) { $0.side = .max } }
            _ = try first.ask { Frames.order($0) { $0.ordType = 3 } }
            _ = try first.ask { Frames.order($0) { $0.stopPx = .price(1) } }
            _ = try first.ask { Frames.shortOrder($0) { $0.execInst = 1 } }
        }

        private static func trades(_ first: TestClient, _ stranger: TestClient) throws {
            for id in 10..<130 as Range<UInt64> {
                _ = try first.order(
                    id % 2 == 0 ? .lean : .persistent, id: id, side: 2, lots: 1,
                    price: 100 + Double(id) / 2)
            }
            // More price levels than fit into one message, then what rests, and what is cancelled.
            _ = try stranger.order(.short, id: 1, side: 1, lots: 119, price: 500)
            _ = try stranger.order(.lean, id: 2, side: 1, lots: 3, price: 500)
            _ = try stranger.order(.lean, id: 3, side: 2, lots: 3, price: 500, timeInForce: 3)
            _ = try stranger.ask {
                Frames.order($0, trader: stranger.trader, clOrdID: 4) {
                    $0.ordType = 1
                    $0.price = .min
                    $0.timeInForce = 3
                    $0.execInst = 2
                }
            }
            for _ in 0..<120 { _ = try first.read() }
        }

        /// What one session does to another's orders.
        private static func doings(_ first: TestClient, _ twin: TestClient) throws {
            for id in 200..<206 as Range<UInt64> {
                _ = try first.ask {
                    Frames.order($0, clOrdID: id) { order in
                        order.price = .price(300)
                        Frames.set("a compliance text") { order.complianceText = $0 }
                        Frames.set("free") { order.freeText1 = $0 }
                        Frames.set("A1") { order.account = $0 }
                        Frames.set("fix-\(id)") { order.fixClOrdID = $0 }
                        order.executingTrader = 7
                        order.partyIDClientID = 8
                    }
                }
            }
            _ = try first.order(.lean, id: 206, side: 2, lots: 1, price: 300)
            _ = try twin.ask {
                Frames.delete($0) {
                    $0.orderID = .max
                    $0.clOrdID = .max
                    $0.origClOrdID = 200
                    $0.targetPartyIDSessionID = 10001
                }
            }
            #expect(try first.read().template == .deleteOrderBroadcast)
            _ = try twin.ask {
                Frames.modify($0, clOrdID: 300) {
                    $0.orderID = .max
                    $0.origClOrdID = 201
                    $0.price = .price(301)
                    $0.targetPartyIDSessionID = 10001
                }
            }
            #expect(try first.read().template == .orderExecReportBroadcast)
            let aimed = try twin.ask {
                Frames.deleteAll($0) { $0.targetPartyIDSessionID = 10001 }
            }
            #expect(aimed.template == .deleteAllOrderNRResponse)
            #expect(try first.read().template == .deleteAllOrderBroadcast)
            _ = try first.order(.persistent, id: 400, side: 2, lots: 1, price: 300)
            _ = try first.ask { Frames.deleteAll($0) { $0.side = 2 } }
            _ = try first.ask { Frames.deleteAll($0, product: 200) }
        }

        private static func streams(_ first: TestClient) throws {
            let answer = try first.ask { Frames.subscribe($0, stream: 2) }
            _ = try first.ask { Frames.subscribe($0, stream: 2) }
            _ = try first.ask { Frames.subscribe($0, stream: 5, scope: 10001) }
            _ = try first.ask {
                Frames.unsubscribe($0, handle: UInt32(answer.field("ApplSubID")))
            }
            _ = try first.ask { Frames.unsubscribe($0, handle: 99) }
            _ = try first.ask { Frames.userLogin($0, user: 12, password: "apus-12") }
            _ = try first.ask { Frames.userLogin($0, user: 12, password: "apus-12") }
            _ = try first.ask { Frames.userLogout($0, user: 12) }
            _ = try first.ask { Frames.userLogin($0, user: 12, password: "wrong") }
            try first.send(Frames.heartbeat())
        }

        private static func throttle(_ venue: LocalVenue) throws -> TestClient {
            let client = try venue.connect()
            _ = try client.ask { Frames.logon($0, session: 10003) }
            _ = try client.ask { Frames.userLogin($0, user: 11, password: "apus-11") }
            _ = try client.order(id: 1, side: 1, lots: 1, price: 1)
            let refused = try client.order(id: 2, side: 1, lots: 1, price: 1)
            #expect(refused[0].reject?.reason == 100)
            try client.send(client.orderFrame(client.number(), id: 2, side: 1, lots: 1, price: 1))
            let last = try client.readUntilClosed()
            #expect(last.map(\.reject) == [Refused(100, status: 4, msgSeqNum: client.next - 1)])
            return client
        }
    }
}

extension FrameHeader {
    static func templateID(of bytes: [UInt8]) -> UInt16 {
        bytes.withUnsafeBytes { FrameHeader($0.baseAddress!).templateID }
    }
}
