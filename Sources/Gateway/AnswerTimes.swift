import Domain

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

    /// When the request that an event answers passed each point of its way, now that the answer is written.
    @inline(__always)
    func stamps(
        _ templateID: UInt16, to event: UnsafePointer<Event>, sessionID: UInt32
    ) -> RequestStamps {
        var stamps = RequestStamps(
            sessionID: sessionID, sessionInstanceID: event.pointee.sessionInstanceID,
            msgSeqNum: event.pointee.msgSeqNum)
        stamps.templateID = templateID
        stamps.execID = event.pointee.execID
        stamps.gatewayIn = event.pointee.requestTime
        stamps.engineIn = event.pointee.timeIn
        stamps.engineOut = engineOut
        stamps.answerIn = answerIn
        stamps.gatewayOut = sending
        return stamps
    }
}
