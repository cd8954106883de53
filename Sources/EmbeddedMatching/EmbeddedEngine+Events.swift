import CApusMatching
import Domain

// The engine's records become events of a fixed size here.
extension EmbeddedEngine {
    /// Copies the next events, at most `capacity`; goes on with what waited for room.
    mutating func take(into events: UnsafeMutablePointer<apus_event>, capacity: Int) -> Int {
        var count = 0
        while count < capacity {
            guard made.available() > 0 else {
                guard obstacle == APUS_EVENTS_WAITING else { break }
                goOn()
                continue
            }
            let slots = Int(made[0].slotCount)
            guard made[0].flags.contains(.hasContext) else {
                (events + count).initialize(to: Self.event(made[0]))
                count += 1
                made.release(slots)
                continue
            }
            let fillCount = Int(made[1, as: EventContext.self].fillCount)
            while fillsTold < fillCount, count < capacity {
                writeFill(fillsTold, to: events + count)
                fillsTold += 1
                count += 1
            }
            guard count < capacity else { break }
            writeRecord(to: events + count)
            count += 1
            fillsTold = 0
            made.release(slots)
        }
        return count
    }

    /// Writes a record that has a context.
    @inline(__always)
    private mutating func writeRecord(to event: UnsafeMutablePointer<apus_event>) {
        event.initialize(to: Self.event(made[0]))
        event.pointee.fill_count = made[1, as: EventContext.self].fillCount
        let kind = made[0].kind
        if kind == .restingExecuted {
            event.pointee.fill_quantity = made[1, as: EventContext.self].fill.quantity.raw
            event.pointee.match_id = made[1, as: EventContext.self].fill.matchID
        } else if !Self.isAboutOrder(kind) {
            let product = made[1, as: EventContext.self].product
            event.pointee.product = product.isNone ? .max : UInt32(product.raw)
        }
    }

    /// Writes one of the aggressor's fills.
    private mutating func writeFill(_ index: Int, to event: UnsafeMutablePointer<apus_event>) {
        let slot = 2 + index / Fill.perSlot
        let fill = made[slot, as: FillSlot.self].fills[index % Fill.perSlot]
        event.initialize(to: Self.event(made[0]))
        event.pointee.kind = UInt8(APUS_FILL.rawValue)
        event.pointee.flags &= ~UInt8(APUS_LAST | APUS_MORE)
        event.pointee.price = fill.price.raw
        event.pointee.fill_quantity = fill.quantity.raw
        event.pointee.match_id = fill.matchID
    }

    /// What the head of a record says.
    @inline(__always)
    private static func event(_ head: borrowing Event) -> apus_event {
        var event = apus_event()
        event.sequence = head.sequence
        event.time = head.execID.nanos
        event.session = head.session.raw
        event.trader = head.trader.raw
        event.instrument = head.instrument.raw
        event.product = .max
        event.price = head.price.raw
        event.kind = UInt8(kind(head.kind).rawValue)
        event.flags = flags(head.flags)
        event.cl_ord_id = callerIdentifier(head.clOrdID.raw)
        if isAboutOrder(head.kind) {
            fillOrder(&event, head)
        } else {
            fillOthers(&event, head)
        }
        return event
    }

    @inline(__always)
    private static func isAboutOrder(_ kind: Event.Kind) -> Bool {
        switch kind {
        case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted, .restingExecuted,
            .orderRemoved, .orderNotAffected:
            true
        default: false
        }
    }

    @inline(__always)
    private static func fillOrder(_ event: inout apus_event, _ head: borrowing Event) {
        event.order_id = callerIdentifier(head.orderID.raw)
        event.orig_cl_ord_id = callerIdentifier(head.origClOrdID.raw)
        event.quantity = head.orderQty.raw
        event.leaves_quantity = head.leavesQty.raw
        event.executed_quantity = head.cumQty.raw
        event.side = head.side.rawValue
        event.order_type = head.ordType.rawValue
        event.time_in_force = head.timeInForce.rawValue
        event.status = head.ordStatus.rawValue
        if head.execInst.isPersistent { event.flags |= UInt8(APUS_OF_PERSISTENT) }
    }

    @inline(__always)
    private static func fillOthers(_ event: inout apus_event, _ head: borrowing Event) {
        switch head.kind {
        case .requestRejected:
            event.reject_rule = head.reject.rawValue
            event.reject_reason = UInt16(truncatingIfNeeded: head.reject.reason.rawValue)
            event.reject_value = head.rejectValue
        case .productStateChanged: event.state = head.productState.rawValue
        case .instrumentStateChanged: event.state = head.instrumentStatus.rawValue
        case .tradingSessionEvent:
            event.state = head.tradSesEvent.rawValue
            event.quantity = Int64(head.tradeDate)
        default: break
        }
    }

    /// "None" is all ones in the engine and 0 for callers.
    @inline(__always)
    private static func callerIdentifier(_ known: UInt64) -> UInt64 { known == .max ? 0 : known }

    @inline(__always)
    private static func flags(_ known: Event.Flags) -> UInt8 {
        var flags: Int = 0
        if known.contains(.endOfTransaction) { flags |= APUS_LAST }
        if known.contains(.rests) { flags |= APUS_RESTS }
        if known.contains(.rested) { flags |= APUS_RESTED }
        if known.contains(.priorityRenewed) { flags |= APUS_PRIORITY_RENEWED }
        if known.contains(.moreFragments) { flags |= APUS_MORE }
        if known.contains(.answersModify) { flags |= APUS_BY_MODIFY }
        return UInt8(flags)
    }

    @inline(__always)
    private static func kind(_ kind: Event.Kind) -> apus_event_kind {
        switch kind {
        case .orderAccepted: APUS_ACCEPTED
        case .orderModified: APUS_MODIFIED
        case .orderDeleted: APUS_DELETED
        case .aggressorExecuted: APUS_EXECUTED
        case .restingExecuted: APUS_RESTING_EXECUTED
        case .requestRejected: APUS_REJECTED
        case .orderRemoved: APUS_REMOVED
        case .orderNotAffected: APUS_NOT_AFFECTED
        case .massCancelled, .massCancelReported, .ordersDeletedByMarket: APUS_MASS_CANCELLED
        case .productStateChanged: APUS_PRODUCT_STATE
        case .instrumentStateChanged: APUS_INSTRUMENT_STATE
        case .tradingSessionEvent: APUS_TRADING_DAY
        case .marketStateAnswered: APUS_STATE_CHANGED
        // The others belong to what this interface does not offer: acting for another session,
        // listings and restarts.
        case .commandApplied, .orderDeletedByOther, .orderModifiedByOther, .productListed,
            .instrumentListed, .orderListed, .ordersListed, .orderRestated:
            APUS_DONE
        }
    }
}
