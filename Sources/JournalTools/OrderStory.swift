import DataOutput
import Domain

/// The life of one order in sentences, each with the rule that decided it.
///
/// Transactions are handed in in order; those that have nothing to do with the order are passed over.
struct OrderStory {
    struct Sentence: Equatable {
        var sequence: UInt64
        var time: Timestamp
        var text: String
    }

    let orderID: OrderID
    private let names: MarketNames
    private(set) var sentences: [Sentence] = []
    /// The order after the last event about it.
    private var last: SeenEvent?
    /// The order went in a mass cancel, whose report says why.
    private var isRemovedUntold = false

    init(_ orderID: OrderID, _ names: MarketNames) {
        self.orderID = orderID
        self.names = names
    }

    var isEmpty: Bool { sentences.isEmpty }
    /// It rests in no book any more, and everything about that is told.
    var hasEnded: Bool {
        guard let last else { return false }
        return last.event.leavesQty <= .zero && !isRemovedUntold
    }

    /// Takes a command with all that it did.
    mutating func take(_ command: Command, _ events: [SeenEvent]) {
        if isRemovedUntold { tellRemoval(command, events) }
        let own = events.filter { $0.event.orderID == orderID }
        if own.isEmpty { return takeRefusal(command, events) }
        // What another session does makes two events: its answer, and the owner's notification.
        let isOthers = own.contains {
            $0.event.kind == .orderDeletedByOther || $0.event.kind == .orderModifiedByOther
        }
        for seen in own {
            if isOthers, seen.event.flags.contains(.onBehalf), seen.fills.isEmpty { continue }
            tell(command, seen, events)
        }
        if isRemovedUntold { tellRemoval(command, events) }
    }

    private mutating func tell(_ command: Command, _ seen: SeenEvent, _ events: [SeenEvent]) {
        let event = seen.event
        switch event.kind {
        case .orderAccepted: add(command, entry(command, seen) + outcome(seen))
        case .orderModified, .orderModifiedByOther:
            add(command, change(command, seen) + outcome(seen))
        case .orderDeleted, .orderDeletedByOther: add(command, deletion(command, seen))
        case .aggressorExecuted:
            let isFirst = last?.event.sequence != event.sequence
            let isChange = event.flags.contains(.answersModify)
            let request = isChange ? change(command, seen) : entry(command, seen)
            add(
                command,
                (isFirst ? request : "") + executions(seen, events)
                    + (event.flags.contains(.moreFragments) ? "" : outcome(seen)))
        case .restingExecuted: add(command, restingExecution(seen, events))
        case .orderRestated:
            add(
                command,
                "The venue began again. A persistent order stays, with its price, its place in time and "
                    + "\(NumberText.quantity(event.leavesQty)) open.")
        case .orderRemoved: isRemovedUntold = true
        case .orderNotAffected:
            // It tells of the mass cancel, not of the order's state.
            return add(
                command,
                "A deletion of all orders left it alone, because its instrument is closed.")
        default: break
        }
        last = seen
    }

    // MARK: Requests

    private func entry(_ command: Command, _ seen: SeenEvent) -> String {
        let event = seen.event
        return "Entered by \(names.trader(event.trader)) on \(names.session(seen.owner)) (request "
            + "\(command.msgSeqNum)\(clOrdID(event))): "
            + names.terms(event.side, event.orderQty, event.instrument, event.price)
            + ", \(command.attributes.words)."
    }

    private func change(_ command: Command, _ seen: SeenEvent) -> String {
        let event = seen.event
        let by =
            command.session == seen.owner
            ? names.session(command.session)
            : "\(names.session(command.session)) of the same unit"
        var text =
            "Changed by \(by) (request \(command.msgSeqNum)\(clOrdID(event))) to "
            + names.terms(event.side, event.orderQty, event.instrument, event.price) + "."
        guard let before = last?.event else { return text }
        let isPlaced = before.price != event.price || event.orderQty > before.orderQty
        if !isPlaced {
            text +=
                " Neither the price changed nor the quantity rose, so it kept its place in time."
        } else if before.price != event.price {
            text += " The price changed, so it lost its place in time and was matched as if new."
        } else {
            text += " The quantity rose, so it lost its place in time and was matched as if new."
        }
        return text
    }

    private func deletion(_ command: Command, _ seen: SeenEvent) -> String {
        let open = last.map { NumberText.quantity($0.event.leavesQty) } ?? "what was open"
        let by =
            command.session == seen.owner
            ? "its own session" : "\(names.session(command.session)) of the same unit"
        return "Deleted by \(by) (request \(command.msgSeqNum)): \(open) open, "
            + "\(NumberText.quantity(seen.event.cumQty)) had traded. It is in no book any more."
    }

    private mutating func takeRefusal(_ command: Command, _ events: [SeenEvent]) {
        guard let last, !hasEnded,
            let refused = events.first(where: { $0.event.kind == .requestRejected })
        else { return }
        let isMeant =
            command.orderID == orderID
            || command.orderID.isNone && command.session == last.owner
                && command.origClOrdID == last.event.clOrdID && !command.origClOrdID.isNone
        guard isMeant else { return }
        add(
            command,
            "Request \(command.msgSeqNum) of \(names.session(command.session)) (\(command.kind)) was "
                + "refused and changed nothing: \(EventText.refusal(refused.event)).")
    }

    // MARK: Executions

    private func executions(_ seen: SeenEvent, _ events: [SeenEvent]) -> String {
        var text = ""
        for fill in seen.fills {
            let others = events.filter { other in
                other.event.orderID != orderID
                    && other.fills.contains { $0.matchID == fill.matchID }
            }
            text += " It traded \(NumberText.quantity(fill.quantity)) at "
            text += "\(names.price(fill.price, seen.event.instrument)) (match \(fill.matchID))"
            text +=
                others.isEmpty ? "." : " with " + others.map(describe).joined(separator: ", ") + "."
        }
        return text
            + " The best price comes first, at one price the earliest time priority, and the price is "
            + "that of the resting order."
    }

    private func restingExecution(_ seen: SeenEvent, _ events: [SeenEvent]) -> String {
        let event = seen.event
        var text = ""
        for fill in seen.fills {
            let aggressor = events.first { other in
                other.event.kind == .aggressorExecuted
                    && other.fills.contains { $0.matchID == fill.matchID }
            }
            text += "\(NumberText.quantity(fill.quantity)) traded at its price "
            text += "\(names.price(fill.price, event.instrument)) (match \(fill.matchID))"
            text += aggressor.map { " with the incoming " + describe($0) } ?? ""
            text += ": no order was before it in price and time."
        }
        return text + rest(event)
    }

    private func describe(_ other: SeenEvent) -> String {
        "order \(other.event.orderID.raw) of \(names.session(other.owner))"
    }

    // MARK: What became of it

    /// Whether it rests now, and why.
    private func outcome(_ seen: SeenEvent) -> String {
        let event = seen.event
        let traded = !seen.fills.isEmpty
        if event.ordStatus == .filled || event.leavesQty > .zero, traded { return rest(event) }
        if event.leavesQty > .zero {
            return " Nothing on the other side reached its price, so it rests with "
                + "\(NumberText.quantity(event.leavesQty)) open, behind what was at "
                + "\(names.price(event.price, event.instrument)) before."
        }
        let withdrawn = NumberText.quantity(event.cancelledQty)
        if event.timeInForce == .immediateOrCancel {
            return (traded ? " Nothing more" : " Nothing")
                + " on the other side reached its price, "
                + "and an immediate-or-cancel order does not rest: \(withdrawn) cancelled."
        }
        return " \(withdrawn) cancelled: nothing of it is open. It is in no book any more."
    }

    private func rest(_ event: Event) -> String {
        event.leavesQty > .zero
            ? " \(NumberText.quantity(event.leavesQty)) of it are open and rest."
            : " It is filled and in no book any more."
    }

    /// Its removal was one of a mass cancel: the report of that says why.
    private mutating func tellRemoval(_ command: Command, _ events: [SeenEvent]) {
        guard let last else { return }
        let product = names.instrument(last.event.instrument)?.product
        for seen in events {
            let isMeant =
                seen.context.product.isNone || seen.context.product == product
                || seen.event.instrument == last.event.instrument
            let cause: String? =
                switch seen.event.kind {
                case .massCancelled where seen.event.session == last.owner:
                    "by its session's deletion of all orders (request \(seen.event.msgSeqNum))"
                case .massCancelReported where seen.owner == last.owner && isMeant,
                    .ordersDeletedByMarket where seen.owner == last.owner && isMeant:
                    seen.event.massActionReason == .requested
                        ? "by another session of its unit that deleted all orders"
                        : seen.event.massActionReason.words
                case .tradingSessionEvent where isMeant:
                    "because the business day ended"
                default: nil
                }
            guard let cause else { continue }
            isRemovedUntold = false
            return add(command, "Withdrawn with others \(cause). It is in no book any more.")
        }
    }

    /// The journal ended before the report of a mass cancel.
    mutating func finish() {
        guard isRemovedUntold, let event = last?.event else { return }
        isRemovedUntold = false
        sentences.append(
            Sentence(
                sequence: event.sequence, time: event.execID,
                text:
                    "Withdrawn with others in a mass cancel that was not complete at the journal's "
                    + "end. It is in no book any more."))
    }

    private func clOrdID(_ event: Event) -> String {
        event.clOrdID.isNone ? "" : ", ClOrdID \(event.clOrdID.raw)"
    }

    private mutating func add(_ command: Command, _ text: String) {
        sentences.append(
            Sentence(sequence: command.sequence, time: command.timeIn, text: text.trimmingBlank()))
    }
}

extension String {
    fileprivate func trimmingBlank() -> String { hasPrefix(" ") ? String(dropFirst()) : self }
}
