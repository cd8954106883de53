import DropCopy
import Exchange
import LocalDropCopy
import LocalVenue
import Surface
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// A publisher beside a venue, and those who listen.
    @Suite("Drop copy: listening")
    struct DropCopyListeningTests {
        @Test("The drop copy equals what the members were told, execution by execution")
        func reconciliation() throws {
            try withDropCopy { venue, publisher in
                let listeners = try [90001, 90002, 90000].map {
                    try publisher.listener($0, [5, 1])
                }
                let flow = try RandomFlow(venue, seed: 1)
                for _ in 0..<400 { try flow.step() }
                try flow.finish()
                let executions = Set(flow.executions)
                #expect(executions.count == flow.executions.count && executions.count > 100)
                let standard = executions.filter { flow.standardOrders.contains($0.orderID) }

                var told: [Told] = []
                for listener in listeners {
                    var all = Told()
                    // The whole history says how much there is to come.
                    let resent = try listener.resendAll(live: &all)
                    while all.data.count < resent.data.count
                        || all.trades.count < resent.trades.count
                    {
                        all.add([try listener.read()])
                    }
                    #expect(all.data.map(\.essence) == resent.data.map(\.essence))
                    #expect(all.trades.map(\.essence) == resent.trades.map(\.essence))
                    #expect(all.gaps.isEmpty)
                    told.append(all)
                }
                let both = told[0].trades + told[1].trades
                #expect(both.count == executions.count)
                #expect(Set(both.map(\.confirmed)) == executions)
                #expect(Set(told[2].trades.map(\.confirmed)) == executions)
                let reported = (told[0].data + told[1].data).flatMap(\.executions)
                #expect(reported.count == standard.count)
                #expect(Set(reported) == standard)
                #expect(told[2].data.count == told[0].data.count + told[1].data.count)
                balance(told[2].trades)
            }
        }

        /// Every match step has as much bought as sold, at one price.
        private func balance(_ trades: [Message]) {
            var bought: [UInt64: Int64] = [:]
            var prices: [UInt64: Set<Int64>] = [:]
            for trade in trades {
                let match = trade.field("TrdMatchID")
                let quantity = trade.signed("LastQty")
                bought[match, default: 0] += trade.field("Side") == 1 ? quantity : -quantity
                prices[match, default: []].insert(trade.signed("LastPx"))
            }
            #expect(bought.values.allSatisfy { $0 == 0 })
            #expect(prices.values.allSatisfy { $0.count == 1 })
        }

        @Test("What happens to orders without trades is told too")
        func withoutTrades() throws {
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90001, [5])
                let narrow = try publisher.listener(90000)
                _ = try narrow.ask { Frames.subscribe($0, stream: 5, scope: 10001) }
                let member = try venue.member(.one)
                _ = try member.order(.persistent, id: 1, side: 1, lots: 5, price: 50)
                _ = try member.exchange {
                    Frames.modify($0, trader: 11, clOrdID: 2) {
                        $0.orderID = .max
                        $0.price = .price(50)
                        $0.orderQty = .lots(3)
                        $0.side = 1
                    }
                }
                _ = try member.delete(id: 2)
                _ = try member.order(.short, id: 3, side: 1, lots: 5, price: 50)
                _ = try member.order(.short, id: 4, side: 1, lots: 5, price: 50, timeInForce: 3)
                _ = try member.order(.lean, id: 5, side: 1, lots: 5, price: 50)
                member.close()
                for client in [listener, narrow] {
                    let told = try client.read(6)
                    #expect(
                        told.map(\.template.rawValue)
                            == [10117, 10117, 10112, 10117, 10117, 10122])
                    #expect(told[1].signed("LeavesQty") == .lots(3))
                    #expect(told[4].field("OrdStatus") == 0x34)
                    #expect(told[5].field("MassActionReason") == 6)
                    #expect(told[5].field("TargetPartyIDSessionID") == 10001)
                    #expect(
                        told.prefix(5).allSatisfy { $0.field("PartyIDSessionID") == 10001 })
                }
            }
        }

        @Test("The engine's time is earlier than the publisher's, and both are there")
        func stamps() throws {
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90001, [5])
                let member = try venue.member(.one)
                for id in 1...20 as ClosedRange<UInt64> {
                    _ = try member.order(.short, id: id, side: 1, lots: 1, price: 50)
                    let told = try listener.read()
                    let out = told.field("TrdRegTSTimeOut")
                    #expect(out != .max && out >= told.field("ExecID"))
                    #expect(out <= told.field("NotificationIn"))
                    #expect(told.field("NotificationIn") <= told.field("SendingTime"))
                }
            }
        }

        @Test("The publisher's counters are seen from outside, and described on the page")
        func counters() throws {
            let page = String(
                decoding: try TestFiles.read("docs/counters.md"), as: UTF8.self)
            let configuration = Configuration.onAnyPort
            let name = configuration.runtime.name
            try withDropCopy(configuration) { venue, publisher in
                let listener = try publisher.listener(90001, [5])
                let member = try venue.member(.one)
                for id in 1...7 as ClosedRange<UInt64> {
                    _ = try member.order(.short, id: id, side: 1, lots: 1, price: 50)
                }
                #expect(try listener.read(7).count == 7)
                var told = Told()
                _ = try listener.resendAll(live: &told)
                pause(millis: 100)
                let seen = try #require(
                    try SurfaceReader.counters(.dropCopyCounters, name: name))
                #expect(seen.value(of: "dropcopy.messages_sent") == 7)
                #expect(seen.value(of: "dropcopy.messages_resent") == 7)
                #expect(seen.value(of: "dropcopy.listeners") == 1)
                #expect(seen.value(of: "port.sessions_logged_on{port=dropcopy}") == 1)
                // The member's session and seven orders.
                #expect(seen.value(of: "dropcopy.sequence") == 8)
                for counter in seen.definitions {
                    let labels = counter.labels.map(\.key).joined(separator: ",")
                    let shown = counter.family + (labels.isEmpty ? "" : "{\(labels)}")
                    let kind = counter.kind == .total ? "total" : "gauge"
                    let row = "| `\(shown)` | \(kind) | \(counter.meaning) |\n"
                    #expect(page.contains(row), "docs/counters.md lacks the line \(row)")
                }
            }
            #expect(try SurfaceReader.counters(.dropCopyCounters, name: name) == nil)
        }

        @Test("Two hundred listeners hear the same, in order")
        func many() throws {
            let configuration = Configuration.with { configuration in
                for number in 0..<200 as Range<UInt32> {
                    var session = configuration.market.sessions.first { $0.id == 90001 }!
                    session.id = 91_000 + number
                    configuration.market.sessions.append(session)
                }
            }
            try withDropCopy(configuration) { venue, publisher in
                // All have the password of 90001.
                let listeners = try (0..<200).map { number in
                    let client = try TestClient(port: publisher.port)
                    let answer = try client.ask {
                        Frames.logon(
                            $0, session: 91_000 + UInt32(number), password: "apus-90001",
                            heartbeat: 60_000)
                    }
                    #expect(answer.template == .logonResponse)
                    _ = try client.ask { Frames.subscribe($0, stream: 5) }
                    return client
                }
                let member = try venue.member(.one)
                for id in 1...50 as ClosedRange<UInt64> {
                    _ = try member.order(.short, id: id, side: 1, lots: 1, price: 50)
                }
                for listener in listeners {
                    let told = try listener.read(50)
                    #expect(told.map { $0.field("ClOrdID") } == Array(1...50))
                }
            }
        }

        @Test("A listener that does not read is cut; the others and the venue do not notice")
        func slow() throws {
            try withDropCopy(.with { $0.limits.slowConsumerSeconds = 1 }) { venue, publisher in
                let slow = try publisher.listener(90000, [5, 1])
                slow.shrinkReceiveBuffer()
                let quick = try publisher.listener(90001, [5])
                let member = try venue.member(.one)
                var count = 0
                let batch = 200
                while !slow.isCut, count < 600_000 {
                    for _ in 0..<batch {
                        count += 1
                        let id = UInt64(count)
                        _ = try member.order(
                            .short, id: id, side: 1, lots: 1, price: 50, timeInForce: 3)
                    }
                    let told = try quick.read(batch)
                    #expect(told.last?.field("ClOrdID") == UInt64(count))
                    quick.forgetConversation()
                    member.forgetConversation()
                }
                #expect(slow.isCut, "after \(count) messages")
                try expectTrading(venue)
            }
        }

        @Test(
            "tshark reads a listener's conversation without an alarm",
            .enabled(if: TestFiles.program("tshark") != nil, "tshark is not installed"))
        func dissected() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90000, [5, 1])
                let flow = try RandomFlow(venue, seed: 7)
                for _ in 0..<60 { try flow.step() }
                try flow.finish()
                flow.first.close()
                var live = Told()
                _ = try listener.resendAll(live: &live)
                _ = try listener.answer(live: &live) { Frames.unsubscribe($0, handle: 1) }
                _ = try listener.answer(live: &live) { Frames.subscribe($0, stream: 4) }
                _ = try listener.answer(live: &live) { Frames.logout($0) }
                var capture = PacketCapture()
                for (bytes, fromClient) in listener.conversation {
                    capture.send(bytes, fromClient: fromClient)
                }
                let messages = try Dissector.dissect(capture, with: tshark)
                #expect(messages.count == listener.conversation.count && messages.count > 100)
                for message in messages {
                    #expect(message.alarms.isEmpty && message.unnamed.isEmpty, "\(message)")
                }
            }
        }
    }
}
