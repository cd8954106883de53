import Domain
import Platform
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Commands") struct CommandTests {
        private func command(_ frame: [UInt8]) throws -> StubEngine.Taken {
            let venue = Venue()
            let client = venue.trading()
            _ = client.exchange(frame)
            return try #require(venue.engine.taken.dropFirst().first)
        }

        @Test("A short order travels in one slot and is a limit order")
        func shortOrder() throws {
            let taken = try command(
                Frames.shortOrder(3, clOrdID: 9, instrument: 2001) {
                    $0.price = -5
                    $0.orderQty = 7_0000
                    $0.side = 2
                    $0.timeInForce = 3
                    $0.applSeqIndicator = 1
                    $0.execInst = 1
                    $0.matchInstCrossID = 4
                })
            let command = taken.command
            #expect(command.kind == .newOrder && command.slotCount == 1)
            #expect(command.flags == .shortForm)
            #expect(command.session == SessionIndex(0) && command.sessionInstanceID == 1)
            #expect(command.msgSeqNum == 3 && command.trader.raw == 11)
            #expect(command.instrument.raw == 2 && command.product.raw == 1)
            #expect(command.clOrdID.raw == 9 && command.matchInstCrossID == 4)
            #expect(command.price.raw == -5 && command.quantity == Quantity(units: 7))
            #expect(
                command.attributes
                    == OrderAttributes(
                        side: .sell, timeInForce: .immediateOrCancel, execInst: .persistent,
                        isStandard: true))
            #expect(command.sequence == 0 && !command.requestTime.isNone)
        }

        @Test("What an order carries for its owner's books travels behind it, if anything does")
        func details() throws {
            let table: [([UInt8], Command.Flags, Int)] = [
                (Frames.shortOrder(3) { $0.partyIDClientID = 8 }, [.shortForm, .hasParties], 2),
                (
                    Frames.shortOrder(3) { order in
                        Frames.set("text") { order.complianceText = $0 }
                    }, [.shortForm, .hasTexts], 2
                ),
                (
                    Frames.shortModify(3) { order in
                        order.executingTrader = 8
                        Frames.set("text") { order.complianceText = $0 }
                    }, [.shortForm, .hasParties, .hasTexts], 3
                ),
                (Frames.order(3), .hasParties, 2),
                (
                    Frames.modify(3) { order in
                        Frames.set("text") { order.freeText3 = $0 }
                        order.ownershipIndicator = 1
                    }, [.hasParties, .hasTexts], 3
                ),
                (Frames.delete(3), [], 1), (Frames.deleteAll(3), [], 1),
            ]
            for (frame, flags, slots) in table {
                let taken = try command(frame)
                #expect(taken.command.flags == flags)
                #expect(taken.slots.count == slots)
            }
        }

        @Test("An order for one trading phase only is for the engine to refuse, not to trade now")
        func tradingPhase() throws {
            let table: [([UInt8], RejectDetail)] = [
                (Frames.order(3), .none), (Frames.modify(3), .none),
                (
                    Frames.order(3) { $0.tradingSessionSubID = 4 },
                    .executionRestrictionNotOffered
                ),
                (
                    Frames.modify(3) { $0.tradingSessionSubID = 4 },
                    .executionRestrictionNotOffered
                ),
                (Frames.modify(3) { $0.ownershipIndicator = 1 }, .none),
            ]
            for (frame, detail) in table {
                #expect(try command(frame).command.deferredReject == detail)
            }
        }

        @Test("Parties and texts arrive byte for byte")
        func detailBytes() throws {
            let taken = try command(
                Frames.order(3) { order in
                    order.partyIDClientID = 81
                    order.expireDate = 20_261_231
                    order.stopPx = 12
                    order.positionEffect = UInt8(ascii: "C")
                    Frames.set("A1") { order.account = $0 }
                    Frames.set("account of 32 characters, full..") {
                        order.partyIDPositionAccount = $0
                    }
                    Frames.set("fix") { order.fixClOrdID = $0 }
                    Frames.set("free 1") { order.freeText1 = $0 }
                    Frames.set("compliance") { order.complianceText = $0 }
                })
            #expect(taken.command.date == 20_261_231 && taken.command.stopPrice.raw == 12)
            let parties = taken.slots[1].withUnsafeBytes {
                $0.loadUnaligned(as: OrderParties.self)
            }
            #expect(parties.clientID == 81 && parties.positionEffect == UInt8(ascii: "C"))
            #expect(text(parties.account) == "A1")
            #expect(text(parties.positionAccount) == "account of 32 characters, full..")
            #expect(text(parties.fixClOrdID) == "fix")
            let texts = taken.slots[2].withUnsafeBytes { $0.loadUnaligned(as: OrderTexts.self) }
            #expect(text(texts.freeText1) == "free 1" && text(texts.complianceText) == "compliance")
            #expect(text(texts.freeText2).isEmpty)
        }

        private func text<Text>(_ value: Text) -> String {
            withUnsafeBytes(of: value) {
                String(decoding: UnsafeRawBufferPointer($0).withoutPadding, as: UTF8.self)
            }
        }

        @Test("A mass cancel says what it means, and a deletion whom it aims at")
        func massCancel() throws {
            let all = try command(
                Frames.deleteAll(3) {
                    $0.securityID = 7_000_000_000_002
                    $0.price = 5
                    $0.side = 2
                    $0.targetPartyIDSessionID = 10002
                    $0.targetPartyIDExecutingTrader = 12
                }
            ).command
            #expect(all.kind == .deleteAllOrders && all.flags == .onlyOneSide)
            #expect(all.instrument.raw == 1 && all.product.raw == 0 && all.price.raw == 5)
            #expect(all.attributes.side == .sell)
            #expect(all.targetSession == SessionIndex(1) && all.targetTrader.raw == 12)
            #expect(all.massActionReason == .requested)
            let one = try command(
                Frames.delete(3) { $0.targetPartyIDSessionID = 10002 }
            ).command
            #expect(one.kind == .deleteOrder && one.targetSession == SessionIndex(1))
            #expect(one.orderID.raw == 77 && one.clOrdID.raw == 3 && one.origClOrdID.raw == 1)
        }
    }

    @Suite("Answers and notifications") struct AnswerTests {
        /// Has the engine answer one request with an event, and returns what the client gets.
        private func answer(
            _ kind: Event.Kind, frame: [UInt8] = Frames.shortOrder(3), isStandard: Bool = true,
            context: EventContext? = sampleContext, fills: [Fill] = [],
            change: (inout Event) -> Void = { _ in }
        ) throws -> Message {
            let venue = Venue()
            let client = venue.trading()
            venue.engine.answersAtOnce = false
            _ = client.exchange(frame)
            var event = StubEngine.event(for: venue.engine.unanswered.removeFirst())
            event.kind = kind
            if isStandard { event.flags.insert(.standard) }
            event.orderQty = Quantity(units: 10)
            event.leavesQty = Quantity(units: 3)
            event.cumQty = Quantity(units: 5)
            change(&event)
            venue.engine.publish(event, context: context, fills: fills)
            venue.settle()
            let messages = client.take()
            #expect(messages.count == 1)
            let message = try #require(messages.first)
            let stamps = venue.takeStamps().filter { $0.msgSeqNum == 3 }
            let isAnswered = message.answers != nil && !event.flags.contains(.moreFragments)
            #expect(stamps.map(\.templateID) == (isAnswered ? [message.template.rawValue] : []))
            return message
        }

        static var sampleContext: EventContext {
            var context = EventContext()
            context.entryTime = Timestamp(nanos: 1111)
            context.messageIndex = 0x0102
            context.product = ProductIndex(0)
            context.unit = UnitIndex(0)
            context.ownerSession = SessionIndex(0)
            context.enteringTrader = TraderID(raw: 12)
            context.tradingCapacity = 5
            return context
        }

        @Test("Each event becomes the template of its kind, standard or lean")
        func templates() throws {
            let table: [(Event.Kind, TemplateID, TemplateID)] = [
                (.orderAccepted, .newOrderResponse, .newOrderNRResponse),
                (.orderModified, .modifyOrderResponse, .modifyOrderNRResponse),
                (.orderDeleted, .deleteOrderResponse, .deleteOrderNRResponse),
                (.requestRejected, .reject, .reject),
                (.massCancelled, .deleteAllOrderNRResponse, .deleteAllOrderNRResponse),
            ]
            for (kind, standard, lean) in table {
                #expect(try answer(kind).template == standard)
                #expect(try answer(kind, isStandard: false).template == lean)
                let bare = try answer(kind, isStandard: false, context: nil)
                #expect(bare.template == lean && bare.answers == 3)
            }
            let hit = try answer(.massCancelled) { $0.flags.insert(.hitOwnOrders) }
            #expect(hit.template == .deleteAllOrderResponse)
        }

        @Test("Lean answers, which are not written over a blank message, end in zeros all the same")
        func leanPadding() throws {
            typealias Accepted = NewOrderNRResponseView
            typealias Deleted = DeleteOrderNRResponseView
            let header = [
                Accepted.templateIDOffset + 2..<Accepted.requestTimeOffset,
                Accepted.lastFragmentOffset + 1..<Accepted.orderIDOffset,
            ]
            let ends = [
                (Event.Kind.orderAccepted, Accepted.noOrderEventsOffset..<Accepted.fixedLength),
                (.orderDeleted, Deleted.transactionDelayIndicatorOffset..<Deleted.fixedLength),
            ]
            for (kind, end) in ends {
                let bytes = try answer(kind, isStandard: false).bytes
                #expect(bytes.count == end.upperBound)
                for place in header + [end] { #expect(bytes[place].allSatisfy { $0 == 0 }) }
            }
        }

        @Test("Lean answers in a row come out whole and in order, whatever comes between")
        func leanInRow() throws {
            let venue = Venue()
            let clients = [venue.trading(10001), venue.trading(20001, trader: 21)]
            venue.engine.answersAtOnce = false
            _ = clients[0].exchange((3...40).flatMap { Frames.shortOrder($0) })
            _ = clients[1].exchange((3...40).flatMap { Frames.shortOrder($0, trader: 21) })
            var waiting = clients.indices.map { client in
                venue.engine.unanswered.filter { $0.session == SessionIndex(client * 2) }
            }
            #expect(waiting.map(\.count) == [38, 38])
            _ = venue.takeStamps()
            let sentBefore = venue.gateway.port.counters.messagesSent
            var expected: [[TemplateID]] = [[], []]
            var order: [UInt32] = []
            // The last run is longer than any that shares one space.
            for length in [1, 3, 34] {
                for client in clients.indices {
                    for _ in 0..<length {
                        let command = waiting[client].removeFirst()
                        var event = StubEngine.event(for: command)
                        let isDeleted = command.msgSeqNum % 3 == 0
                        if isDeleted { event.kind = .orderDeleted }
                        if command.msgSeqNum % 17 == 0 { event.flags.insert(.standard) }
                        let isStandard = event.flags.contains(.standard)
                        event.clOrdID = ClOrdID(raw: UInt64(command.msgSeqNum))
                        venue.engine.publish(
                            event,
                            context: command.msgSeqNum % 5 == 0 ? Self.sampleContext : nil)
                        expected[client].append(
                            isDeleted
                                ? isStandard ? .deleteOrderResponse : .deleteOrderNRResponse
                                : isStandard ? .newOrderResponse : .newOrderNRResponse)
                        order.append(command.msgSeqNum)
                    }
                }
            }
            venue.settle()
            for client in clients.indices {
                let messages = clients[client].take()
                #expect(messages.map(\.template) == expected[client])
                #expect(messages.map(\.answers) == (3...40).map { $0 })
                #expect(messages.map { $0.field("ClOrdID") } == (3...40).map { $0 })
            }
            let stamps = venue.takeStamps()
            #expect(stamps.map(\.msgSeqNum) == order)
            #expect(
                stamps.filter { $0.sessionID == 10001 }.map(\.templateID)
                    == expected[0].map(\.rawValue))
            #expect(venue.gateway.port.counters.messagesSent == sentBefore + 76)
        }

        @Test("An order that a mass cancel left alone is named in a fragment, which ends no answer")
        func leftAlone() throws {
            let message = try answer(.orderNotAffected) {
                $0.flags.formUnion([.hitOwnOrders, .moreFragments])
            }
            #expect(message.template == .deleteAllOrderResponse && message.answers == 3)
            #expect(message.field("LastFragment") == 0)
            #expect(message.field("NoNotAffectedOrders") == 1)
            #expect(message.bytes.count == DeleteAllOrderResponseView.fixedLength + 16)
            try message.bytes.withUnsafeBytes {
                let entry = DeleteAllOrderResponseView(try #require($0.baseAddress))
                    .notAffectedOrders(at: 0)
                #expect(entry.notAffectedOrderID == 77 && entry.notAffOrigClOrdID == 1)
            }
        }

        @Test("An answer tells order, quantities, and times that never run backwards")
        func fields() throws {
            for kind in [.orderAccepted, .orderModified, .orderDeleted] as [Event.Kind] {
                for isStandard in [true, false] {
                    let message = try answer(kind, isStandard: isStandard)
                    #expect(message.field("OrderID") == 77 && message.field("ClOrdID") == 1)
                    #expect(message.field("SecurityID") == 1001)
                    #expect(message.field("CxlQty") == 2_0000)
                    #expect(message.field("LastFragment") == 1)
                    let times = [
                        "RequestTime", "TrdRegTSTimeIn", "ExecID", "TrdRegTSTimeOut", "ResponseIn",
                        "SendingTime",
                    ].map { message.field($0) }
                    #expect(times == times.sorted())
                }
            }
        }

        @Test("ApplMsgID is the engine's time and the unit's index, big-endian; null on behalf")
        func applMsgID() throws {
            let message = try answer(.orderAccepted)
            let time = (0..<8).map {
                UInt8(truncatingIfNeeded: message.field("ExecID") >> (56 - 8 * $0))
            }
            #expect(message.rawField("ApplMsgID") == time + [0, 0, 0, 0, 0, 0, 1, 2])
            let onBehalf = try answer(.orderDeleted) { $0.flags.insert(.onBehalf) }
            #expect(onBehalf.rawField("ApplMsgID") == [UInt8](repeating: 0, count: 16))
        }

        @Test("An execution lists its fills; entry and priority time only for standard orders")
        func executed() throws {
            for count in [1, 4, 5, 100] {
                let fills = (0..<count).map { number in
                    var fill = Fill()
                    fill.price = Price(units: Int64(number) - 2)
                    fill.quantity = Quantity(units: Int64(number) + 1)
                    fill.matchID = UInt32(number + 10)
                    fill.sideTradeID = Int32(number + 20)
                    fill.liquidity = .removed
                    return fill
                }
                let message = try answer(.aggressorExecuted, fills: fills) {
                    $0.execType = .trade
                    $0.ordStatus = .partiallyFilled
                    $0.restatementReason = .orderAdded
                }
                #expect(message.template == .orderExecResponse)
                #expect(message.field("NoFills") == UInt64(count))
                #expect(message.field("TrdRegTSEntryTime") == 1111)
                #expect(message.field("MarketSegmentID") == 100)
                message.bytes.withUnsafeBytes { bytes in
                    let view = OrderExecResponseView(bytes.baseAddress!)
                    for number in 0..<count {
                        let entry = view.fills(at: number)
                        #expect(entry.fillPx == fills[number].price.raw)
                        #expect(entry.fillQty == fills[number].quantity.raw)
                        #expect(entry.fillMatchID == fills[number].matchID)
                        #expect(entry.fillExecID == fills[number].sideTradeID)
                        #expect(entry.fillLiquidityInd == 2)
                    }
                }
            }
            let lean = try answer(.aggressorExecuted, isStandard: false, fills: [Fill()])
            #expect(lean.field("TrdRegTSEntryTime") == .max)
            #expect(lean.field("TrdRegTSTimePriority") == .max)
        }

        /// Publishes a notification to session 10001 and returns what arrives.
        private func notify(
            _ kind: Event.Kind, change: (inout Event, inout EventContext) -> Void = { _, _ in }
        ) throws -> Message {
            let venue = Venue()
            let client = venue.trading()
            var event = Event(kind: kind)
            event.session = SessionIndex(0)
            event.sessionInstanceID = 1
            event.instrument = InstrumentIndex(1)
            event.execID = Timestamp(nanos: FakeClock.nanos)
            event.timeIn = event.execID
            event.orderID = OrderID(raw: 78)
            event.clOrdID = ClOrdID(raw: 5)
            event.orderQty = Quantity(units: 4)
            event.trader = TraderID(raw: 11)
            event.price = Price(units: 3)
            var context = Self.sampleContext
            change(&event, &context)
            var parties = OrderParties()
            parties.account[0] = UInt8(ascii: "A")
            parties.fixClOrdID[0] = UInt8(ascii: "F")
            var texts = OrderTexts()
            texts.freeText2[0] = UInt8(ascii: "T")
            venue.engine.publish(event, context: context, parties: parties, texts: texts)
            venue.settle()
            let messages = client.take()
            #expect(messages.count == 1)
            return try #require(messages.first)
        }

        @Test("The owner of a resting order hears of its execution, and of others' doings")
        func notifications() throws {
            let executed = try notify(.restingExecuted) {
                $1.fill.quantity = Quantity(units: 1)
                $1.fill.price = Price(units: 3)
                $0.execType = .trade
                $0.ordStatus = .filled
                $0.restatementReason = .bookOrderExecuted
            }
            #expect(executed.template == .orderExecNotification)
            #expect(executed.field("NoFills") == 1 && executed.field("MarketSegmentID") == 100)
            #expect(executed.field("SecurityID") == 7_000_000_000_002)
            #expect(executed.rawField("FIXClOrdID").first == UInt8(ascii: "F"))

            let deleted = try notify(.orderDeletedByOther) { event, _ in
                event.ordStatus = .cancelled
                event.execType = .cancelled
                event.restatementReason = .orderCancelled
            }
            #expect(deleted.template == .deleteOrderBroadcast)
            #expect(deleted.field("PartyIDEnteringTrader") == 12)
            #expect(deleted.field("PartyIDSessionID") == 10001)

            let changed = try notify(.orderModifiedByOther) { event, _ in
                event.execType = .replaced
                event.restatementReason = .orderModified
            }
            #expect(changed.template == .orderExecReportBroadcast)
            #expect(changed.field("PartyIDExecutingUnit") == 1)
            #expect(changed.field("Price") == 3_00000000)
            #expect(changed.rawField("Account") == [UInt8(ascii: "A"), 0])
            #expect(changed.rawField("FreeText2").first == UInt8(ascii: "T"))
        }

        @Test("A mass cancel by others or by session loss is reported once per product")
        func massCancelReports() throws {
            let byOther = try notify(.massCancelReported) { event, _ in
                event.massActionReason = .requested
                event.execInst = .bothKinds
                event.flags.insert(.onlyOneSide)
                event.price = .none
            }
            #expect(byOther.template == .deleteAllOrderBroadcast)
            #expect(byOther.field("TargetPartyIDSessionID") == 10001)
            #expect(byOther.field("PartyIDEnteringFirm") == 1 && byOther.field("Side") == 1)
            let loss = try notify(.massCancelReported) { event, context in
                event.instrument = .none
                event.massActionReason = .sessionLoss
                context.enteringTrader = .none
            }
            #expect(loss.field("MassActionReason") == 6)
            #expect(loss.field("MarketSegmentID") == 100)
            #expect(loss.field("SecurityID") == 1 << 63)
            #expect(loss.field("PartyIDEnteringFirm") == 255 && loss.field("Side") == 255)
        }

        @Test("The owner hears of each order that another's mass cancel left alone")
        func leftAloneByOther() throws {
            let message = try notify(.orderNotAffected) { event, _ in
                event.flags.insert(.moreFragments)
                event.massActionReason = .requested
            }
            #expect(message.template == .deleteAllOrderBroadcast)
            #expect(message.field("LastFragment") == 0)
            #expect(message.field("NoNotAffectedOrders") == 1)
        }

        @Test("Inner events have no outward sign")
        func silent() {
            let venue = Venue()
            let client = venue.trading()
            for kind in [.orderRemoved, .commandApplied] as [Event.Kind] {
                var event = Event(kind: kind)
                event.session = SessionIndex(0)
                event.sessionInstanceID = 1
                venue.engine.publish(event)
            }
            venue.settle()
            #expect(client.take().isEmpty)
        }
    }
}
