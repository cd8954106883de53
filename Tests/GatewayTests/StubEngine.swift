import Domain
import Rings
import Streams

/// Takes commands, remembers them, and publishes the events a test wants for them.
struct StubEngine: ~Copyable {
    /// One record of the command ring.
    struct Taken {
        var command: Command
        var slots: [[UInt8]]
    }

    var commands: Ring<Command>.Consumer
    var events: BroadcastRing<Event>.Producer
    let engineOut: EngineOutLog.Writer
    /// When it says it was done with a command; not at all while `none`.
    var doneAt = Timestamp.none
    var taken: [Taken] = []
    /// Commands that wait for an answer, when `answersAtOnce` is off.
    var unanswered: [Command] = []
    var answersAtOnce = true
    /// Off, commands stay in the ring.
    var isRunning = true
    private var sequence: UInt64 = 0

    init(
        commands: consuming Ring<Command>.Consumer,
        events: consuming BroadcastRing<Event>.Producer, engineOut: consuming EngineOutLog.Writer
    ) {
        self.commands = commands
        self.events = events
        self.engineOut = engineOut
    }

    mutating func step() -> Int {
        var count = 0
        while isRunning, commands.available() > 0 {
            let command = commands.read(at: 0, as: Command.self)
            var slots: [[UInt8]] = []
            for slot in 0..<Int(command.slotCount) {
                let copy = commands.read(at: slot, as: Command.self)
                slots.append(withUnsafeBytes(of: copy) { Array($0) })
            }
            commands.release(Int(command.slotCount))
            taken.append(Taken(command: command, slots: slots))
            count += 1
            if answersAtOnce { answer(command) } else { unanswered.append(command) }
        }
        return count
    }

    /// Answers the oldest command that waits.
    mutating func answerNext() { answer(unanswered.removeFirst()) }

    mutating func answer(_ command: Command) { publish(Self.event(for: command)) }

    /// What a book without orders of others would say.
    static func event(for command: Command) -> Event {
        var event = Event(kind: .commandApplied)
        event.session = command.session
        event.sessionInstanceID = command.sessionInstanceID
        event.msgSeqNum = command.msgSeqNum
        event.requestTime = command.requestTime
        event.timeIn = command.requestTime
        event.instrument = command.instrument
        event.clOrdID = command.clOrdID
        event.origClOrdID = command.origClOrdID
        event.trader = command.trader
        event.price = command.price
        event.side = command.attributes.side
        event.orderID = OrderID(raw: 77)
        event.execID = command.requestTime.adding(nanos: 10)
        event.timePriority = event.execID
        if command.attributes.isStandard { event.flags.insert(.standard) }
        switch command.kind {
        case .newOrder:
            event.kind = .orderAccepted
            event.orderQty = command.quantity
            event.leavesQty = command.quantity
            event.flags.insert(.rests)
        case .modifyOrder:
            event.kind = .orderModified
            event.orderQty = command.quantity
            event.leavesQty = command.quantity
            event.execType = .replaced
            event.restatementReason = .orderModified
        case .deleteOrder:
            event.kind = .orderDeleted
            event.ordStatus = .cancelled
            event.execType = .cancelled
            event.restatementReason = .orderCancelled
        case .deleteAllOrders: event.kind = .massCancelled
        case .changeMarketState: event.kind = .marketStateAnswered
        default: break
        }
        return event
    }

    /// Publishes a record: the head, then whatever slots follow it.
    mutating func publish(
        _ event: Event, context: EventContext? = nil, fills: [Fill] = [],
        parties: OrderParties? = nil, texts: OrderTexts? = nil
    ) {
        var head = event
        var fillSlots: [FillSlot] = []
        for (position, fill) in fills.enumerated() {
            if position % Fill.perSlot == 0 { fillSlots.append(FillSlot()) }
            fillSlots[position / Fill.perSlot].fills[position % Fill.perSlot] = fill
        }
        var offset = 1
        if context != nil { head.flags.insert(.hasContext) }
        if parties != nil { head.flags.insert(.hasParties) }
        if texts != nil { head.flags.insert(.hasTexts) }
        let count =
            1 + (context == nil ? 0 : 1) + fillSlots.count + (parties == nil ? 0 : 1)
            + (texts == nil ? 0 : 1)
        precondition(events.hasRoom(for: count))
        sequence += 1
        head.sequence = sequence
        head.slotCount = UInt8(count)
        events.write(head, at: 0)
        if var context {
            context.fillCount = UInt16(fills.count)
            events.write(context, at: offset)
            offset += 1
        }
        for slot in fillSlots {
            events.write(slot, at: offset)
            offset += 1
        }
        if let parties {
            events.write(parties, at: offset)
            offset += 1
        }
        if let texts { events.write(texts, at: offset) }
        if !doneAt.isNone { engineOut.note(doneAt, of: sequence) }
        events.publish(count)
    }
}
