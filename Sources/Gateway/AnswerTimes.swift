import Domain
import Wire

/// When a message passed the last points of its way. Observations: no state depends on them, and a
/// replay makes others.
struct AnswerTimes {
    /// TrdRegTSTimeOut: the engine was done with the command.
    let engineOut: Timestamp
    /// ResponseIn or NotificationIn: the gateway took the event over. Events are taken over in
    /// batches, so one reading of the clock is true for all of them.
    let answerIn: Timestamp
    /// SendingTime: this very message is about to be written; a reading of its own, because the last
    /// of a batch is written long after the first. All leave together with the next poll, which comes
    /// when the batch is written.
    let sending: Timestamp

    /// The points come out in their order. The engine's time may be missing, or be that of a later
    /// part of a match that was published in parts: then it is the time the event was taken over. And
    /// transactions are numbered by a time that keeps rising when the clock is set back.
    init(execID: Timestamp, engineOut: Timestamp, answerIn: Timestamp, sending: Timestamp) {
        self.engineOut = max(execID, min(engineOut, answerIn))
        self.answerIn = max(self.engineOut, answerIn)
        self.sending = max(self.answerIn, sending)
    }
}

extension GatewayAgent {
    /// The last message to a requester is written: stamps go out, and the session may go on.
    mutating func noteAnswered(_ record: Record, _ index: Int) {
        var stamps = RequestStamps(
            sessionID: port.reference.sessions[record.event.session.index].id,
            sessionInstanceID: record.event.sessionInstanceID, msgSeqNum: record.event.msgSeqNum)
        stamps.templateID = Self.answerTemplate(of: record.event.kind, record.event.flags).rawValue
        stamps.execID = record.event.execID
        stamps.gatewayIn = record.event.requestTime
        stamps.engineIn = record.event.timeIn
        stamps.engineOut = record.times.engineOut
        stamps.answerIn = record.times.answerIn
        stamps.gatewayOut = record.times.sending
        port.noteAnswered(index, stamps)
    }

    /// The template that answers a request by this event. Notifications answer none.
    private static func answerTemplate(
        of kind: Event.Kind, _ flags: Event.Flags
    ) -> TemplateID {
        let isStandard = flags.contains(.standard)
        switch kind {
        case .orderAccepted: return isStandard ? .newOrderResponse : .newOrderNRResponse
        case .orderModified: return isStandard ? .modifyOrderResponse : .modifyOrderNRResponse
        case .orderDeleted: return isStandard ? .deleteOrderResponse : .deleteOrderNRResponse
        case .aggressorExecuted: return .orderExecResponse
        case .requestRejected: return .reject
        case .massCancelled:
            return flags.contains(.hitOwnOrders)
                ? .deleteAllOrderResponse : .deleteAllOrderNRResponse
        case .marketStateAnswered: return .deleteAllOrderNRResponse
        case .restingExecuted, .massCancelReported, .orderDeletedByOther, .orderModifiedByOther,
            .orderRemoved, .commandApplied, .productStateChanged, .instrumentStateChanged,
            .ordersDeletedByMarket, .tradingSessionEvent, .productListed, .instrumentListed,
            .orderListed, .ordersListed, .orderRestated, .orderNotAffected:
            preconditionFailure("this event answers no request")
        }
    }
}
