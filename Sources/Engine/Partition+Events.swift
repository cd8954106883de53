import Containers
import Domain
import Matching

extension Partition {
    /// A head with the stamps of the transaction under way.
    @inline(__always)
    func makeEvent(_ kind: Event.Kind) -> Event {
        var event = Event(kind: kind)
        event.sequence = lastSequence
        event.execID = execID
        event.timeIn = timeIn
        event.requestTime = requestTime
        return event
    }

    /// A head that answers this command's request.
    @inline(__always)
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

    /// Copies what describes an order into a head.
    @inline(__always)
    func describe(_ order: Int32, in event: inout Event) {
        let record = books.orders[order]
        event.instrument = record.instrument
        event.trader = record.trader
        event.orderID = record.orderID
        event.clOrdID = record.clOrdID
        event.price = record.price
        event.orderQty = record.orderQty
        event.leavesQty = record.leavesQty
        event.cumQty = record.cumQty
        event.timePriority = record.timePriority
        event.side = record.side
        event.ordType = record.ordType
        event.timeInForce = record.timeInForce
        event.execInst = record.execInst
        if record.isStandard { event.flags.insert(.standard) }
    }

    /// What listeners and book keepers need to know of an order beside the head.
    ///
    /// Takes the next number among the messages of the owner's unit, and one for the listeners' copy.
    @inline(__always)
    mutating func makeContext(_ order: Int32) -> EventContext {
        var context = EventContext()
        let session = books.orders[order].session
        let unit = sessions[Int32(session.index)].unit
        context.entryTime = books.orders[order].entryTime
        context.previousPrice = books.orders[order].price
        context.previousLeavesQty = books.orders[order].leavesQty
        context.previousTimePriority = books.orders[order].timePriority
        context.product = instruments[Int32(books.orders[order].instrument.index)].product
        context.unit = unit
        context.ownerSession = session
        context.matchInstCrossID = books.orders[order].matchInstCrossID
        context.tradingCapacity = books.orders[order].tradingCapacity
        context.messageIndex = takeMessageIndex(of: unit)
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

    /// Writes a record of a head alone.
    @inline(__always)
    mutating func emit(_ event: borrowing Event, into events: inout Events) {
        events.write(copy event, at: unpublished)
        unpublished &+= 1
    }

    /// Writes a record of head and context, then the first `fillCount` of `fills`, then the order's
    /// details.
    @inline(__always)
    mutating func emit(
        _ event: inout Event, _ context: borrowing EventContext, detailsOf order: Int32,
        into events: inout Events
    ) {
        var offset = unpublished &+ 1
        events.write(copy context, at: offset)
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
    mutating func publish(_ events: inout Events) {
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
        emit(event, into: &events)
    }

    /// Ends a command that nobody outside hears of.
    mutating func conclude(_ command: borrowing Command, into events: inout Events) {
        let event = makeAnswer(.commandApplied, to: command)
        emit(event, into: &events)
    }
}
