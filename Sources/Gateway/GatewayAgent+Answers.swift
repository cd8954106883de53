import Domain
import Platform
import Reports
import Rings
import SessionServer
import Wire

/// The events of one duty cycle, as far as they are delivered.
struct EventBatch {
    /// Slots with events, and the highest command whose events may leave.
    let available: Int
    let gate: UInt64
    let takenOver: Timestamp
    var slots = 0
    var delivered = 0
}

// From the event ring to answers and notifications.
extension GatewayAgent {
    /// Delivers what may leave. Events behind the output gate stay in the ring, with all after them.
    /// They are taken over `now`, as the cycle begins.
    @inline(__always)
    mutating func drainEvents(now: Timestamp) -> Int {
        let available = events.available()
        return available > 0 ? drainEvents(available, now) : 0
    }

    @inline(never)
    private mutating func drainEvents(_ available: Int, _ now: Timestamp) -> Int {
        var gate = events.gate
        if publicFirst != nil { gate = min(gate, publicLimit(available, now)) }
        var batch = EventBatch(available: available, gate: gate, takenOver: now)
        while let event = nextEvent(in: batch) {
            if event.pointee.isLeanAnswer {
                answerLean(event, &batch)
            } else {
                let slot = batch.slots
                take(event, of: &batch)
                deliver(event, at: slot, now)
            }
        }
        if batch.slots > 0 {
            events.release(batch.slots)
            port.publishStamps()
        }
        counters.events &+= UInt64(truncatingIfNeeded: batch.delivered)
        return batch.delivered
    }

    /// The event that comes next, if it may leave in this cycle.
    @inline(__always)
    mutating func nextEvent(in batch: EventBatch) -> UnsafePointer<Event>? {
        guard batch.slots < batch.available, batch.delivered < configuration.eventsPerCycle
        else { return nil }
        let event = events.place(of: batch.slots)
        return event.pointee.sequence <= batch.gate ? event : nil
    }

    /// Goes on to the event behind one that is delivered now.
    @inline(__always)
    mutating func take(_ event: UnsafePointer<Event>, of batch: inout EventBatch) {
        let slotCount = Int(event.pointee.slotCount)
        precondition(
            slotCount > 0 && slotCount <= batch.available &- batch.slots,
            "records are published whole")
        lastDelivered = event.pointee.sequence
        batch.slots &+= slotCount
        batch.delivered &+= 1
    }

    /// Highest command whose answers may leave as far as the public is concerned.
    private mutating func publicLimit(_ available: Int, _ now: Timestamp) -> UInt64 {
        let next = events.read(at: 0, as: Event.self).sequence
        let isPressing = available > events.capacity / 2
        return publicFirst?.limit(next: next, isPressing: isPressing, now: now) ?? .max
    }

    @inline(never)
    private mutating func deliver(
        _ event: UnsafePointer<Event>, at slot: Int, _ answerIn: Timestamp
    ) {
        switch event.pointee.kind {
        case .commandApplied:
            return port.noteStarted(
                event.pointee.session, instance: event.pointee.sessionInstanceID)
        case .orderRemoved, .productStateChanged, .instrumentStateChanged,
            .productListed, .instrumentListed, .orderListed, .ordersListed:
            return
        case .tradingSessionEvent:
            return announce(event.pointee, at: slot, answerIn: answerIn)
        case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted, .restingExecuted,
            .requestRejected, .massCancelled, .massCancelReported, .orderDeletedByOther,
            .orderModifiedByOther, .ordersDeletedByMarket, .marketStateAnswered, .orderRestated,
            .orderNotAffected:
            break
        }
        let index = port.connection(
            of: event.pointee.session, instance: event.pointee.sessionInstanceID)
        guard index >= 0 else {
            counters.eventsWithoutReader += 1
            return
        }
        let times = timesNow(of: event, answerIn)
        guard let answer = answer(event, times, at: slot, index) else { return }
        if !event.pointee.flags.contains(.moreFragments) {
            let sessionID = port.reference.sessions[event.pointee.session.index].id
            port.noteAnswered(
                index, times.stamps(answer.templateID, to: event, sessionID: sessionID))
        }
        port.commit(index, Int(answer.bodyLen))
    }

    @inline(__always)
    mutating func timesNow(
        of event: UnsafePointer<Event>, _ answerIn: Timestamp
    ) -> AnswerTimes {
        AnswerTimes(
            execID: event.pointee.execID, engineOut: engineOut.time(of: event.pointee.sequence),
            answerIn: answerIn, sending: clock.now())
    }

    /// Writes everything but the answers that are the most by far. Returns the header of an answer.
    @inline(never)
    private mutating func answer(
        _ event: UnsafePointer<Event>, _ times: AnswerTimes, at slot: Int, _ index: Int
    ) -> FrameHeader? {
        let context =
            event.pointee.flags.contains(.hasContext)
            ? events.place(of: slot + 1, as: EventContext.self)
            : UnsafePointer(noContext.address(of: 0))
        let record = Record(event: event, context: context, slot: slot, times: times)
        switch event.pointee.kind {
        case .orderAccepted: return answerNewOrder(record, index)
        case .orderModified:
            return record.isStandard
                ? answerModify(record, index) : answerLeanModify(record, index)
        case .orderDeleted: return answerDelete(record, index)
        case .aggressorExecuted: return answerExecuted(record, index)
        case .requestRejected: return answerRejected(record, index)
        case .massCancelled, .marketStateAnswered: return answerDeleteAll(record, index)
        case .restingExecuted: notifyExecuted(record, index)
        case .orderNotAffected where event.pointee.flags.contains(.hitOwnOrders):
            answerNotAffected(record, index)
        case .orderNotAffected, .massCancelReported, .orderDeletedByOther, .orderModifiedByOther,
            .ordersDeletedByMarket, .orderRestated:
            report(record, index)
        default: break
        }
        return nil
    }

    // MARK: Answers to orders

    @inline(never)
    private mutating func answerNewOrder(_ record: Record, _ index: Int) -> FrameHeader? {
        guard let space = port.space(index, NewOrderResponseWriter.fixedLength) else { return nil }
        let writer = NewOrderResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        writer.leavesQty = record.event.leavesQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.trdRegTSEntryTime = record.entryTime
        writer.trdRegTSTimePriority = record.timePriority
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.crossedIndicator = 0
        writer.productComplex = 1
        writer.triggered = 0
        writer.transactionDelayIndicator = 0
        writer.finish()
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerModify(_ record: Record, _ index: Int) -> FrameHeader? {
        guard let space = port.space(index, ModifyOrderResponseWriter.fixedLength) else {
            return nil
        }
        let writer = ModifyOrderResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.origClOrdID = record.event.origClOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        writer.leavesQty = record.event.leavesQty.raw
        writer.cumQty = record.event.cumQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.trdRegTSTimePriority = record.timePriority
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.crossedIndicator = 0
        writer.productComplex = 1
        writer.triggered = 0
        writer.transactionDelayIndicator = 0
        writer.finish()
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerLeanModify(_ record: Record, _ index: Int) -> FrameHeader? {
        guard let space = port.space(index, ModifyOrderNRResponseWriter.fixedLength) else {
            return nil
        }
        let writer = ModifyOrderNRResponseWriter(space)
        writer.initialize()
        record.fillLeanHeader(space)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.origClOrdID = record.event.origClOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        writer.leavesQty = record.event.leavesQty.raw
        writer.cumQty = record.event.cumQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.crossedIndicator = 0
        writer.productComplex = 1
        writer.triggered = 0
        writer.transactionDelayIndicator = 0
        writer.finish()
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerDelete(_ record: Record, _ index: Int) -> FrameHeader? {
        guard let space = port.space(index, DeleteOrderResponseWriter.fixedLength) else {
            return nil
        }
        let writer = DeleteOrderResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.origClOrdID = record.event.origClOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        writer.cumQty = record.event.cumQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.productComplex = 1
        writer.transactionDelayIndicator = 0
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerExecuted(_ record: Record, _ index: Int) -> FrameHeader? {
        let fills = Int(record.context.fillCount)
        let length = OrderExecResponseWriter.fixedLength + fills * FillsGrpWriter.size
        guard let space = port.space(index, length) else { return nil }
        let writer = OrderExecResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.origClOrdID = record.event.origClOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        if record.isStandard {
            writer.trdRegTSEntryTime = record.entryTime
            writer.trdRegTSTimePriority = record.timePriority
        }
        writer.leavesQty = record.event.leavesQty.raw
        writer.cumQty = record.event.cumQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.marketSegmentID = marketSegmentID(of: record)
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.side = record.event.side.rawValue
        writer.productComplex = 1
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.triggered = 0
        writer.crossedIndicator = 0
        writer.transactionDelayIndicator = 0
        writer.finish(noFills: fills)
        let first = record.slot + 1 + (record.event.flags.contains(.hasContext) ? 1 : 0)
        for position in 0..<fills {
            let slot = first + position / Fill.perSlot
            events[slot, as: FillSlot.self].fills[position % Fill.perSlot]
                .write(to: writer.fills(at: position))
        }
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerRejected(_ record: Record, _ index: Int) -> FrameHeader? {
        let fixed = RejectWriter.fixedLength
        guard let space = port.space(index, fixed + RejectText.lengthMax) else { return nil }
        let writer = RejectWriter(space)
        writer.initialize()
        record.fillLeanHeader(space)
        writer.sessionRejectReason = record.event.reject.reason.rawValue
        writer.sessionStatus = 0
        var text = RejectText(space + fixed)
        text.explainOrder(record.event.reject, value: record.event.rejectValue)
        writer.varTextLen = UInt16(text.count)
        let length = fixed + text.finishPadded()
        writer.bodyLen = UInt32(length)
        port.countReject(record.event.reject.reason)
        return FrameHeader(space)
    }

    @inline(never)
    private mutating func answerDeleteAll(_ record: Record, _ index: Int) -> FrameHeader? {
        guard record.event.flags.contains(.hitOwnOrders) else {
            let length = DeleteAllOrderNRResponseWriter.fixedLength
            guard let space = port.space(index, length) else { return nil }
            let writer = DeleteAllOrderNRResponseWriter(space)
            writer.initialize()
            record.fillLeanHeader(space)
            writer.massActionReportID = record.event.execID.nanos
            return FrameHeader(space)
        }
        guard let space = port.space(index, DeleteAllOrderResponseWriter.fixedLength) else {
            return nil
        }
        let writer = DeleteAllOrderResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.massActionReportID = record.event.execID.nanos
        writer.finish()
        return FrameHeader(space)
    }

    /// A fragment of 10121 that comes before its last: an order that a mass cancel left alone.
    private mutating func answerNotAffected(_ record: Record, _ index: Int) {
        let length = DeleteAllOrderResponseWriter.fixedLength + NotAffectedOrdersGrpWriter.size
        guard let space = port.space(index, length) else { return }
        let writer = DeleteAllOrderResponseWriter(space)
        writer.initialize()
        record.fillResponseHeader(space, partitionID: port.reference.partitionID)
        writer.massActionReportID = record.event.execID.nanos
        writer.finish(noNotAffectedOrders: 1)
        record.event.write(to: writer.notAffectedOrders(at: 0))
        port.commit(index, length)
    }

    // MARK: Notifications

    private mutating func notifyExecuted(_ record: Record, _ index: Int) {
        let length = OrderExecNotificationWriter.fixedLength + FillsGrpWriter.size
        guard let space = port.space(index, length) else { return }
        let writer = OrderExecNotificationWriter(space)
        writer.initialize()
        record.fillBroadcastHeader(space, partitionID: port.reference.partitionID)
        writer.orderID = record.event.orderID.raw
        writer.clOrdID = record.event.clOrdID.raw
        writer.origClOrdID = record.event.origClOrdID.raw
        writer.securityID = securityID(of: record)
        writer.execID = record.event.execID.nanos
        writer.leavesQty = record.event.leavesQty.raw
        writer.cumQty = record.event.cumQty.raw
        writer.cxlQty = record.event.cancelledQty.raw
        writer.marketSegmentID = marketSegmentID(of: record)
        writer.execRestatementReason = record.event.restatementReason.rawValue
        writer.side = record.event.side.rawValue
        writer.productComplex = 1
        writer.ordStatus = record.event.ordStatus.rawValue
        writer.execType = record.event.execType.rawValue
        writer.triggered = 0
        writer.crossedIndicator = 0
        if let parties = parties(of: record) {
            withUnsafeBytes(of: parties.fixClOrdID) { writer.fixClOrdID = $0 }
        }
        writer.finish(noFills: 1)
        record.context.fill.write(to: writer.fills(at: 0))
        port.commit(index, length)
    }

    /// What happened to a session's orders without its asking: 10122, 10112, 10117, 10308.
    private mutating func report(_ record: Record, _ index: Int) {
        var delivery = Delivery(
            applID: 4, partitionID: port.reference.partitionID,
            sendingTime: record.times.sending.nanos)
        delivery.timeOut = record.times.engineOut.nanos
        delivery.notificationIn = record.times.answerIn.nanos
        let id = ApplMsgID(
            execID: record.event.execID.nanos, index: UInt64(record.context.messageIndex))
        let whole = wholeRecord(of: record.event, at: record.slot)
        let names = port.reference.names(of: whole)
        let length =
            switch record.event.kind {
            case .massCancelReported, .orderNotAffected: whole.massDeletionLength
            case .orderDeletedByOther: DeleteOrderBroadcastWriter.fixedLength
            case .ordersDeletedByMarket: DeleteAllOrderQuoteEventBroadcastWriter.fixedLength
            default: whole.orderReportLength
            }
        guard let space = port.space(index, length) else { return }
        switch record.event.kind {
        case .massCancelReported, .orderNotAffected:
            whole.writeMassDeletion(to: space, delivery, id: id, names)
        case .orderDeletedByOther: whole.writeDeletion(to: space, delivery, id: id, names)
        case .ordersDeletedByMarket:
            whole.writeMarketDeletion(to: space, delivery, id: id, names)
        default: whole.writeOrderReport(to: space, delivery, id: id, names)
        }
        port.commit(index, length)
    }

    /// A record in one piece: reports are rare and short, and in the ring it may lie across the end.
    mutating func wholeRecord(of event: Event, at slot: Int) -> EventRecord {
        for offset in 0..<Int(event.slotCount) {
            wholeRecord[offset] = events.read(at: slot + offset, as: EventRecord.Slot.self)
        }
        return EventRecord(wholeRecord.address(of: 0))
    }

    // MARK: Parts

    private mutating func securityID(of record: Record) -> Int64 {
        port.reference.instruments[record.event.instrument.index].securityID
    }

    private mutating func marketSegmentID(of record: Record) -> Int32 {
        let product =
            record.event.instrument.isNone
            ? record.context.product
            : port.reference.instruments[record.event.instrument.index].product
        return port.reference.products[product.index]
    }

    private mutating func parties(of record: Record) -> OrderParties? {
        guard record.event.flags.contains(.hasParties) else { return nil }
        return events.read(at: record.detailsSlot, as: OrderParties.self)
    }
}
