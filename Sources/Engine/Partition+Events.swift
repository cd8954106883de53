import Containers
import Domain
import Matching

extension Partition {
    /// A head with the stamps of the transaction under way, about no order.
    func makeEvent(_ kind: Event.Kind) -> Event {
        var event = Event(kind: kind)
        event.sequence = lastSequence
        event.execID = execID
        event.timeIn = timeIn
        event.requestTime = requestTime
        return event
    }

    /// A head about no order that answers this command's request.
    func makeAnswer(_ kind: Event.Kind, to command: borrowing Command) -> Event {
        var event = makeEvent(kind)
        event.flags = .endOfTransaction
        event.instrument = command.instrument
        event.session = command.session
        event.sessionInstanceID = command.sessionInstanceID
        event.msgSeqNum = command.msgSeqNum
        event.trader = command.trader
        return event
    }

    /// Whom an event is addressed to.
    struct Addressee {
        var session: SessionIndex
        var sessionInstanceID: UInt32
        var msgSeqNum: UInt32

        /// The answer to a request.
        @inline(__always)
        init(_ command: borrowing Command) {
            session = command.session
            sessionInstanceID = command.sessionInstanceID
            msgSeqNum = command.msgSeqNum
        }

        /// The answer to the request behind a match.
        @inline(__always)
        init(_ aggressor: borrowing Aggressor) {
            session = aggressor.session
            sessionInstanceID = aggressor.sessionInstanceID
            msgSeqNum = aggressor.msgSeqNum
        }

        /// A notification.
        @inline(__always)
        init(_ session: SessionIndex, instance: UInt32) {
            self.session = session
            sessionInstanceID = instance
            msgSeqNum = .max
        }
    }

    /// What an event says of an order's state, beside what the order's record says itself.
    struct Outcome {
        var ordStatus: OrdStatus
        var execType: ExecType
        var reason: ExecRestatementReason
    }

    /// A head about an order as it stands now.
    @inline(__always)
    func makeOrderEvent(
        _ kind: Event.Kind, _ order: Int32, to addressee: Addressee, flags: Event.Flags,
        clOrdID: ClOrdID, origClOrdID: ClOrdID, _ outcome: Outcome
    ) -> Event {
        makeOrderEvent(
            kind, books.orders[order], to: addressee, flags: flags, clOrdID: clOrdID,
            origClOrdID: origClOrdID, outcome)
    }

    @inline(__always)
    private func makeOrderEvent(
        _ kind: Event.Kind, _ record: borrowing RestingOrder, to addressee: Addressee,
        flags: Event.Flags, clOrdID: ClOrdID, origClOrdID: ClOrdID, _ outcome: Outcome
    ) -> Event {
        Event(
            kind: kind, flags: record.isStandard ? flags.union(.standard) : flags,
            instrument: record.instrument, sequence: lastSequence, execID: execID, timeIn: timeIn,
            requestTime: requestTime, session: addressee.session,
            sessionInstanceID: addressee.sessionInstanceID, msgSeqNum: addressee.msgSeqNum,
            trader: record.trader, orderID: record.orderID, clOrdID: clOrdID,
            origClOrdID: origClOrdID, price: record.price, orderQty: record.orderQty,
            leavesQty: record.leavesQty, cumQty: record.cumQty,
            timePriority: record.timePriority, side: record.side, ordType: record.ordType,
            timeInForce: record.timeInForce, execInst: record.execInst,
            ordStatus: outcome.ordStatus, execType: outcome.execType,
            restatementReason: outcome.reason)
    }

    /// What listeners and book keepers need to know of an order beside the head.
    ///
    /// Takes the next number among the messages of the owner's unit, and one for the listeners' copy.
    @inline(__always)
    mutating func makeContext(_ order: Int32) -> EventContext {
        let unit = sessions[Int32(books.orders[order].session.index)].unit
        let product = instruments[Int32(books.orders[order].instrument.index)].product
        return Self.makeContext(
            books.orders[order], unit: unit, product: product,
            messageIndex: takeMessageIndex(of: unit))
    }

    @inline(__always)
    private static func makeContext(
        _ record: borrowing RestingOrder, unit: UnitIndex, product: ProductIndex,
        messageIndex: UInt32
    ) -> EventContext {
        var context = EventContext()
        context.entryTime = record.entryTime
        context.previousPrice = record.price
        context.previousLeavesQty = record.leavesQty
        context.previousTimePriority = record.timePriority
        context.product = product
        context.unit = unit
        context.ownerSession = record.session
        context.matchInstCrossID = record.matchInstCrossID
        context.tradingCapacity = record.tradingCapacity
        context.executingTraderQualifier = record.executingTraderQualifier
        context.messageIndex = messageIndex
        return context
    }

    @inline(__always)
    mutating func takeMessageIndex(of unit: UnitIndex) -> UInt32 {
        let row = Int32(unit.index)
        if units[row].sequence != lastSequence {
            units[row].sequence = lastSequence
            units[row].nextIndex = 0
        }
        let index = units[row].nextIndex
        units[row].nextIndex = index &+ 2
        return index
    }

    /// Gives the event's fills their numbers among the unit's trades and among all.
    @inline(__always)
    mutating func numberTrades(_ count: Int, in context: inout EventContext) {
        let row = Int32(context.unit.index)
        context.unitTradeNumber = units[row].lastTradeNumber + 1
        context.partitionTradeNumber = lastTradeNumber + 1
        units[row].lastTradeNumber += UInt32(count)
        lastTradeNumber += UInt32(count)
    }

    /// Writes a record of a head alone.
    @inline(__always)
    mutating func emit(_ event: Event, into events: inout Events) {
        events.write(event, at: unpublished)
        unpublished &+= 1
    }

    /// Writes a record of head and context, then the first `fillCount` of `fills`, then the order's
    /// details.
    @inline(__always)
    mutating func emit(
        _ event: inout Event, _ context: EventContext, detailsOf order: Int32,
        into events: inout Events
    ) {
        var offset = unpublished &+ 1
        events.write(context, at: offset)
        offset &+= 1
        if context.fillCount > 0 {
            offset = emitFills(Int(context.fillCount), at: offset, into: &events)
        }
        event.flags.insert(.hasContext)
        if order >= 0 {
            offset = emitDetails(of: order, &event, at: offset, into: &events)
        }
        event.slotCount = UInt8(truncatingIfNeeded: offset &- unpublished)
        events.write(event, at: unpublished)
        unpublished = offset
    }

    @inline(__always)
    mutating func emitFills(_ count: Int, at start: Int, into events: inout Events) -> Int {
        var offset = start
        var index = 0
        while index < count {
            var slot = FillSlot()
            for lane in 0..<Fill.perSlot where index &+ lane < count {
                slot.fills[lane] = fills[Int32(truncatingIfNeeded: index &+ lane)]
            }
            events.write(slot, at: offset)
            offset &+= 1
            index &+= Fill.perSlot
        }
        return offset
    }

    @inline(__always)
    mutating func emitDetails(
        of order: Int32, _ event: inout Event, at start: Int, into events: inout Events
    ) -> Int {
        let kept = books.orders[order].details
        guard kept >= 0 else { return start }
        var offset = start
        if books.orders[order].detailsFlags.contains(.hasParties) {
            events.write(details[kept].parties, at: offset)
            event.flags.insert(.hasParties)
            offset &+= 1
        }
        if books.orders[order].detailsFlags.contains(.hasTexts) {
            events.write(details[kept].texts, at: offset)
            event.flags.insert(.hasTexts)
            offset &+= 1
        }
        return offset
    }

    /// Makes what was written visible. Nobody sees half a record.
    @inline(__always)
    public mutating func publish(_ events: inout Events) {
        if unpublished > 0 { events.publish(unpublished) }
        unpublished = 0
    }

    /// Refuses a request.
    @inline(never)
    mutating func reject(
        _ command: borrowing Command, _ detail: RejectDetail, value: Int64 = 0,
        into events: inout Events
    ) {
        var event = makeAnswer(.requestRejected, to: command)
        event.clOrdID = command.clOrdID
        event.reject = detail
        event.rejectValue = value
        rejectCounts.note(detail)
        emit(event, into: &events)
    }

    /// Ends a command that nobody outside hears of.
    mutating func conclude(_ command: borrowing Command, into events: inout Events) {
        let event = makeAnswer(.commandApplied, to: command)
        emit(event, into: &events)
    }
}
