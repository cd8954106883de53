import Domain
import Reports

/// The message that listeners of standard orders get about an event.
enum ListenerMessage {
    /// 10117
    case orderReport
    /// 10112
    case deletion
    /// 10122
    case massDeletion
    /// 10308
    case marketDeletion
    /// 10307
    case sessionEvent
}

extension EventRecord {
    /// What listener data says about this event, if anything: standard orders only, and what concerns
    /// everybody.
    ///
    /// What another session of the unit does to an order makes two events, the requester's answer and
    /// the owner's notification. Listeners get the owner's. But if the change traded, that has no
    /// fills: then they get the execution, which tells the change too (`tradedBefore`: a resting order
    /// was executed earlier in this transaction).
    func listenerMessage(tradedBefore: Bool) -> ListenerMessage? {
        if event.kind == .tradingSessionEvent { return .sessionEvent }
        guard event.flags.contains(.standard) else { return nil }
        let isOnBehalf = event.flags.contains(.onBehalf)
        switch event.kind {
        case .orderAccepted: return .orderReport
        case .orderModified: return isOnBehalf ? nil : .orderReport
        case .aggressorExecuted, .restingExecuted: return .orderReport
        case .orderModifiedByOther: return tradedBefore ? nil : .orderReport
        case .orderDeleted: return isOnBehalf ? nil : .deletion
        case .orderDeletedByOther: return .deletion
        case .orderRestated: return .orderReport
        // The requester's answer stands for its own orders; others' have a report of their own.
        case .massCancelled: return event.flags.contains(.hitOwnOrders) ? .massDeletion : nil
        case .massCancelReported, .orderNotAffected: return .massDeletion
        case .ordersDeletedByMarket: return .marketDeletion
        case .requestRejected, .orderRemoved, .commandApplied, .productStateChanged,
            .instrumentStateChanged, .tradingSessionEvent, .marketStateAnswered, .productListed,
            .instrumentListed, .orderListed, .ordersListed:
            return nil
        }
    }
}
