import Domain
import Platform
import SessionServer
import Wire

// The answers that are the most by far: a lean order is accepted, or withdrawn.

extension Event {
    /// Answered by one message without context, whose every field is written here.
    @inline(__always) var isLeanAnswer: Bool {
        let kind = kind.rawValue
        return (kind == Kind.orderAccepted.rawValue || kind == Kind.orderDeleted.rawValue)
            && !flags.contains(.standard)
    }

    /// Session and logon that an answer goes to.
    @inline(__always) var addressee: UInt64 {
        EventWords.addressee(session, instance: sessionInstanceID)
    }

    /// OrdStatus, ExecType and ExecRestatementReason, which lie side by side in events and answers.
    @inline(__always) var outcome: UInt64 {
        UInt64(ordStatus.rawValue) | UInt64(execType.rawValue) << 8
            | UInt64(restatementReason.rawValue) << 16
    }
}

extension GatewayAgent {
    /// Lean answers for which room is asked at once: few enough that little of an output block is left
    /// empty for them.
    private static var leanAnswersInRowMax: Int { 32 }

    private static var leanAnswerLength: Int {
        let length = NewOrderNRResponseWriter.fixedLength
        precondition(
            length == DeleteOrderNRResponseWriter.fixedLength, "lean answers are of one length")
        return length
    }

    /// Writes lean answers in a row to one logon: they share the look for its connection, one space and
    /// one commit.
    @inline(__always)
    mutating func answerLean(_ first: UnsafePointer<Event>, _ batch: inout EventBatch) {
        let countMax = min(batch.available &- batch.slots, Self.leanAnswersInRowMax)
        let run = port.beginAnswers(
            to: first.pointee.session, instance: first.pointee.sessionInstanceID, upTo: countMax,
            of: Self.leanAnswerLength)
        guard var place = run.place else {
            if run.connection == .none { counters.eventsWithoutReader += 1 }
            return take(first, of: &batch)
        }
        let addressee = first.pointee.addressee
        var count = 0
        var event = first
        while true {
            take(event, of: &batch)
            let times = timesNow(of: event, batch.takenOver)
            if event.pointee.kind == .orderAccepted {
                writeNewLeanOrder(event, times, to: place)
            } else {
                writeLeanDelete(event, times, to: place)
            }
            let template = FrameHeader(place).templateID
            port.noteStamps(times.stamps(template, to: event, sessionID: run.sessionID))
            place += Self.leanAnswerLength
            count &+= 1
            guard count < run.count, let next = nextEvent(in: batch), next.pointee.isLeanAnswer,
                next.pointee.addressee == addressee
            else { break }
            event = next
        }
        port.endAnswers(run, count, of: Self.leanAnswerLength)
    }

    /// 10102.
    @inline(__always)
    private mutating func writeNewLeanOrder(
        _ event: UnsafePointer<Event>, _ times: AnswerTimes, to space: UnsafeMutableRawPointer
    ) {
        typealias Writer = NewOrderNRResponseWriter
        times.begin(Writer.templateID, Writer.fixedLength, in: space, to: event)
        let writer = Writer(space)
        writer.orderID = event.pointee.orderID.raw
        writer.clOrdID = event.pointee.clOrdID.raw
        writer.securityID = securityID(of: event)
        writer.execID = event.pointee.execID.nanos
        writer.leavesQty = event.pointee.leavesQty.raw
        writer.cxlQty = event.pointee.cancelledQty.raw
        // Behind it not crossed, ProductComplex 1, neither triggered nor delayed.
        space.storeBytes(
            of: event.pointee.outcome | 1 << 40,
            toByteOffset: NewOrderNRResponseView.ordStatusOffset, as: UInt64.self)
        space.storeBytes(
            of: 0, toByteOffset: NewOrderNRResponseView.noOrderEventsOffset, as: UInt64.self)
    }

    /// 10111.
    @inline(__always)
    private mutating func writeLeanDelete(
        _ event: UnsafePointer<Event>, _ times: AnswerTimes, to space: UnsafeMutableRawPointer
    ) {
        typealias Writer = DeleteOrderNRResponseWriter
        times.begin(Writer.templateID, Writer.fixedLength, in: space, to: event)
        let writer = Writer(space)
        writer.orderID = event.pointee.orderID.raw
        writer.clOrdID = event.pointee.clOrdID.raw
        writer.origClOrdID = event.pointee.origClOrdID.raw
        writer.securityID = securityID(of: event)
        writer.execID = event.pointee.execID.nanos
        writer.cumQty = event.pointee.cumQty.raw
        writer.cxlQty = event.pointee.cancelledQty.raw
        // Behind it ProductComplex 1, not delayed, and padding.
        space.storeBytes(
            of: event.pointee.outcome | 1 << 32,
            toByteOffset: DeleteOrderNRResponseView.ordStatusOffset, as: UInt64.self)
    }

    @inline(__always)
    private mutating func securityID(of event: UnsafePointer<Event>) -> Int64 {
        port.reference.instruments[event.pointee.instrument.index].securityID
    }
}
