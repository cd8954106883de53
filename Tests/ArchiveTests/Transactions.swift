import Domain
import Reports

/// An event's slots as bytes.
struct EventBytes: Equatable {
    var words: [UInt64]

    func withRecord<Result>(_ body: (EventRecord) throws -> Result) rethrows -> Result {
        try words.withUnsafeBytes { try body(EventRecord($0.baseAddress!)) }
    }
}

/// What a naive archive keeps of an event.
struct Kept {
    var sequence: UInt64
    var index: UInt64
    var event: EventBytes
    /// Whose data it is part of: a session, or -1 for everybody; nil for nobody.
    var session: Int?
    var id: ApplMsgID
    var endsTransaction: Bool
}

/// Makes transactions at random, and knows what an archive has to say of them.
struct Transactions {
    static let sessionCount = 5
    var random: UInt64
    var sequence: UInt64 = 0
    var all: [Kept] = []
    /// Sequences of transactions that hold listings alone.
    var listings: [UInt64] = []

    init(seed: UInt64) { random = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    static func execID(_ sequence: UInt64) -> UInt64 { 1_700_000_000_000_000_000 + sequence * 7 }

    mutating func next(_ bound: Int) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(random >> 33) % bound
    }

    /// The events of the next transaction, and what is to be kept of each (nil: nothing).
    mutating func make() -> [EventBytes] {
        sequence += 1
        if next(20) == 0 {
            listings.append(sequence)
            return [listing(isLast: false), listing(isLast: true)]
        }
        let count = next(12) == 0 ? 40 : 1 + next(4)
        return (1...count).map { index in
            let (event, session) = event(index: index, isLast: index == count)
            event.withRecord { record in
                all.append(
                    Kept(
                        sequence: sequence, index: UInt64(index), event: event, session: session,
                        id: record.sessionMessageID, endsTransaction: index == count))
            }
            return event
        }
    }

    private func head(_ kind: Event.Kind) -> Event {
        var event = Event(kind: kind)
        event.sequence = sequence
        event.execID = Timestamp(nanos: Self.execID(sequence))
        event.timeIn = Timestamp(nanos: Self.execID(sequence) - 3)
        return event
    }

    private func listing(isLast: Bool) -> EventBytes {
        var event = head(isLast ? .ordersListed : .orderListed)
        if isLast { event.flags = .endOfTransaction }
        return Self.bytes(event, nil, [], nil, nil)
    }

    private mutating func event(index: Int, isLast: Bool) -> (EventBytes, Int?) {
        let session = next(Self.sessionCount)
        let kinds: [Event.Kind] = [
            .orderAccepted, .aggressorExecuted, .restingExecuted, .commandApplied,
            .requestRejected, .massCancelReported, .tradingSessionEvent, .orderDeletedByOther,
        ]
        let kind = kinds[next(next(30) == 0 ? 8 : 6)]
        var event = head(kind)
        if isLast { event.flags.insert(.endOfTransaction) }
        guard kind != .commandApplied, kind != .requestRejected else {
            event.session = SessionIndex(session)
            return (Self.bytes(event, nil, [], nil, nil), nil)
        }
        let isStandard = next(3) > 0
        if isStandard { event.flags.insert(.standard) }
        event.session = SessionIndex(session)
        event.orderID = OrderID(raw: random)
        event.price = Price(units: Int64(next(1000)))
        event.leavesQty = Quantity(units: Int64(next(1000)))
        var context = EventContext()
        context.messageIndex = UInt32(index * 2)
        context.unit = UnitIndex(0)
        context.ownerSession = SessionIndex(session)
        var fills: [Fill] = []
        if kind == .aggressorExecuted {
            fills = (0..<1 + next(next(5) == 0 ? 100 : 3)).map { _ in
                var fill = Fill()
                fill.tradeID = UInt32(next(1 << 20))
                return fill
            }
        }
        var parties: OrderParties?
        if next(3) == 0 {
            parties = OrderParties()
            parties?.clientID = random
        }
        var texts: OrderTexts?
        if next(4) == 0 {
            texts = OrderTexts()
            texts?.freeText1[3] = UInt8(next(250))
        }
        let bytes = Self.bytes(event, context, fills, parties, texts)
        switch kind {
        case .tradingSessionEvent: return (bytes, -1)
        case .orderAccepted: return (bytes, isStandard ? session : nil)
        default: return (bytes, session)
        }
    }

    /// A record as it lies in the ring.
    static func bytes(
        _ event: Event, _ context: EventContext?, _ fills: [Fill], _ parties: OrderParties?,
        _ texts: OrderTexts?
    ) -> EventBytes {
        var words: [UInt64] = []
        func add<Slot: BitwiseCopyable>(_ slot: Slot) {
            var copy = [UInt64](repeating: 0, count: 16)
            withUnsafeBytes(of: slot) { source in
                copy.withUnsafeMutableBytes { $0.copyMemory(from: source) }
            }
            words += copy
        }
        var event = event
        let fillSlots = (fills.count + Fill.perSlot - 1) / Fill.perSlot
        event.slotCount = UInt8(
            1 + (context == nil ? 0 : 1) + fillSlots + (parties == nil ? 0 : 1)
                + (texts == nil ? 0 : 1))
        if context != nil { event.flags.insert(.hasContext) }
        if parties != nil { event.flags.insert(.hasParties) }
        if texts != nil { event.flags.insert(.hasTexts) }
        add(event)
        if var context {
            context.fillCount = UInt16(fills.count)
            add(context)
        }
        for slot in 0..<fillSlots {
            var four = FillSlot()
            for lane in 0..<Fill.perSlot where slot * Fill.perSlot + lane < fills.count {
                four.fills[lane] = fills[slot * Fill.perSlot + lane]
            }
            add(four)
        }
        if let parties { add(parties) }
        if let texts { add(texts) }
        return EventBytes(words: words)
    }
}
