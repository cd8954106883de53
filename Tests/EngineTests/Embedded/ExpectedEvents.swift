#if canImport(EmbeddedMatching)
    import CApusMatching
    import Domain

    /// What the C interface has to say, from what the reference says.
    enum ExpectedEvents {
        static func events(_ records: [RecordedEvent], answering command: Command) -> [apus_event] {
            records.flatMap { record in
                let whole = event(record, command)
                let fills = record.fills.map { fill in
                    var event = whole
                    event.kind = 5
                    event.flags = whole.flags & ~(1 | 16)
                    event.price = fill.price.raw
                    event.fill_quantity = fill.quantity.raw
                    event.match_id = fill.matchID
                    event.fill_count = 0
                    return event
                }
                return fills + [whole]
            }
        }

        private static let kinds: [Event.Kind: UInt8] = [
            .orderAccepted: 1, .orderModified: 2, .orderDeleted: 3, .aggressorExecuted: 4,
            .restingExecuted: 6, .requestRejected: 7, .orderRemoved: 8, .orderNotAffected: 9,
            .massCancelled: 10, .massCancelReported: 10, .ordersDeletedByMarket: 10,
            .productStateChanged: 11, .instrumentStateChanged: 12, .tradingSessionEvent: 13,
            .marketStateAnswered: 14, .commandApplied: 15,
        ]

        private static let flags: [(Event.Flags, UInt8)] = [
            (.endOfTransaction, 1), (.rests, 2), (.rested, 4), (.priorityRenewed, 8),
            (.moreFragments, 16), (.answersModify, 32),
        ]

        private static func event(_ record: RecordedEvent, _ command: Command) -> apus_event {
            let head = record.head
            var event = apus_event()
            event.sequence = head.sequence
            event.time = head.execID.nanos
            event.kind = kinds[head.kind] ?? 0
            for (known, flag) in flags where head.flags.contains(known) { event.flags |= flag }
            event.session = head.session.raw
            event.trader = head.trader.raw
            event.instrument = head.instrument.raw
            event.product = .max
            event.price = head.price.raw
            event.cl_ord_id = head.clOrdID.isNone ? 0 : head.clOrdID.raw
            switch head.kind {
            case .requestRejected:
                // The reference leaves open what a refusal repeats of the request.
                event.instrument = command.instrument.raw
                event.trader = command.trader.raw
                event.cl_ord_id = command.clOrdID.isNone ? 0 : command.clOrdID.raw
                event.price = .min
                event.reject_rule = head.reject.rawValue
                event.reject_reason = UInt16(head.reject.reason.rawValue)
                event.reject_value = head.rejectValue
            case .massCancelled, .massCancelReported, .ordersDeletedByMarket:
                event.product = UInt32(record.context?.product.raw ?? 0)
            case .productStateChanged, .instrumentStateChanged, .tradingSessionEvent:
                let product = record.context?.product ?? .none
                event.product = product.isNone ? .max : UInt32(product.raw)
                event.state = head.ordStatus.rawValue
                if head.kind == .tradingSessionEvent { event.quantity = head.orderQty.raw }
            case .commandApplied, .marketStateAnswered: break
            default: describe(record, in: &event)
            }
            return event
        }

        private static func describe(_ record: RecordedEvent, in event: inout apus_event) {
            let head = record.head
            event.order_id = head.orderID.raw
            event.orig_cl_ord_id = head.origClOrdID.isNone ? 0 : head.origClOrdID.raw
            event.quantity = head.orderQty.raw
            event.leaves_quantity = head.leavesQty.raw
            event.executed_quantity = head.cumQty.raw
            event.side = head.side == .buy ? 1 : 2
            event.order_type = head.ordType.rawValue
            event.time_in_force = head.timeInForce.rawValue
            event.status = head.ordStatus.rawValue
            if head.execInst == .persistent { event.flags |= 64 }
            event.fill_count = UInt16(record.fills.count)
            if head.kind == .restingExecuted, let fill = record.context?.fill {
                event.fill_quantity = fill.quantity.raw
                event.match_id = fill.matchID
            }
        }

        /// The first field in which two events differ, in words.
        static func difference(_ expected: apus_event, _ actual: apus_event) -> String? {
            var (a, b) = (expected, actual)
            // Whom nobody hears of is left open, and of an order that stays there is little to say.
            if a.kind == 15 || a.kind == 9 {
                for event in [\apus_event.session, \.trader, \.instrument, \.product] {
                    a[keyPath: event] = 0
                    b[keyPath: event] = 0
                }
                a.cl_ord_id = 0
                b.cl_ord_id = 0
                if a.kind == 9 { return a.order_id == b.order_id ? nil : "order_id" }
            }
            return haveSameBytes(a, b) ? nil : "expected \(a), got \(b)"
        }
    }
#endif
