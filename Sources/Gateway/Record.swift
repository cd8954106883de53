import Domain
import Reports
import Wire

/// An event with what is needed beside it, on its way into a message. Both lie in the ring still: copies
/// of 128 bytes would cost as much as the message.
struct Record {
    /// Where the event lies.
    let place: UnsafePointer<Event>
    private let contextPlace: UnsafePointer<EventContext>
    /// Where the head lies, in slots from the ring's next position.
    let slot: Int
    let times: AnswerTimes

    init(
        event: UnsafePointer<Event>, context: UnsafePointer<EventContext>, slot: Int,
        times: AnswerTimes
    ) {
        place = event
        contextPlace = context
        self.slot = slot
        self.times = times
    }

    var event: Event { unsafeAddress { place } }
    var context: EventContext { unsafeAddress { contextPlace } }

    var isStandard: Bool { event.flags.contains(.standard) }

    /// An order that never rested has no priority of its own: its time is that of the event.
    var timePriority: UInt64 {
        event.timePriority.isNone ? event.execID.nanos : event.timePriority.nanos
    }

    var entryTime: UInt64 {
        context.entryTime.isNone ? event.execID.nanos : context.entryTime.nanos
    }

    /// The slot behind context and fills.
    var detailsSlot: Int {
        let fillSlots = (Int(context.fillCount) + Fill.perSlot - 1) / Fill.perSlot
        return slot + 1 + (event.flags.contains(.hasContext) ? 1 + fillSlots : 0)
    }

    private var lastFragment: UInt8 { event.flags.contains(.moreFragments) ? 0 : 1 }

    /// ResponseHeaderME, which lies at the same place in every message that has one.
    func fillResponseHeader(_ space: UnsafeMutableRawPointer, partitionID: UInt16) {
        let header = OrderExecResponseWriter(space)
        header.requestTime = event.requestTime.nanos
        header.trdRegTSTimeIn = event.timeIn.nanos
        header.trdRegTSTimeOut = times.engineOut.nanos
        header.responseIn = times.answerIn.nanos
        header.sendingTime = times.sending.nanos
        header.msgSeqNum = event.msgSeqNum
        header.partitionID = partitionID
        header.applID = 4
        header.lastFragment = lastFragment
        // What is not in the requester's own history has no place in it.
        if !event.flags.contains(.onBehalf) {
            writeApplMsgID(space + OrderExecResponseView.applMsgIDOffset)
        }
    }

    /// NRResponseHeaderME, likewise.
    func fillLeanHeader(_ space: UnsafeMutableRawPointer) {
        let header = RejectWriter(space)
        header.requestTime = event.requestTime.nanos
        header.trdRegTSTimeIn = event.timeIn.nanos
        header.trdRegTSTimeOut = times.engineOut.nanos
        header.responseIn = times.answerIn.nanos
        header.sendingTime = times.sending.nanos
        header.msgSeqNum = event.msgSeqNum
        header.lastFragment = lastFragment
    }

    /// RBCHeaderME, likewise; always the session's own stream.
    func fillBroadcastHeader(_ space: UnsafeMutableRawPointer, partitionID: UInt16) {
        let header = OrderExecNotificationWriter(space)
        header.trdRegTSTimeOut = times.engineOut.nanos
        header.notificationIn = times.answerIn.nanos
        header.sendingTime = times.sending.nanos
        header.partitionID = partitionID
        header.applID = 4
        header.applResendFlag = 0
        header.lastFragment = 1
        writeApplMsgID(space + OrderExecNotificationView.applMsgIDOffset)
    }

    private func writeApplMsgID(_ place: UnsafeMutableRawPointer) {
        ApplMsgID(execID: event.execID.nanos, index: UInt64(context.messageIndex))
            .write(to: place)
    }
}

extension AnswerTimes {
    /// Begins a lean answer whose fields will all be written, so that nobody has to write a blank one first:
    /// its headers, which say that it is whole.
    @inline(__always)
    func begin(
        _ template: TemplateID, _ length: Int, in space: UnsafeMutableRawPointer,
        to event: UnsafePointer<Event>
    ) {
        space.storeBytes(
            of: UInt64(length) | UInt64(template.rawValue) << 32, toByteOffset: 0, as: UInt64.self)
        let header = RejectWriter(space)
        header.requestTime = event.pointee.requestTime.nanos
        header.trdRegTSTimeIn = event.pointee.timeIn.nanos
        header.trdRegTSTimeOut = engineOut.nanos
        header.responseIn = answerIn.nanos
        header.sendingTime = sending.nanos
        // LastFragment and padding lie behind it.
        space.storeBytes(
            of: UInt64(event.pointee.msgSeqNum) | 1 << 32,
            toByteOffset: RejectView.msgSeqNumOffset, as: UInt64.self)
    }
}
