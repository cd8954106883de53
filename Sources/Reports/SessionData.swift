import Domain
import Wire

/// The message in which a session's own data is told once more.
public enum SessionMessage: Sendable {
    /// 10117: any event of one order.
    case orderReport
    /// 10122
    case massDeletion
    /// 10308
    case marketDeletion
    /// 10307
    case sessionEvent
}

extension EventRecord {
    /// How an event is told again to the session it is addressed to; nil when it never had an
    /// ApplMsgID there, so that it is in no history.
    ///
    /// T7: of lean orders executions and unsolicited events, of standard ones everything; a
    /// requester's answer about an order that its session does not own is not in its history.
    public var sessionMessage: SessionMessage? {
        let isOwn = !event.flags.contains(.onBehalf)
        switch event.kind {
        case .orderAccepted, .orderModified, .orderDeleted:
            return isOwn && event.flags.contains(.standard) ? .orderReport : nil
        case .aggressorExecuted: return isOwn ? .orderReport : nil
        case .restingExecuted, .orderDeletedByOther, .orderModifiedByOther, .orderRestated:
            return .orderReport
        case .massCancelled: return event.flags.contains(.hitOwnOrders) ? .massDeletion : nil
        case .massCancelReported, .orderNotAffected: return .massDeletion
        case .ordersDeletedByMarket: return .marketDeletion
        case .tradingSessionEvent: return .sessionEvent
        case .requestRejected, .orderRemoved, .commandApplied, .productStateChanged,
            .instrumentStateChanged, .marketStateAnswered, .productListed, .instrumentListed,
            .orderListed, .ordersListed:
            return nil
        }
    }

    /// Where the event stands in the data of its session and of its unit: ApplMsgID.
    public var sessionMessageID: ApplMsgID {
        ApplMsgID(execID: event.execID.nanos, index: UInt64(context.messageIndex))
    }

    /// One of a listing, which repeats a state for readers that lost events and tells nothing new.
    public var isListing: Bool {
        switch event.kind {
        case .productListed, .instrumentListed, .orderListed, .ordersListed: true
        default: false
        }
    }
}

// The messages themselves, in the resent form: single-order events as whole orders.
extension EventRecord {
    /// Length of an event's message of resent session data.
    public func length(_ message: SessionMessage) -> Int {
        switch message {
        case .orderReport: orderReportLength
        case .massDeletion: massDeletionLength
        case .marketDeletion: DeleteAllOrderQuoteEventBroadcastWriter.fixedLength
        case .sessionEvent: TradingSessionStatusBroadcastWriter.fixedLength
        }
    }

    /// The longest of all.
    public static var sessionMessageLengthMax: Int {
        OrderExecReportBroadcastWriter.fixedLength + Fill.perAnswerMax * FillsGrpWriter.size
    }

    /// Writes an event's message of resent session data. A market reset names the session's `last`
    /// message before it. Returns the length.
    public func write(
        _ message: SessionMessage, to space: UnsafeMutableRawPointer, _ delivery: Delivery,
        _ names: ReportNames, lastBefore last: ApplMsgID? = nil
    ) -> Int {
        let id = sessionMessageID
        return switch message {
        case .orderReport: writeOrderReport(to: space, delivery, id: id, names)
        case .massDeletion: writeMassDeletion(to: space, delivery, id: id, names)
        case .marketDeletion: writeMarketDeletion(to: space, delivery, id: id, names)
        case .sessionEvent:
            writeSessionEvent(
                to: space, delivery, id: id, marketSegmentID: names.marketSegmentID,
                lastBefore: last)
        }
    }
}
