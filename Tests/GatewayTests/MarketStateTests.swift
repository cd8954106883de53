import Domain
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Market states") struct MarketStateTests {
        /// Market operations, logged on.
        private func operations(_ venue: Venue) -> TestClient {
            let client = venue.client()
            client.send(Frames.logon(session: 90000, password: "apus-9"))
            venue.settle()
            client.nextMsgSeqNum = 2
            _ = client.take()
            return client
        }

        @Test("A request of market operations becomes a command, answered by 10124")
        func commands() throws {
            let venue = Venue()
            let client = operations(venue)
            let requests: [(UInt8, Int32?, Int64?)] = [
                (1, 100, nil), (1, 100, 7_000_000_000_002), (2, 200, nil), (3, 100, nil),
                (3, nil, nil), (4, 200, 2001), (5, 200, 2001),
            ]
            let first = venue.engine.taken.count
            for (position, request) in requests.enumerated() {
                let answer = client.exchange(
                    Frames.marketState(
                        UInt32(position + 2), action: request.0, product: request.1,
                        instrument: request.2))
                let message = try #require(answer.first)
                #expect(answer.count == 1 && message.template == .deleteAllOrderNRResponse)
                #expect(message.field("MsgSeqNum") == UInt64(position + 2))
                let command = venue.engine.taken[first + position].command
                #expect(message.field("MassActionReportID") == command.requestTime.nanos + 10)
                #expect(command.kind == .changeMarketState)
                #expect(command.marketStateAction.rawValue == request.0)
                #expect(command.session == SessionIndex(5))
                #expect(
                    command.product
                        == (request.1.map { ProductIndex($0 == 100 ? 0 : 1) } ?? .none))
                let instrument = request.2.map { InstrumentIndex($0 == 2001 ? 2 : 1) } ?? .none
                #expect(command.instrument == instrument)
                // The fake clock's day.
                #expect(command.date == 2023_11_14)
            }
        }

        @Test("What a message alone shows to be wrong is refused, and others may not ask at all")
        func refusals() {
            let table: [([UInt8], UInt32, String)] = [
                (Frames.marketState(2, action: 1, product: 999), 5, "MarketSegmentID 999"),
                (Frames.marketState(2, action: 1, instrument: 4711), 5, "Instrument 4711"),
                (
                    Frames.marketState(2, action: 1, product: 200, instrument: 1001), 5,
                    "does not belong"
                ),
                (Frames.marketState(2, action: 1, product: nil), 1, "MarketSegmentID"),
                (Frames.marketState(2, action: 3, instrument: 1001), 5, "SecurityID"),
                (Frames.marketState(2, action: 9), 5, "MarketStateAction"),
                (Frames.marketState(2, action: 255), 1, "MarketStateAction"),
            ]
            for (frame, reason, text) in table {
                let venue = Venue()
                let client = operations(venue)
                let commands = venue.engine.taken.count
                let answer = client.exchange(frame)
                #expect(answer.first?.reject == Refused(reason, msgSeqNum: 2))
                #expect(answer.first?.text.contains(text) == true, "\(answer)")
                #expect(venue.engine.taken.count == commands)
            }
            let venue = Venue()
            let member = venue.trading()
            let commands = venue.engine.taken.count
            let answer = member.exchange(Frames.marketState(3, action: 1))
            #expect(answer.first?.reject == Refused(210, msgSeqNum: 3))
            #expect(venue.engine.taken.count == commands)
        }

        @Test("Later requests of market operations wait until the first is answered")
        func inOrder() {
            let venue = Venue()
            let client = operations(venue)
            venue.engine.answersAtOnce = false
            let before = venue.engine.taken.count
            client.send(Frames.marketState(2, action: 1) + Frames.marketState(3, action: 2))
            venue.settle()
            #expect(venue.engine.taken.count == before + 1)
            // The commands that log sessions on wait for answers too.
            while venue.engine.unanswered.first?.kind != .changeMarketState {
                venue.engine.unanswered.removeFirst()
            }
            venue.engine.answerNext()
            venue.settle()
            #expect(venue.engine.taken.count == before + 2)
        }

        @Test("A session hears once of what a halt cost it")
        func marketDeletion() throws {
            for instrument in [InstrumentIndex(1), .none] {
                let venue = Venue()
                let client = venue.trading()
                var event = Event(kind: .ordersDeletedByMarket)
                event.session = SessionIndex(0)
                event.sessionInstanceID = 1
                event.instrument = instrument
                event.execID = Timestamp(nanos: FakeClock.nanos)
                event.massActionReason = instrument.isNone ? .productHalt : .instrumentSuspended
                event.execInst = .nonPersistent
                var context = EventContext()
                context.product = ProductIndex(0)
                context.unit = UnitIndex(0)
                context.ownerSession = SessionIndex(0)
                context.messageIndex = 4
                venue.engine.publish(event, context: context)
                venue.settle()
                let message = try #require(client.take().first)
                #expect(message.template == .deleteAllOrderQuoteEventBroadcast)
                #expect(message.field("ApplID") == 4)
                #expect(message.field("MassActionReportID") == event.execID.nanos)
                #expect(message.field("MassActionReason") == (instrument.isNone ? 105 : 107))
                #expect(message.field("MarketSegmentID") == 100)
                #expect(
                    message.field("SecurityID")
                        == (instrument.isNone ? 1 << 63 : 7_000_000_000_002))
                #expect(message.field("ExecInst") == 2)
                #expect(message.rawField("ApplMsgID").last == 4)
            }
        }

        @Test(
            "An order told again after a restart reaches its owner, if that is the logon it is for")
        func restated() throws {
            let venue = Venue()
            let client = venue.trading()
            var event = Event(kind: .orderRestated)
            event.session = SessionIndex(0)
            event.instrument = InstrumentIndex(1)
            event.trader = TraderID(raw: 11)
            event.flags = [.standard, .rested, .rests]
            event.execID = Timestamp(nanos: FakeClock.nanos)
            event.timePriority = Timestamp(nanos: 77)
            event.orderID = OrderID(raw: 5)
            event.clOrdID = ClOrdID(raw: 9)
            event.price = Price(units: 100)
            event.orderQty = Quantity(units: 10)
            event.leavesQty = Quantity(units: 4)
            event.cumQty = Quantity(units: 6)
            event.ordStatus = .partiallyFilled
            event.execType = .restated
            event.restatementReason = .bookRestatement
            var context = EventContext()
            context.product = ProductIndex(0)
            context.unit = UnitIndex(0)
            context.ownerSession = SessionIndex(0)
            context.tradingCapacity = 5
            context.messageIndex = 2
            context.entryTime = Timestamp(nanos: 66)
            for instance in [0, 1, 2] as [UInt32] {
                event.sessionInstanceID = instance
                venue.engine.publish(event, context: context)
            }
            venue.settle()
            let messages = client.take()
            #expect(messages.count == 1)
            let message = try #require(messages.first)
            #expect(message.template == .orderExecReportBroadcast)
            #expect(message.field("ApplID") == 4 && message.rawField("ApplMsgID").last == 2)
            #expect(message.field("ExecType") == 0x44 && message.field("OrdStatus") == 0x31)
            #expect(message.field("ExecRestatementReason") == 1)
            #expect(message.field("TrdRegTSTimePriority") == 77)
            #expect(message.field("TrdRegTSEntryTime") == 66)
            #expect(message.field("LeavesQty") == 4_0000 && message.field("CumQty") == 6_0000)
        }

        @Test("The end of the day and the next service are told to every trading session")
        func sessionEvents() throws {
            let venue = Venue()
            let members = [venue.trading(), venue.trading(20001, trader: 21)]
            let other = operations(venue)
            var event = Event(kind: .tradingSessionEvent)
            event.execID = Timestamp(nanos: FakeClock.nanos)
            event.tradSesEvent = .endOfDayService
            event.tradeDate = 2026_01_05
            var context = EventContext()
            context.product = ProductIndex(1)
            venue.engine.publish(event, context: context)
            context.product = .none
            context.messageIndex = 2
            event.tradSesEvent = .startOfService
            venue.engine.publish(event, context: context)
            venue.settle()
            for member in members {
                let messages = member.take()
                #expect(
                    messages.map(\.template) == [
                        .tradingSessionStatusBroadcast, .tradingSessionStatusBroadcast,
                    ])
                #expect(messages.map { $0.field("TradSesEvent") } == [104, 101])
                #expect(messages.map { $0.field("MarketSegmentID") } == [200, 0x8000_0000])
                #expect(messages.map { $0.field("TradeDate") } == [2026_01_05, 2026_01_05])
                #expect(messages.map { $0.field("ApplID") } == [4, 4])
                #expect(messages.map { $0.rawField("ApplMsgID").last } == [0, 2])
            }
            #expect(other.take().isEmpty)
        }

        @Test("States and listings are for the public feed; sessions hear nothing of them")
        func silent() {
            let venue = Venue()
            let client = venue.trading()
            let kinds: [Event.Kind] = [
                .productStateChanged, .instrumentStateChanged, .productListed, .instrumentListed,
                .orderListed, .ordersListed,
            ]
            for kind in kinds {
                var event = Event(kind: kind)
                event.session = SessionIndex(0)
                event.sessionInstanceID = 1
                venue.engine.publish(event, context: EventContext())
            }
            venue.settle()
            #expect(client.take().isEmpty)
        }
    }
}
