import Domain

/// Listens to the events alone, as market data, a drop copy and a clearing house would, and checks
/// what must hold whatever the commands were. Knows neither the commands nor the reference.
struct EventWitness {
    /// The key of a resting order in public data.
    struct Key: Hashable {
        var instrument: InstrumentIndex
        var side: Side
        var price: Price
        var timePriority: Timestamp
    }

    struct Resting: Equatable {
        var orderID: OrderID
        var leavesQty: Quantity
    }

    private(set) var book: [Key: Resting] = [:]
    private var executed: [OrderID: Quantity] = [:]
    private var lastIDs: [ProductIndex: (match: UInt32, sideTrade: Int32)] = [:]
    private var lastExecID = Timestamp.zero
    private var lastTradeNumbers: [UnitIndex: UInt32] = [:]
    private var lastTradeNumber: UInt32 = 0
    private let referenceData: ReferenceData
    private var states: StateWitness

    init(_ referenceData: ReferenceData) {
        self.referenceData = referenceData
        states = StateWitness(referenceData)
    }

    /// Takes one transaction; returns what is wrong with it.
    mutating func objection(to events: [RecordedEvent]) -> String? {
        if events.contains(where: { $0.flags.contains(.newBusinessDay) }) {
            lastIDs = [:]
            lastTradeNumbers = [:]
            lastTradeNumber = 0
        }
        guard let last = events.last else { return "a command without events" }
        for (index, event) in events.enumerated() {
            let head = event.head
            if head.execID != last.head.execID || head.sequence != last.head.sequence {
                return "a transaction of several stamps"
            }
            if head.flags.contains(.endOfTransaction) != (index == events.count - 1) {
                return "the end of the transaction is not at its end"
            }
            if let objection = states.objection(to: event, referenceData) { return objection }
            if let objection = conservation(event) { return objection }
            if let objection = follow(event) { return objection }
            if let objection = tradeNumbers(event) { return objection }
        }
        if last.head.execID <= lastExecID { return "ExecID does not rise" }
        lastExecID = last.head.execID
        return steps(events)
    }

    /// Ordered = executed + open + cancelled, and nothing of it is ever negative or taken back.
    private mutating func conservation(_ event: RecordedEvent) -> String? {
        let head = event.head
        switch head.kind {
        case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted,
            .restingExecuted, .orderRemoved, .orderDeletedByOther, .orderModifiedByOther:
            break
        default: return nil
        }
        if head.leavesQty < .zero || head.cumQty < .zero || head.cancelledQty < .zero {
            return "a negative quantity: \(sentence(event))"
        }
        if head.ordStatus == .filled, head.cumQty != head.orderQty { return "filled, but not all" }
        if head.flags.contains(.rests) != (head.leavesQty > .zero),
            !head.flags.contains(.moreFragments)
        {
            return "open quantity without an order in the book, or the reverse"
        }
        var traded = event.context?.fill.quantity ?? .zero
        for fill in event.fills { traded += fill.quantity }
        if head.kind != .orderModifiedByOther {
            let before = executed[head.orderID] ?? .zero
            if before + traded != head.cumQty { return "executions don't add up to CumQty" }
            executed[head.orderID] = head.cumQty
        }
        return nil
    }

    /// Keeps the book by key, from nothing but the events.
    private mutating func follow(_ event: RecordedEvent) -> String? {
        let head = event.head
        var key = Key(
            instrument: head.instrument, side: head.side, price: head.price,
            timePriority: head.timePriority)
        let resting = Resting(orderID: head.orderID, leavesQty: head.leavesQty)
        switch head.kind {
        case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted,
            .restingExecuted, .orderRemoved:
            break
        case .orderRestated:
            return book[key] == resting ? nil : "told again, but not as it is: \(sentence(event))"
        default: return nil
        }
        if head.flags.contains(.moreFragments) { return nil }
        if head.flags.contains(.rested) {
            var old = key
            if let context = event.context {
                old.price = context.previousPrice
                old.timePriority = context.previousTimePriority
            }
            guard let known = book.removeValue(forKey: old), known.orderID == head.orderID else {
                return "an order by a key nobody knows: \(sentence(event))"
            }
            if let context = event.context, context.previousLeavesQty != known.leavesQty {
                return "another open quantity than was known: \(sentence(event))"
            }
            if head.kind == .restingExecuted { key = old }
        }
        if head.flags.contains(.rests) {
            if book.updateValue(resting, forKey: key) != nil { return "a key used twice" }
        }
        return nil
    }

    /// What was sold in a match step was bought in it, at one price, under numbers without gaps.
    private mutating func steps(_ events: [RecordedEvent]) -> String? {
        var open: [UInt32: (price: Price, quantity: Quantity)] = [:]
        var sideTrades: Set<Int32> = []
        guard let product = events.lazy.compactMap({ $0.context?.product }).first else {
            return nil
        }
        for event in events {
            let head = event.head
            if head.kind == .restingExecuted, let fill = event.context?.fill {
                if fill.price != head.price { return "a fill away from the resting price" }
                var step = open[fill.matchID] ?? (fill.price, .zero)
                if step.price != fill.price { return "a match step of two prices" }
                step.quantity += fill.quantity
                open[fill.matchID] = step
                sideTrades.insert(fill.sideTradeID)
            }
            for fill in event.fills {
                if !head.price.isNone,
                    head.side == .buy ? fill.price > head.price : fill.price < head.price
                {
                    return "a fill beyond the aggressor's limit"
                }
                guard let step = open.removeValue(forKey: fill.matchID),
                    step.price == fill.price, step.quantity == fill.quantity
                else { return "the two sides of match step \(fill.matchID) differ" }
                let expected = (lastIDs[product]?.match ?? 0) + 1
                if fill.matchID != expected { return "match ids have a gap" }
                lastIDs[product, default: (0, 0)].match = fill.matchID
                sideTrades.insert(fill.sideTradeID)
            }
        }
        if !open.isEmpty { return "resting orders traded with nobody" }
        if !sideTrades.isEmpty {
            let first = (lastIDs[product]?.sideTrade ?? 0) + 1
            if sideTrades.min() != first || sideTrades.max() != first - 1 + Int32(sideTrades.count)
            {
                return "side trade ids have a gap"
            }
            lastIDs[product, default: (0, 0)].sideTrade = first - 1 + Int32(sideTrades.count)
        }
        return nil
    }

    /// Every side of a trade has the next number of its unit's trades, and of all.
    private mutating func tradeNumbers(_ event: RecordedEvent) -> String? {
        guard let context = event.context else { return nil }
        let count = event.kind == .restingExecuted ? 1 : UInt32(event.fills.count)
        guard count > 0 else {
            return context.unitTradeNumber == 0 && context.partitionTradeNumber == 0
                ? nil : "a trade number without a trade: \(sentence(event))"
        }
        guard context.unitTradeNumber == lastTradeNumbers[context.unit, default: 0] + 1,
            context.partitionTradeNumber == lastTradeNumber + 1
        else { return "trade numbers have a gap: \(sentence(event))" }
        lastTradeNumbers[context.unit, default: 0] += count
        lastTradeNumber += count
        return nil
    }

    /// Compares the book kept by key with an instrument's in the engine.
    func bookDifference(_ instrument: InstrumentIndex, _ engine: EngineHarness) -> String? {
        var count = 0
        for side in [Side.buy, .sell] {
            for order in engine.orders(instrument, side) {
                count += 1
                let key = Key(
                    instrument: instrument, side: side, price: order.price,
                    timePriority: order.timePriority)
                let resting = Resting(orderID: order.orderID, leavesQty: order.leavesQty)
                if book[key] != resting { return "the book told of is not the book: \(order)" }
            }
        }
        let told = book.keys.lazy.filter { $0.instrument == instrument }.count
        return told == count ? nil : "the book told of has \(told) orders, the engine \(count)"
    }
}
