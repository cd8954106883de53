import TestSupport
import Testing
import Wire

extension VenueSuites {
    @Suite("Life of a session")
    struct SessionLifeTests {
        @Test("Logon, trader, orders of every form, logout: each answer by its template")
        func everyForm() throws {
            try withVenue { venue in
                let client = try venue.connect()
                let logon = try client.ask { Frames.logon($0, heartbeat: 20_000) }
                #expect(logon.template == .logonResponse)
                #expect(logon.field("HeartBtInt") == 20_000)
                #expect(logon.field("MarketID") == 1)
                #expect(logon.field("SessionInstanceID") == 1)
                #expect(logon.field("ThrottleNoMsgs") == 0)
                #expect(logon.field("SendingTime") >= logon.field("RequestTime"))
                let login = try client.ask { Frames.userLogin($0, user: 11, password: "apus-11") }
                #expect(login.template == .userLoginResponse)

                let lean = try client.order(id: 1, side: 1, lots: 5, price: 100)
                #expect(lean.map(\.template) == [.newOrderNRResponse])
                expectResting(lean[0], id: 1, lots: 5)
                let short = try client.order(.short, id: 2, side: 1, lots: 6, price: 100.5)
                #expect(short.map(\.template) == [.newOrderResponse])
                expectResting(short[0], id: 2, lots: 6)
                let long = try client.order(.persistent, id: 3, side: 2, lots: 7, price: 102)
                #expect(long.map(\.template) == [.newOrderResponse])
                expectResting(long[0], id: 3, lots: 7)
                #expect(long[0].field("ApplID") == 4)
                #expect(long[0].field("PartitionID") == 1)
                #expect(long[0].applMsgID > short[0].applMsgID)
                let times = [
                    "RequestTime", "TrdRegTSTimeIn", "ExecID", "TrdRegTSTimeOut", "ResponseIn",
                    "SendingTime",
                ].map { long[0].field($0) }
                #expect(times == times.sorted())
                #expect(
                    long[0].field("TrdRegTSTimePriority") > short[0].field("TrdRegTSTimePriority"))

                try changeAndWithdraw(client)
                try client.logOut()
            }
        }

        private func expectResting(_ answer: Message, id: UInt64, lots: Int64) {
            #expect(answer.field("ClOrdID") == id)
            #expect(answer.signed("SecurityID") == 1001)
            #expect(answer.signed("LeavesQty") == .lots(lots))
            #expect(answer.signed("CxlQty") == 0)
            #expect(answer.field("OrdStatus") == UInt64(UInt8(ascii: "0")))
            #expect(answer.field("ExecType") == UInt64(UInt8(ascii: "0")))
            #expect(answer.field("ExecRestatementReason") == 101)
        }

        private func changeAndWithdraw(_ client: TestClient) throws {
            let lean = try client.ask {
                Frames.shortModify($0, clOrdID: 11) {
                    $0.origClOrdID = 1
                    $0.orderQty = .lots(4)
                }
            }
            #expect(lean.template == .modifyOrderNRResponse)
            #expect(lean.field("ClOrdID") == 11)
            #expect(lean.field("OrigClOrdID") == 1)
            #expect(lean.signed("LeavesQty") == .lots(4))
            #expect(lean.field("ExecType") == UInt64(UInt8(ascii: "5")))
            let standard = try client.ask {
                Frames.modify($0, clOrdID: 13) {
                    $0.orderID = .max
                    $0.origClOrdID = 3
                    $0.price = .price(103)
                    $0.orderQty = .lots(9)
                }
            }
            #expect(standard.template == .modifyOrderResponse)
            #expect(standard.signed("LeavesQty") == .lots(9))
            #expect(standard.signed("CumQty") == 0)

            let deleted = try client.delete(id: 11, as: 21)
            #expect(deleted.map(\.template) == [.deleteOrderNRResponse])
            #expect(deleted[0].field("ClOrdID") == 21)
            #expect(deleted[0].field("OrigClOrdID") == 11)
            #expect(deleted[0].signed("CxlQty") == .lots(4))
            #expect(deleted[0].field("OrdStatus") == UInt64(UInt8(ascii: "4")))
            let short = try client.delete(id: 2)
            #expect(short.map(\.template) == [.deleteOrderResponse])
            let again = try client.delete(id: 2)
            #expect(again[0].reject?.reason == 10000)

            let hits = try client.ask { Frames.deleteAll($0) }
            #expect(hits.template == .deleteAllOrderResponse)
            #expect(hits.field("MassActionReportID") > 0)
            let none = try client.ask { Frames.deleteAll($0) }
            #expect(none.template == .deleteAllOrderNRResponse)
        }

        @Test("Aggressor and resting order learn of the same match")
        func trade() throws {
            try withVenue { venue in
                let (seller, buyer) = (try venue.member(.one), try venue.member(.two))
                let resting = try seller.order(.persistent, id: 1, side: 2, lots: 5, price: 100)[0]
                let second = try seller.order(id: 2, side: 2, lots: 5, price: 100.5)[0]
                let taken = try buyer.order(
                    .short, id: 7, side: 1, lots: 8, price: 101, timeInForce: 3)
                try #require(taken.map(\.template) == [.orderExecResponse])
                let execution = taken[0]
                #expect(execution.signed("CumQty") == .lots(8))
                #expect(execution.signed("LeavesQty") == 0)
                #expect(execution.field("OrdStatus") == UInt64(UInt8(ascii: "2")))
                #expect(execution.field("ExecType") == UInt64(UInt8(ascii: "F")))
                #expect(execution.field("Side") == 1)
                #expect(execution.signed("SecurityID") == 1001)
                #expect(execution.field("MarketSegmentID") == 100)
                #expect(execution.fills.map(\.price) == [.price(100), .price(100.5)])
                #expect(execution.fills.map(\.quantity) == [.lots(5), .lots(3)])
                #expect(execution.fills.allSatisfy { $0.liquidity == 2 })

                let notified = [try seller.read(), try seller.read()]
                #expect(
                    notified.map(\.template) == [.orderExecNotification, .orderExecNotification])
                #expect(
                    notified.map { $0.field("OrderID") }
                        == [resting, second].map { $0.field("OrderID") })
                #expect(
                    notified.map { $0.field("ExecID") }
                        == [execution.field("ExecID"), execution.field("ExecID")])
                #expect(notified.map { $0.signed("CumQty") } == [.lots(5), .lots(3)])
                #expect(notified.map { $0.signed("LeavesQty") } == [0, .lots(2)])
                #expect(notified.flatMap(\.fills).map(\.price) == execution.fills.map(\.price))
                #expect(notified.flatMap(\.fills).map(\.matchID) == execution.fills.map(\.matchID))
                #expect(notified.flatMap(\.fills).allSatisfy { $0.liquidity == 1 })

                // What is left of a day order rests; what is left of an IOC is cancelled.
                let rests = try buyer.order(id: 8, side: 1, lots: 5, price: 100.5)[0]
                #expect(rests.template == .orderExecResponse)
                #expect(rests.signed("LeavesQty") == .lots(3))
                #expect(rests.field("OrdStatus") == UInt64(UInt8(ascii: "1")))
                let cancelled = try buyer.order(
                    id: 9, side: 1, lots: 5, price: 100, timeInForce: 3)[0]
                #expect(cancelled.template == .newOrderNRResponse)
                #expect(cancelled.signed("CxlQty") == .lots(5))
                #expect(cancelled.field("ExecRestatementReason") == 105)
            }
        }

        /// How a connection may end.
        enum End: CaseIterable { case logout, close, reset, replaced }

        @Test(
            "Losing a session takes its non-persistent orders, and no others",
            arguments: End.allCases)
        func loss(_ end: End) throws {
            try withVenue { venue in
                let other = try venue.member(.two)
                let first = try venue.member(.one)
                _ = try first.order(.persistent, id: 1, side: 2, lots: 5, price: 100)
                _ = try first.order(.long, id: 2, side: 2, lots: 6, price: 99)
                _ = try first.order(.short, id: 3, side: 2, lots: 7, price: 98)
                _ = try first.order(.lean, id: 4, side: 2, lots: 8, price: 97)
                let second: TestClient
                switch end {
                case .logout:
                    try first.logOut()
                    second = try venue.member(.one)
                case .close:
                    first.close()
                    second = try venue.member(.one)
                case .reset:
                    first.reset()
                    second = try venue.member(.one)
                case .replaced:
                    second = try venue.member(.one)
                    let last = try first.readUntilClosed()
                    #expect(last.map(\.template) == [.forcedLogoutNotification])
                    #expect(last.last?.text.contains("another connection") == true)
                }
                // Found out by deleting, and by trading.
                for id in 2...4 as ClosedRange<UInt64> {
                    #expect(try second.delete(id: id)[0].reject?.reason == 10000)
                }
                let taken = try other.order(
                    id: 1, side: 1, lots: 99, price: 200, timeInForce: 3)[0]
                #expect(taken.fills.map(\.price) == [.price(100)])
                #expect(taken.signed("CumQty") == .lots(5))
                let notified = try second.read()
                #expect(notified.template == .orderExecNotification)
                #expect(notified.field("ClOrdID") == 1)
                // A ClOrdID lost with its order is free again.
                _ = try second.order(id: 2, side: 2, lots: 1, price: 100)
            }
        }

        @Test("Missed heartbeats end the session, with a word; its own arrive meanwhile")
        func heartbeats() throws {
            try withVenue { venue in
                let lazy = try venue.member(.one, heartbeat: 200)
                let steady = try venue.member(.two, heartbeat: 5_000)
                _ = try lazy.order(.long, id: 1, side: 2, lots: 1, price: 100)
                let last = try lazy.readUntilClosed()
                #expect(last.map(\.template) == [.forcedLogoutNotification])
                #expect(last.last?.text.contains("152") == true)
                #expect(lazy.heartbeatCount >= 1)
                // Heartbeats alone keep a session; they have no number and no answer.
                for _ in 0..<3 { try steady.sendRaw(Frames.heartbeat()) }
                #expect(
                    try steady.order(id: 1, side: 1, lots: 1, price: 100)[0].template
                        == .newOrderNRResponse)
            }
        }

        @Test("At the end of the venue every session is told")
        func stop() throws {
            let clients = try withVenue { venue in
                [try venue.member(.one), try venue.member(.two), try venue.connect()]
            }
            for client in clients.prefix(2) {
                let last = try client.readUntilClosed()
                #expect(last.map(\.template) == [.forcedLogoutNotification])
                #expect(last.last?.text.contains("shutting down") == true)
            }
            #expect(try clients[2].readUntilClosed().isEmpty)
        }

        @Test("Pipelined requests of all kinds are answered once each, in order")
        func pipelined() throws {
            try withVenue { venue in
                let client = try venue.member(.one)
                var expected: [TemplateID] = []
                var first: UInt32 = 0
                for round in 0..<100 as Range<UInt64> {
                    let id = 100 + round * 10
                    var bytes: [UInt8] = []
                    func add(_ template: TemplateID, _ make: (UInt32) -> [UInt8]) {
                        let number = client.number()
                        if first == 0 { first = number }
                        bytes += make(number)
                        expected.append(template)
                    }
                    add(.newOrderNRResponse) {
                        client.orderFrame($0, id: id, side: 1, lots: 2, price: 90)
                    }
                    add(.reject) { client.orderFrame($0, id: id, side: 1, lots: 2, price: 90) }
                    add(.newOrderResponse) {
                        client.orderFrame($0, .persistent, id: id + 1, side: 1, lots: 2, price: 91)
                    }
                    add(.subscribeResponse) { Frames.subscribe($0, stream: 2) }
                    add(.unsubscribeResponse) {
                        Frames.unsubscribe($0, handle: UInt32(round) + 1)
                    }
                    add(.reject) { Frames.raw(template: 12345, length: 64, msgSeqNum: $0) }
                    add(.userLoginResponse) { Frames.userLogin($0, user: 12, password: "apus-12") }
                    add(.orderExecResponse) {
                        client.orderFrame($0, id: id + 2, side: 2, lots: 1, price: 90)
                    }
                    add(.userLogoutResponse) { Frames.userLogout($0, user: 12) }
                    add(.deleteAllOrderResponse) { Frames.deleteAll($0) }
                    add(.deleteAllOrderNRResponse) { Frames.deleteAll($0) }
                    bytes += Frames.heartbeat()
                    try client.sendRaw(bytes)
                }
                var answers: [Message] = []
                while answers.count < expected.count {
                    let message = try client.read()
                    if message.answers != nil { answers.append(message) }
                }
                #expect(answers.map(\.template) == expected)
                #expect(
                    answers.compactMap(\.answers) == (0..<UInt32(expected.count)).map { first + $0 }
                )
                try client.logOut()
            }
        }
    }
}
