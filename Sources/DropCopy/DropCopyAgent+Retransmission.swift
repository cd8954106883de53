import Domain
import Reports
import SessionServer
import Wire

// Messages once more: a response that says how many, and right behind it these. They come from the
// same history as the first time, whether or not the listener has subscribed.
extension DropCopyAgent {
    /// One answer: messages of a stream from a place on.
    private struct Batch {
        /// What is missing before the first place, and so many messages stand for it.
        var gaps = 0
        var first: UInt64
        var end: UInt64
        var bytes = 0

        var count: Int { gaps + Int(end - first) }
    }

    // MARK: Listener data, by ApplMsgID

    /// 10026: what lies behind one id, up to another; null is the first and the last known.
    mutating func resendListenerData(
        _ asked: RetransmitMEMessageRequestView, _ request: PortRequest
    ) -> FrameOutcome {
        guard asked.refApplID == StreamView.Stream.listenerData.rawValue else {
            return .refused(Refusal(.streamNotOffered))
        }
        guard asked.partitionID == port.reference.partitionID else {
            return refuse(.partitionID, request)
        }
        guard
            let view = streamView(
                .listenerData, scope: asked.subscriptionScope, of: request.session)
        else { return refuse(.subscriptionScope, request) }
        let begin = ApplMsgID(asked.applBegMsgID)
        let last = ApplMsgID(asked.applEndMsgID)
        if let begin, let last, begin > last { return refuse(.applEndMsgID, request) }
        let batch = batch(behind: begin ?? .min, upTo: last ?? .max, in: view)
        let length = RetransmitMEMessageResponseWriter.fixedLength
        guard let space = room(for: batch, behind: length, request) else { return .retries }
        let writer = RetransmitMEMessageResponseWriter(space)
        writer.initialize()
        fillHeader(space, request)
        writer.applTotalMessageCount = UInt16(batch.count)
        if let id = lastID(of: batch, in: view) {
            id.write(to: space + RetransmitMEMessageResponseView.applEndMsgIDOffset)
        }
        if let id = history.lastID(in: view) {
            id.write(to: space + RetransmitMEMessageResponseView.refApplLastMsgIDOffset)
        }
        port.commit(request.connection, length)
        resend(batch, view, request)
        return .taken
    }

    /// Messages in this range, as many as an answer takes; what was forgotten is one gap before them.
    private func batch(
        behind begin: ApplMsgID, upTo last: ApplMsgID, in view: StreamView
    ) -> Batch {
        let log = history.log(of: view)
        let start = history.place(behind: begin, in: view)
        var batch = Batch(first: start, end: start)
        if let forgotten = log.lastForgotten,
            begin < (view.readsAllUnits ? forgotten.ofAll : forgotten.ofUnit)
        {
            batch.gaps = 1
            batch.bytes = Delivery.gapLength
        }
        var place = start
        var bytes = batch.bytes
        var events = WholeEvents()
        while place < log.end, batch.gaps + Int(place - start) < configuration.messagesPerAnswer {
            let entry = HistoryEntry(raw: log[place])
            guard history.begins(entry, notBehind: last, in: view) else { break }
            bytes += encoder.length(of: entry, .listenerData, in: history)
            place += 1
            // An event is told whole, or with the next answer.
            if events.mayEnd(behind: history.event(at: entry)) {
                batch.end = place
                batch.bytes = bytes
            }
        }
        if batch.end == start, place > start {
            // One event fills the answer, and more.
            batch.end = place
            batch.bytes = bytes
        }
        return batch
    }

    private func lastID(of batch: Batch, in view: StreamView) -> ApplMsgID? {
        let log = history.log(of: view)
        if batch.end > batch.first {
            return history.id(of: HistoryEntry(raw: log[batch.end - 1]), in: view)
        }
        guard batch.gaps > 0, let forgotten = log.lastForgotten else { return nil }
        return view.readsAllUnits ? forgotten.ofAll : forgotten.ofUnit
    }

    // MARK: Trades, by ApplSeqNum

    /// 10008: from one number to another, both included; null is the first and the last known.
    mutating func resendTrades(
        _ asked: RetransmitRequestView, _ request: PortRequest
    ) -> FrameOutcome {
        let stream = asked.refApplID
        // News and risk control have had no messages, so there is nothing of them to resend.
        let isEmptyStream = stream == 2 || stream == 6
        guard isEmptyStream || stream == StreamView.Stream.trade.rawValue else {
            return .refused(Refusal(.streamNotOffered))
        }
        let partition = isEmptyStream ? Null.u16 : port.reference.partitionID
        guard asked.partitionID == partition else { return refuse(.partitionID, request) }
        let (begin, last) = (asked.applBegSeqNum, asked.applEndSeqNum)
        if begin != Null.u64, last != Null.u64, begin > last {
            return refuse(.applEndSeqNum, request)
        }
        guard !isEmptyStream,
            let view = streamView(.trade, scope: Null.u32, of: request.session)
        else { return answerTrades(nil, Batch(first: 0, end: 0), request) }
        let log = history.log(of: view)
        // Numbers are those of the present business day.
        let day = log.dayStart
        let first = begin == Null.u64 ? max(log.first, day) - day + 1 : max(begin, 1)
        let end = min(last, log.end - day)
        guard end > 0, first <= end else {
            return answerTrades(view, Batch(first: 0, end: 0), request)
        }
        return answerTrades(view, batch(from: day + first - 1, to: day + end, in: log), request)
    }

    /// Places that are no longer known, or never were, count as one gap each.
    private func batch(from first: UInt64, to last: UInt64, in log: EntryLog) -> Batch {
        let end = min(last, first + UInt64(configuration.messagesPerAnswer))
        var batch = Batch(first: first, end: end)
        if batch.first < log.first {
            batch.gaps = Int(min(log.first, batch.end) - batch.first)
            batch.first += UInt64(batch.gaps)
            batch.bytes = batch.gaps * Delivery.gapLength
        }
        for place in batch.first..<batch.end {
            let entry = HistoryEntry(raw: log[place])
            batch.bytes += encoder.length(of: entry, .trade, in: history)
        }
        return batch
    }

    private mutating func answerTrades(
        _ view: StreamView?, _ batch: Batch, _ request: PortRequest
    ) -> FrameOutcome {
        let length = RetransmitResponseWriter.fixedLength
        guard let space = room(for: batch, behind: length, request) else { return .retries }
        let writer = RetransmitResponseWriter(space)
        writer.initialize()
        fillHeader(space, request)
        if let view {
            let log = history.log(of: view)
            if batch.count > 0 { writer.applEndSeqNum = batch.end - log.dayStart }
            if log.end > log.dayStart { writer.refApplLastSeqNum = log.end - log.dayStart }
        }
        writer.applTotalMessageCount = UInt16(batch.count)
        port.commit(request.connection, length)
        if let view { resend(batch, view, request) }
        return .taken
    }

    // MARK: Parts

    private func refuse(_ field: WireField, _ request: PortRequest) -> FrameOutcome {
        .refused(Refusal(FieldViolation(.invalidValue, field), of: request.template))
    }

    /// Room for the response, if all that follows will have room too.
    private mutating func room(
        for batch: Batch, behind length: Int, _ request: PortRequest
    ) -> UnsafeMutableRawPointer? {
        let unsent = port.unsentBytes(request.connection)
        guard unsent == 0 || unsent + length + batch.bytes <= configuration.answerBytesMax else {
            return nil
        }
        return port.spaceIfRoom(request.connection, length)
    }

    private func fillHeader(_ space: UnsafeMutableRawPointer, _ request: PortRequest) {
        let header = ResponseHeaderWriter(ofMessage: space)
        header.requestTime = request.receivedAt.nanos
        header.sendingTime = clock.now().nanos
        header.msgSeqNum = request.msgSeqNum
    }

    private mutating func resend(_ batch: Batch, _ view: StreamView, _ request: PortRequest) {
        counters.retransmissions += 1
        counters.messagesResent += UInt64(batch.count)
        var delivery = Delivery(
            applID: view.stream.rawValue, partitionID: port.reference.partitionID,
            sendingTime: clock.now().nanos)
        delivery.isResent = true
        let connection = request.connection
        for _ in 0..<batch.gaps {
            guard let space = port.space(connection, Delivery.gapLength) else { return }
            port.commit(connection, delivery.writeGap(to: space))
        }
        let log = history.log(of: view)
        for place in batch.first..<batch.end {
            let entry = HistoryEntry(raw: log[place])
            let length = encoder.length(of: entry, view.stream, in: history)
            guard let space = port.space(connection, length) else { return }
            let written = encoder.write(
                entry, at: place, view, to: space, delivery, in: history, port.reference)
            port.commit(connection, written)
        }
    }
}
