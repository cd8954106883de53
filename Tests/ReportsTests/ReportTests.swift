import Domain
import Testing
import Wire

@testable import Reports

/// Events as they lie in a ring, and the broadcasts made of them.
@Suite struct ReportTests {
    private let names = ReportNames(
        securityID: 1001, marketSegmentID: 100, sessionID: 10001, unitID: 1)
    private let tradeNames = TradeNames(
        organisation: "APUS", unit: "UNIT1", trader: "TRD0110")
    /// 5 January 2026, 9:00 UTC.
    private let execID: UInt64 = 1_767_603_600_000_024_000

    private func delivery(_ applID: UInt8) -> Delivery {
        var delivery = Delivery(applID: applID, partitionID: 1, sendingTime: 30)
        delivery.applSubID = 7
        delivery.timeOut = 10
        delivery.notificationIn = 20
        return delivery
    }

    /// An event with context, fills and details behind it.
    private func record(
        _ kind: Event.Kind, fills: Int = 0, _ change: (inout Event, inout EventContext) -> Void
    ) -> EventRecord {
        var event = Event(kind: kind)
        event.flags = [.hasContext, .hasParties, .hasTexts, .standard]
        event.execID = Timestamp(nanos: execID)
        event.orderID = OrderID(raw: 77)
        event.clOrdID = ClOrdID(raw: 7001)
        event.trader = TraderID(raw: 11)
        event.session = SessionIndex(0)
        event.price = Price(units: 100)
        event.orderQty = Quantity(units: 10)
        event.leavesQty = Quantity(units: 10)
        var context = EventContext()
        context.unit = UnitIndex(0)
        context.tradingCapacity = 5
        change(&event, &context)
        context.fillCount = UInt16(fills)
        let fillSlots = (fills + 3) / 4
        event.slotCount = UInt8(4 + fillSlots)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(event.slotCount) * 128, alignment: 128)
        // A test's few records are left to the process.
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.storeBytes(of: event, as: Event.self)
        memory.storeBytes(of: context, toByteOffset: 128, as: EventContext.self)
        for slot in 0..<fillSlots {
            var four = FillSlot()
            for lane in 0..<4 { four.fills[lane] = fill(slot * 4 + lane) }
            memory.storeBytes(of: four, toByteOffset: (2 + slot) * 128, as: FillSlot.self)
        }
        var parties = OrderParties()
        parties.account = [0x41, 0x31]
        parties.clientID = 99
        memory.storeBytes(
            of: parties, toByteOffset: (2 + fillSlots) * 128, as: OrderParties.self)
        var texts = OrderTexts()
        texts.freeText1[0] = 0x58
        memory.storeBytes(of: texts, toByteOffset: (3 + fillSlots) * 128, as: OrderTexts.self)
        return EventRecord(memory.baseAddress!)
    }

    private func fill(_ index: Int) -> Fill {
        var fill = Fill()
        fill.price = Price(units: 100 + Int64(index))
        fill.quantity = Quantity(units: Int64(index) + 1)
        fill.matchID = UInt32(500 + index)
        fill.sideTradeID = Int32(600 + index)
        fill.tradeID = UInt32(700 + index)
        fill.liquidity = .removed
        return fill
    }

    private func withSpace(_ body: (UnsafeMutableRawPointer) -> Void) {
        let space = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 8)
        defer { space.deallocate() }
        body(space)
    }

    @Test func `A record tells of all that lies behind its head`() {
        for fills in [0, 1, 4, 5, 100] {
            let record = record(.aggressorExecuted, fills: fills) { _, _ in }
            #expect(record.fillCount == fills)
            #expect((0..<fills).allSatisfy { record.fill($0) == fill($0) })
            #expect(record.parties?.clientID == 99)
            #expect(record.texts?.freeText1[0] == 0x58)
            #expect(record.slotsAnnounced == Int(record.event.slotCount))
        }
    }

    /// Where the context says how many fills follow it.
    private static var fillCountOffset: Int {
        var context = EventContext()
        context.fillCount = 0xABCD
        return withUnsafeBytes(of: context) { bytes in
            bytes.indices.first { bytes[$0] == 0xCD && bytes[$0 + 1] == 0xAB } ?? -1
        }
    }

    @Test func `Bytes that are no record are not taken for one`() {
        let sound = record(.aggressorExecuted, fills: 5) { _, _ in }
        let count = Int(sound.event.slotCount) * 128
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 128)
        defer { bytes.deallocate() }
        func isSound(_ offset: Int, _ value: UInt8, count shown: Int = count) -> Bool {
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: sound.base, count: count))
            if offset >= 0 { bytes[offset] = value }
            return EventRecord.isSound(UnsafeRawBufferPointer(rebasing: bytes[..<shown]))
        }
        #expect(isSound(-1, 0))
        // Kind, number of slots, side, and the context's number of fills.
        let fillCount = 128 + Self.fillCountOffset
        #expect(!isSound(0, 99) && !isSound(1, 2) && !isSound(1, 0) && !isSound(120, 3))
        #expect(!isSound(fillCount, 90) && isSound(fillCount, 6))
        #expect(!isSound(-1, 0, count: count - 128) && !isSound(-1, 0, count: 0))
    }

    @Test func `An execution is reported with the whole order and every fill`() {
        let record = record(.aggressorExecuted, fills: 3) { event, context in
            event.leavesQty = Quantity(units: 4)
            event.cumQty = Quantity(units: 6)
            event.execType = .trade
            event.flags.insert(.moreFragments)
            context.enteringTrader = TraderID(raw: 12)
        }
        withSpace { space in
            let id = ApplMsgID(execID: execID, index: 5)
            let length = record.writeOrderReport(to: space, delivery(5), id: id, names)
            #expect(length == record.orderReportLength)
            let view = OrderExecReportBroadcastView(space)
            #expect(ApplMsgID(view.applMsgID) == id && view.applID == 5)
            #expect(view.applSubID == 7 && view.trdRegTSTimeOut == 10)
            #expect(view.notificationIn == 20 && view.sendingTime == 30)
            #expect(view.applResendFlag == 0 && view.lastFragment == 0)
            #expect(view.orderID == 77 && view.leavesQty == 4_0000 && view.cumQty == 6_0000)
            #expect(view.cxlQty == 0 && view.partyIDExecutingUnit == 1)
            #expect(view.partyIDEnteringTrader == 12 && view.partyIDEnteringFirm == 1)
            #expect(view.account[0] == 0x41 && view.freeText1[0] == 0x58)
            #expect(view.noFills == 3 && view.fills(at: 2).fillExecID == 602)
            let bytes = UnsafeRawBufferPointer(start: space, count: length)
            #expect(
                Framing.judgeResponse(bytes)
                    == .frame(template: .orderExecReportBroadcast, length: length))
        }
    }

    @Test func `Each fill is confirmed with the order as it stood after it`() {
        let record = record(.aggressorExecuted, fills: 3) { event, context in
            event.leavesQty = Quantity(units: 4)
            event.cumQty = Quantity(units: 6)
            context.executingTraderQualifier = 22
        }
        withSpace { space in
            record.writeTrade(
                0, to: space, delivery(1), applSeqNum: 41, names, tradeNames)
            let view = TradeBroadcastView(space)
            // Fills of 1, 2 and 3: after the first, 1 is done and 9 are open.
            #expect(view.cumQty == 1_0000 && view.leavesQty == 9_0000)
            #expect(view.lastQty == 1_0000 && view.lastPx == 100_0000_0000)
            #expect(view.applSeqNum == 41 && view.applID == 1 && view.matchType == 4)
            #expect(view.matchDate == 20_260_105 && view.rootPartyIDClientID == 99)
            #expect(text(view.rootPartyExecutingFirm) == "UNIT1")
            #expect(text(view.rootPartyExecutingTrader) == "TRD011")
            #expect(text(view.rootPartyIDExecutionVenue) == "APUS")
            #expect(text(view.regulatoryTradeID) == "APUS-20260105-100-700")
            record.writeTrade(
                2, to: space, delivery(1), applSeqNum: 43, names, tradeNames)
            #expect(view.cumQty == 6_0000 && view.leavesQty == 4_0000)
            #expect(view.sideTradeID == 602 && view.trdMatchID == 502)
        }
    }

    @Test func `A resting order has one fill, which adds liquidity`() {
        let record = record(.restingExecuted) { _, context in
            context.fill = fill(0)
            context.fill.liquidity = .added
        }
        withSpace { space in
            #expect(record.fillCount == 1)
            record.writeTrade(0, to: space, delivery(1), applSeqNum: 1, names, tradeNames)
            let view = TradeBroadcastView(space)
            #expect(view.matchType == 11 && view.sideLiquidityInd == 1)
        }
    }

    @Test func `Deletions say who asked`() {
        let record = record(.orderDeletedByOther) { event, context in
            event.leavesQty = .zero
            context.enteringTrader = TraderID(raw: 12)
        }
        withSpace { space in
            let length = record.writeDeletion(
                to: space, delivery(4), id: ApplMsgID(execID: 1, index: 2), names)
            let view = DeleteOrderBroadcastView(space)
            #expect(length == DeleteOrderBroadcastView.fixedLength)
            #expect(view.cxlQty == 10_0000 && view.partyIDSessionID == 10001)
            #expect(view.partyIDEnteringTrader == 12 && view.applID == 4)
        }
        let loss = self.record(.massCancelReported) { event, _ in
            event.massActionReason = .sessionLoss
        }
        withSpace { space in
            let whole = ReportNames(
                securityID: nil, marketSegmentID: 100, sessionID: 10001, unitID: 1)
            loss.writeMassDeletion(
                to: space, delivery(5), id: ApplMsgID(execID: 1, index: 2), whole)
            let view = DeleteAllOrderBroadcastView(space)
            #expect(view.securityID == Null.i64 && view.massActionReason == 6)
            #expect(view.targetPartyIDSessionID == 10001)
            #expect(view.partyIDEnteringFirm == Null.u8)
        }
    }

    @Test func `An order left alone is named before the end of the mass deletion`() {
        let record = record(.orderNotAffected) { event, _ in
            event.flags.insert(.moreFragments)
            event.orderID = OrderID(raw: 70)
            event.clOrdID = ClOrdID(raw: 71)
        }
        #expect(record.sessionMessage == .massDeletion)
        withSpace { space in
            let length = record.writeMassDeletion(
                to: space, delivery(5), id: ApplMsgID(execID: 1, index: 2), names)
            let view = DeleteAllOrderBroadcastView(space)
            #expect(length == record.massDeletionLength && length == Int(view.bodyLen))
            #expect(length == DeleteAllOrderBroadcastView.fixedLength + 16)
            #expect(view.lastFragment == 0 && view.notAffectedOrdersCount == 1)
            let entry = view.notAffectedOrders(at: 0)
            #expect(entry.notAffectedOrderID == 70 && entry.notAffOrigClOrdID == 71)
        }
        #expect(self.record(.massCancelReported) { _, _ in }.massDeletionLength == 112)
    }

    @Test func `What a halt deleted names product, instrument and reason`() {
        let record = record(.ordersDeletedByMarket) { event, _ in
            event.massActionReason = .instrumentSuspended
            event.execInst = .nonPersistent
        }
        withSpace { space in
            let length = record.writeMarketDeletion(
                to: space, delivery(5), id: ApplMsgID(execID: 1, index: 2), names)
            let view = DeleteAllOrderQuoteEventBroadcastView(space)
            #expect(length == DeleteAllOrderQuoteEventBroadcastView.fixedLength)
            #expect(view.massActionReportID == execID && view.massActionReason == 107)
            #expect(view.securityID == 1001 && view.marketSegmentID == 100)
            #expect(view.execInst == 2 && view.applID == 5 && view.applSubID == 7)
        }
    }

    @Test func `Beginning and end of the service are of a product or of all`() {
        let record = record(.tradingSessionEvent) { event, _ in
            event.tradSesEvent = .endOfDayService
            event.tradeDate = 2026_01_05
        }
        for product in [100, Null.i32] {
            withSpace { space in
                let length = record.writeSessionEvent(
                    to: space, delivery(4), id: ApplMsgID(execID: 1, index: 2),
                    marketSegmentID: product)
                let view = TradingSessionStatusBroadcastView(space)
                #expect(length == TradingSessionStatusBroadcastView.fixedLength)
                #expect(view.tradSesEvent == 104 && view.tradeDate == 2026_01_05)
                #expect(view.marketSegmentID == product && view.lastFragment == 1)
                #expect(view.refApplLastMsgID.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func `A market reset names the last message before it, if there was one`() {
        for (event, last) in [
            (TradSesEvent.marketReset, ApplMsgID(execID: 5 << 56, index: 6)), (.marketReset, nil),
            (.endOfRestatement, ApplMsgID(execID: 5 << 56, index: 6)),
        ] {
            let record = record(.tradingSessionEvent) { head, _ in head.tradSesEvent = event }
            withSpace { space in
                record.writeSessionEvent(
                    to: space, delivery(4), id: ApplMsgID(execID: 9, index: 0),
                    marketSegmentID: Null.i32, lastBefore: last)
                let view = TradingSessionStatusBroadcastView(space)
                #expect(view.tradSesEvent == event.rawValue)
                #expect(
                    ApplMsgID(view.refApplLastMsgID) == (event == .marketReset ? last : nil))
            }
        }
    }

    @Test func `ApplMsgIDs compare as their bytes do`() {
        let ids = [
            ApplMsgID.min, ApplMsgID(execID: 255, index: 1), ApplMsgID(execID: 256, index: 0),
            ApplMsgID(execID: 256, index: 300), ApplMsgID.max,
        ]
        withSpace { space in
            for (a, b) in zip(ids, ids.dropFirst()) {
                a.write(to: space)
                b.write(to: space + 16)
                let bytes = UnsafeRawBufferPointer(start: space, count: 32)
                #expect(a < b && bytes[..<16].lexicographicallyPrecedes(bytes[16...]))
            }
            space.initializeMemory(as: UInt8.self, repeating: 0, count: 16)
            #expect(ApplMsgID(UnsafeRawBufferPointer(start: space, count: 16)) == nil)
        }
    }

    @Test(
        arguments: [
            (0, 19_700_101), (951_782_399, 20_000_228), (951_782_400, 20_000_229),
            (951_868_800, 20_000_301), (1_767_225_599, 20_251_231), (1_767_225_600, 20_260_101),
            (4_107_542_400, 21_000_301), (4_107_542_399, 21_000_228),
        ] as [(UInt64, UInt32)])
    func `Days are those of the calendar`(_ second: UInt64, _ number: UInt32) {
        #expect(CivilDate(nanos: second * 1_000_000_000).number == number)
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
