import Containers
import Domain
import Matching
import Rings

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

        static var deleted: Outcome {
            Outcome(ordStatus: .cancelled, execType: .cancelled, reason: .orderCancelled)
        }
    }

    /// What an event about an order says beside what the order's record says itself.
    struct OrderReport {
        var kind: Event.Kind
        var addressee: Addressee
        var flags: Event.Flags
        var clOrdID: ClOrdID
        var origClOrdID: ClOrdID
        var outcome: Outcome
        /// What the order has executed and a later report will tell.
        var untoldQty = Quantity.zero

        @inline(__always)
        init(
            _ kind: Event.Kind, to addressee: Addressee, flags: Event.Flags, clOrdID: ClOrdID,
            origClOrdID: ClOrdID, _ outcome: Outcome
        ) {
            self.kind = kind
            self.addressee = addressee
            self.flags = flags
            self.clOrdID = clOrdID
            self.origClOrdID = origClOrdID
            self.outcome = outcome
        }
    }

    /// Writes a head about an order into its slot, a word at a time, each as soon as it is loaded: put
    /// together elsewhere and copied, it would cost twice as much, and there are not registers enough
    /// for all of it.
    @inline(__always)
    private func fillHead(
        _ slot: BroadcastRing<Event>.Slot, _ report: OrderReport,
        _ order: UnsafePointer<RestingOrder>, flags: Event.Flags, slotCount: Int
    ) {
        slot.store(
            word: EventWords.what,
            EventWords.what(
                report.kind, slotCount: slotCount, flags: flags, order.pointee.instrument))
        slot.store(word: EventWords.sequence, lastSequence)
        slot.store(word: EventWords.execID, execID.nanos)
        slot.store(word: EventWords.timeIn, timeIn.nanos)
        slot.store(word: EventWords.requestTime, requestTime.nanos)
        slot.store(
            word: EventWords.addressee,
            EventWords.addressee(
                report.addressee.session, instance: report.addressee.sessionInstanceID))
        slot.store(
            word: EventWords.request,
            EventWords.request(report.addressee.msgSeqNum, order.pointee.trader))
        slot.store(word: EventWords.orderID, order.pointee.orderID.raw)
        slot.store(word: EventWords.clOrdID, report.clOrdID.raw)
        slot.store(word: EventWords.origClOrdID, report.origClOrdID.raw)
        slot.store(word: EventWords.price, UInt64(bitPattern: order.pointee.price.raw))
        slot.store(word: EventWords.orderQty, UInt64(bitPattern: order.pointee.orderQty.raw))
        let leavesQty = order.pointee.leavesQty + report.untoldQty
        slot.store(word: EventWords.leavesQty, UInt64(bitPattern: leavesQty.raw))
        let cumQty = order.pointee.cumQty - report.untoldQty
        slot.store(word: EventWords.cumQty, UInt64(bitPattern: cumQty.raw))
        slot.store(word: EventWords.timePriority, order.pointee.timePriority.nanos)
        let outcome = report.outcome
        slot.store(
            word: EventWords.state,
            EventWords.state(
                order.pointee.attributes, outcome.ordStatus, outcome.execType, outcome.reason))
    }

    /// What the context of an event about an order says beside what the order's record says itself:
    /// what listeners and book keepers need to know.
    struct OrderContext {
        var unit: UnitIndex
        var messageIndex: UInt32
        // Before the event, for those who keep a book by them.
        var previousPrice: Price
        var previousLeavesQty: Quantity
        var previousTimePriority: Timestamp
        var enteringTrader = TraderID.none
        /// Of a resting order that is hit.
        var fill = Fill()
        /// In the slots behind the context.
        var fillCount = 0
        var unitTradeNumber: UInt32 = 0
        var partitionTradeNumber: UInt32 = 0

        @inline(__always)
        init(_ order: borrowing RestingOrder, of unit: UnitIndex, messageIndex: UInt32) {
            self.unit = unit
            self.messageIndex = messageIndex
            previousPrice = order.price
            previousLeavesQty = order.leavesQty
            previousTimePriority = order.timePriority
        }
    }

    /// The context of an event about an order that has not changed yet.
    ///
    /// Takes the next number among the messages of the owner's unit, and one for the listeners' copy.
    @inline(__always)
    mutating func makeContext(_ order: Int32) -> OrderContext {
        let unit = sessions[books.orders[order].session.index].unit
        let messageIndex = takeMessageIndex(of: unit)
        return OrderContext(books.orders[order], of: unit, messageIndex: messageIndex)
    }

    @inline(__always)
    mutating func takeMessageIndex(of unit: UnitIndex) -> UInt32 {
        let row = unit.index
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
    mutating func numberTrades(_ count: Int, in context: inout OrderContext) {
        let row = context.unit.index
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

    /// Takes the slot of a record of a head alone.
    ///
    /// To be called before what goes into it is looked up: it may have to tell readers of the ring, a
    /// call that registers do not outlast.
    @inline(__always)
    mutating func takeSlot(into events: inout Events) -> BroadcastRing<Event>.Slot {
        let slot = events.slot(at: unpublished)
        unpublished &+= 1
        return slot
    }

    /// Writes a record of a head about an order, and nothing beside. Whether listeners are told too
    /// is for the caller to say, who mostly knows.
    @inline(__always)
    mutating func emit(
        _ report: OrderReport, _ order: Int32, at slot: BroadcastRing<Event>.Slot
    ) {
        fillHead(slot, report, books.orders.address(of: order), flags: report.flags, slotCount: 1)
    }

    /// Writes a record of head and context, then the first `fillCount` of `fills`, then the order's
    /// details.
    @inline(__always)
    mutating func emit(
        _ report: OrderReport, _ order: Int32, _ context: OrderContext, into events: inout Events
    ) {
        writeContext(context, of: order, into: &events)
        emitHead(report, order, fillCount: context.fillCount, into: &events)
    }

    /// Writes the context of the record that `emitHead` is then called for. Written before the order
    /// changes, it need not be kept until afterwards.
    @inline(__always)
    mutating func writeContext(
        _ context: OrderContext, of order: Int32, into events: inout Events
    ) {
        let slot = events.slot(at: unpublished &+ 1)
        let record = UnsafePointer(books.orders.address(of: order))
        let product = instruments[record.pointee.instrument.index].product
        slot.store(word: ContextWords.entryTime, record.pointee.entryTime.nanos)
        slot.store(
            word: ContextWords.previousPrice, UInt64(bitPattern: context.previousPrice.raw))
        slot.store(
            word: ContextWords.previousLeavesQty,
            UInt64(bitPattern: context.previousLeavesQty.raw))
        slot.store(word: ContextWords.previousTimePriority, context.previousTimePriority.nanos)
        slot.store(word: ContextWords.stopPrice, UInt64(bitPattern: Price.none.raw))
        context.fill.forEachWord { slot.store(word: ContextWords.fill &+ $0, $1) }
        slot.store(
            word: ContextWords.message,
            ContextWords.message(
                context.messageIndex, fillCount: UInt16(context.fillCount), product))
        slot.store(
            word: ContextWords.owner, ContextWords.owner(context.unit, record.pointee.session))
        slot.store(
            word: ContextWords.request,
            ContextWords.request(context.enteringTrader, record.pointee.matchInstCrossID))
        slot.store(
            word: ContextWords.unitTrade, ContextWords.unitTrade(context.unitTradeNumber, .max))
        slot.store(
            word: ContextWords.rest,
            ContextWords.rest(
                context.partitionTradeNumber,
                tradingCapacity: record.pointee.attributes.tradingCapacity,
                record.pointee.executingTraderQualifier))
    }

    /// Writes the rest of a record whose context is written.
    @inline(__always)
    mutating func emitHead(
        _ report: OrderReport, _ order: Int32, fillCount: Int = 0, into events: inout Events
    ) {
        var offset = unpublished &+ 2
        if fillCount > 0 { offset = emitFills(fillCount, at: offset, into: &events) }
        var flags = report.flags.union(.hasContext)
        if books.orders[order].isStandard { flags.insert(.standard) }
        if books.orders[order].details >= 0 {
            let kinds = emitDetails(of: order, at: offset, into: &events)
            flags.formUnion(kinds)
            offset &+= kinds.rawValue.nonzeroBitCount
        }
        let slot = events.slot(at: unpublished)
        fillHead(
            slot, report, books.orders.address(of: order), flags: flags,
            slotCount: offset &- unpublished)
        unpublished = offset
    }

    /// Writes a record of head and context about no order.
    mutating func emit(_ event: Event, _ context: EventContext, into events: inout Events) {
        var event = event
        event.flags.insert(.hasContext)
        event.slotCount = 2
        let slot = events.slot(at: unpublished &+ 1)
        context.forEachWord { slot.store(word: $0, $1) }
        events.write(event, at: unpublished)
        unpublished &+= 2
    }

    @inline(__always)
    mutating func emitFills(_ count: Int, at start: Int, into events: inout Events) -> Int {
        var offset = start
        var index = 0
        while index < count {
            let slot = events.slot(at: offset)
            for lane in 0..<Fill.perSlot {
                let fill = index &+ lane < count ? fills[index &+ lane] : Fill()
                fill.forEachWord { slot.store(word: lane &* Fill.wordCount &+ $0, $1) }
            }
            offset &+= 1
            index &+= Fill.perSlot
        }
        return offset
    }

    /// Writes the details kept beside an order, a slot for each kind; tells which there are.
    @inline(never)
    mutating func emitDetails(
        of order: Int32, at start: Int, into events: inout Events
    ) -> Event.Flags {
        let kept = books.orders[order].details
        var offset = start
        var flags: Event.Flags = []
        if books.orders[order].detailsFlags.contains(.hasParties) {
            events.write(details[kept].parties, at: offset)
            flags.insert(.hasParties)
            offset &+= 1
        }
        if books.orders[order].detailsFlags.contains(.hasTexts) {
            events.write(details[kept].texts, at: offset)
            flags.insert(.hasTexts)
        }
        return flags
    }

    /// Makes what was written visible. Nobody sees half a record.
    @inlinable @inline(__always)
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
