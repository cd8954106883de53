import Domain
import Exchange
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Market operations at a running venue, and what everybody hears of them.
    @Suite("Halts, closings and the end of the day")
    struct MarketStateTests {
        private func operations(_ venue: LocalVenue) throws -> TestClient {
            let client = try venue.connect()
            let answer = try client.ask {
                Frames.logon($0, session: 90000, password: "apus-90000", heartbeat: 60_000)
            }
            #expect(answer.template == .logonResponse)
            return client
        }

        /// Why the last of these refuses, if it does.
        private func reason(_ messages: [Message]) -> UInt64? {
            guard let message = messages.last else { return nil }
            return message.template == .reject ? message.field("SessionRejectReason") : nil
        }

        @Test("A halt deletes, tells and refuses; a resumption lets trade again")
        func halt() throws {
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90001, [5])
                let member = try venue.member(.one)
                let desk = try operations(venue)
                _ = try member.order(.lean, id: 1, side: 1, lots: 5, price: 50)
                _ = try member.order(.persistent, id: 2, side: 1, lots: 5, price: 51)
                #expect(try listener.read().template == .orderExecReportBroadcast)

                let done = try desk.ask { Frames.marketState($0, action: 1) }
                #expect(done.template == .deleteAllOrderNRResponse)
                let told = try member.read()
                #expect(told.template == .deleteAllOrderQuoteEventBroadcast)
                #expect(told.field("MassActionReason") == 105 && told.field("ExecInst") == 2)
                // Only a lean order went, so listeners are told nothing.
                let refused = try member.order(.lean, id: 3, side: 1, lots: 5, price: 50)
                #expect(reason(refused) == 10011)
                #expect(refused.last?.text.contains("halted") == true)
                #expect(try reason([desk.ask { Frames.marketState($0, action: 1) }]) == 10011)
                #expect(try member.delete(id: 2).last?.template == .deleteOrderResponse)
                #expect(try listener.read().template == .deleteOrderBroadcast)

                let resumed = try desk.ask { Frames.marketState($0, action: 2) }
                #expect(resumed.template == .deleteAllOrderNRResponse)
                #expect(
                    try member.order(.long, id: 4, side: 1, lots: 5, price: 50).last?.template
                        == .newOrderResponse)
                #expect(try listener.read().template == .orderExecReportBroadcast)
                _ = try desk.ask { Frames.marketState($0, action: 1, instrument: 1001) }
                #expect(try member.read().field("SecurityID") == 1001)
                let copy = try listener.read()
                #expect(copy.template == .deleteAllOrderQuoteEventBroadcast)
                #expect(copy.field("MassActionReason") == 107 && copy.field("ApplID") == 5)
            }
        }

        @Test("The end of the day is told to all, and the opening begins a service")
        func endOfDay() throws {
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90000, [5])
                let member = try venue.member(.one)
                let desk = try operations(venue)
                _ = try member.order(.lean, id: 1, side: 1, lots: 5, price: 50)
                let ended = try desk.ask { Frames.marketState($0, action: 3, product: nil) }
                #expect(ended.template == .deleteAllOrderNRResponse)
                for client in [member, listener] {
                    let told = try client.read()
                    #expect(told.template == .tradingSessionStatusBroadcast)
                    #expect(told.field("TradSesEvent") == 104)
                    #expect(told.field("MarketSegmentID") == 0x8000_0000)
                }
                let refused = try member.order(.lean, id: 2, side: 1, lots: 5, price: 50)
                #expect(reason(refused) == 10011)
                let opened = try desk.ask { Frames.marketState($0, action: 5) }
                #expect(opened.template == .deleteAllOrderNRResponse)
                for client in [member, listener] {
                    let told = try client.read()
                    #expect(told.field("TradSesEvent") == 101)
                }
                // The order for the day is gone.
                #expect(try reason(member.delete(id: 1)) == 10000)
            }
        }

        @Test(
            "tshark reads what members and listeners hear of it without an alarm",
            .enabled(if: TestFiles.program("tshark") != nil, "tshark is not installed"))
        func dissected() throws {
            let tshark = try #require(TestFiles.program("tshark"))
            try withDropCopy { venue, publisher in
                let listener = try publisher.listener(90001, [5])
                let member = try venue.member(.one)
                let desk = try operations(venue)
                _ = try member.order(.long, id: 1, side: 1, lots: 5, price: 50)
                _ = try desk.ask { Frames.marketState($0, action: 1) }
                _ = try desk.ask { Frames.marketState($0, action: 2) }
                _ = try member.read()
                _ = try member.order(.lean, id: 2, side: 1, lots: 5, price: 50)
                _ = try desk.ask { Frames.marketState($0, action: 1, instrument: 1001) }
                _ = try desk.ask { Frames.marketState($0, action: 3) }
                _ = try member.read(2)
                _ = try listener.read(3)
                var live = Told()
                _ = try listener.resendAll(live: &live)
                var templates: Set<TemplateID> = []
                // Our own request is beyond the numbers that tshark knows.
                for (client, fromVenueOnly) in [(member, false), (listener, false), (desk, true)] {
                    let messages = client.conversation.filter { !$0.fromClient || !fromVenueOnly }
                    var capture = PacketCapture()
                    for (bytes, fromClient) in messages {
                        capture.send(bytes, fromClient: fromClient)
                    }
                    let dissected = try Dissector.dissect(capture, with: tshark)
                    #expect(dissected.count == messages.count)
                    for message in dissected {
                        #expect(
                            message.alarms.isEmpty && message.unnamed.isEmpty, "\(message)")
                    }
                    for message in messages {
                        templates.formUnion(
                            TemplateID(rawValue: FrameHeader.templateID(of: message.bytes))
                                .map { [$0] } ?? [])
                    }
                }
                #expect(
                    templates.isSuperset(of: [
                        .deleteAllOrderQuoteEventBroadcast, .tradingSessionStatusBroadcast,
                        .deleteAllOrderNRResponse,
                    ]))
            }
        }
    }
}
