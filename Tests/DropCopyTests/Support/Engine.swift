import Domain
import Rings
import Streams

@testable import DropCopy

/// Who acts: a session of a business unit.
struct Owner: Equatable {
    var unit: Int
    var session: Int

    /// Two sessions of the first unit, one of the second.
    static let a1 = Owner(unit: 0, session: 0)
    static let a2 = Owner(unit: 0, session: 1)
    static let b1 = Owner(unit: 1, session: 2)
    static let shape = History.Shape(units: 2, sessions: 3, instruments: 1, products: 1)
}

/// Publishes the events of commands as an engine would, without any matching.
struct Engine: ~Copyable {
    static let genesis: UInt64 = 0xABCD

    private(set) var ring: BroadcastRing<Event>.Ends
    private var producer: BroadcastRing<Event>.Producer
    private(set) var sequence: UInt64 = 0
    private var lastTrades: [UInt32] = [0, 0]
    private var lastTrade: UInt32 = 0
    private var nextIndex: [UInt32] = [0, 0]
    private var pending: [(event: Event, context: EventContext?, fills: [Fill])] = []

    let genesis: UInt64

    init(capacity: Int = 1024, genesis: UInt64 = Engine.genesis) {
        self.genesis = genesis
        ring = BroadcastRing<Event>.make(
            capacity: capacity, gatingConsumers: 0, genesis: genesis)
        producer = ring.takeProducer()
    }

    /// The next life of the same venue: its ring is new, and numbers go on.
    init(after other: borrowing Engine, capacity: Int = 1024, genesis: UInt64) {
        self.init(capacity: capacity, genesis: genesis)
        sequence = other.sequence
        lastTrades = other.lastTrades
        lastTrade = other.lastTrade
    }

    /// Engine time of a command, by its sequence.
    static func execID(_ sequence: UInt64) -> UInt64 { 1_767_603_600_000_000_000 + sequence * 10 }

    func reader(
        from start: BroadcastRing<Event>.LossyReader.Start = .oldest
    ) -> BroadcastRing<Event>.LossyReader {
        .init(of: ring, from: start)
    }

    func feed() -> EventFeed { EventFeed(reader()) { $0 * 1000 } }

    // MARK: Commands

    /// A new order that rests.
    mutating func order(_ owner: Owner, isStandard: Bool = true) {
        begin()
        add(.orderAccepted, owner, isStandard: isStandard)
        publish()
    }

    /// A command nobody hears of.
    mutating func silence() {
        begin()
        pending.append((head(.commandApplied), nil, []))
        publish()
    }

    /// An aggressor that executes against so many resting orders of one owner.
    mutating func trade(
        _ aggressor: Owner, with resting: Owner, levels: Int = 1, isStandard: Bool = true,
        fragments: Int = 1
    ) {
        begin()
        var fill = Fill()
        fill.price = Price(units: 100)
        fill.quantity = Quantity(units: 1)
        for fragment in 0..<fragments {
            for level in 0..<levels {
                fill.tradeID = UInt32(level + 1)
                add(.restingExecuted, resting, isStandard: isStandard, fill: fill)
            }
            add(
                .aggressorExecuted, aggressor, isStandard: isStandard,
                fills: [Fill](repeating: fill, count: levels),
                flags: fragment < fragments - 1 ? .moreFragments : [])
        }
        publish()
    }

    /// One session of the unit changes another's order, which trades if `levels` is not 0.
    mutating func modifyOnBehalf(_ owner: Owner, levels: Int = 0, against other: Owner) {
        begin()
        let fill = Fill()
        for _ in 0..<levels { add(.restingExecuted, other, isStandard: true, fill: fill) }
        add(.orderModifiedByOther, owner, isStandard: true)
        if levels > 0 {
            add(
                .aggressorExecuted, owner, isStandard: true,
                fills: [Fill](repeating: fill, count: levels), flags: .onBehalf)
        } else {
            add(.orderModified, owner, isStandard: true, flags: .onBehalf)
        }
        publish()
    }

    mutating func delete(_ owner: Owner, isOnBehalf: Bool = false) {
        begin()
        if isOnBehalf { add(.orderDeletedByOther, owner, isStandard: true) }
        add(.orderDeleted, owner, isStandard: true, flags: isOnBehalf ? .onBehalf : [])
        publish()
    }

    /// Orders go by request (`hitsOwn`: the requester's) or because the session is lost.
    mutating func massCancel(_ owner: Owner, hitsOwn: Bool? = nil, isStandard: Bool = true) {
        begin()
        if let hitsOwn {
            if !hitsOwn { add(.massCancelReported, owner, isStandard: isStandard) }
            add(
                .massCancelled, owner, isStandard: isStandard,
                flags: hitsOwn ? .hitOwnOrders : [])
        } else {
            add(.massCancelReported, owner, isStandard: isStandard)
        }
        publish()
    }

    /// A mass cancel leaves an order alone.
    mutating func leave(_ owner: Owner, isStandard: Bool = true) {
        begin()
        add(.orderNotAffected, owner, isStandard: isStandard, flags: .moreFragments)
        publish()
    }

    /// A halt takes a session's orders.
    mutating func halt(_ owner: Owner, isStandard: Bool = true) {
        begin()
        add(.ordersDeletedByMarket, owner, isStandard: isStandard)
        publish()
    }

    /// An order is told again after a restart.
    mutating func restate(_ owner: Owner, isStandard: Bool = true) {
        begin()
        add(.orderRestated, owner, isStandard: isStandard, flags: [.rested, .rests])
        publish()
    }

    /// The service begins or ends, in the product or everywhere; trades may be numbered from 1 again.
    mutating func sessionEvent(
        _ announced: TradSesEvent, ofProduct: Bool = false, isNewDay: Bool = false
    ) {
        begin()
        var event = head(.tradingSessionEvent)
        event.flags = isNewDay ? [.hasContext, .newBusinessDay] : .hasContext
        event.tradSesEvent = announced
        event.tradeDate = 2026_01_05
        var context = EventContext()
        if ofProduct { context.product = ProductIndex(0) }
        pending.append((event, context, []))
        if isNewDay {
            lastTrades = [0, 0]
            lastTrade = 0
        }
        publish()
    }

    /// So many commands nobody hears of: others have filled the ring.
    mutating func fillRing() { for _ in 0..<producer.capacity { silence() } }

    func setGate(_ sequence: UInt64) { ring.gate.publish(sequence) }

    // MARK: Parts

    private mutating func begin() {
        sequence += 1
        nextIndex = [0, 0]
    }

    private func head(_ kind: Event.Kind) -> Event {
        var event = Event(kind: kind)
        event.sequence = sequence
        event.execID = Timestamp(nanos: Self.execID(sequence))
        return event
    }

    private mutating func add(
        _ kind: Event.Kind, _ owner: Owner, isStandard: Bool, fill: Fill? = nil,
        fills: [Fill] = [], flags: Event.Flags = []
    ) {
        var event = head(kind)
        event.flags = flags.union(.hasContext)
        if isStandard { event.flags.insert(.standard) }
        if kind == .massCancelled || kind == .massCancelReported {
            event.massActionReason = .sessionLoss
        } else if kind == .ordersDeletedByMarket {
            event.massActionReason = .productHalt
        } else if kind == .orderRestated {
            event.execType = .restated
            event.ordStatus = .partiallyFilled
            event.restatementReason = .bookRestatement
        }
        event.session = SessionIndex(owner.session)
        event.instrument = InstrumentIndex(0)
        event.trader = TraderID(raw: UInt32(owner.unit * 10 + 11))
        event.orderID = OrderID(raw: sequence)
        event.orderQty = Quantity(units: 1000)
        event.leavesQty = Quantity(units: 900)
        event.cumQty = Quantity(units: 100)
        var context = EventContext()
        context.unit = UnitIndex(owner.unit)
        context.ownerSession = SessionIndex(owner.session)
        context.product = ProductIndex(0)
        context.tradingCapacity = 5
        context.enteringTrader = TraderID(raw: UInt32(owner.unit * 10 + 11))
        context.messageIndex = nextIndex[owner.unit]
        nextIndex[owner.unit] += 2
        context.fillCount = UInt16(fills.count)
        if let fill { context.fill = fill }
        let trades = UInt32(fill == nil ? fills.count : 1)
        if trades > 0 {
            context.unitTradeNumber = lastTrades[owner.unit] + 1
            context.partitionTradeNumber = lastTrade + 1
            lastTrades[owner.unit] += trades
            lastTrade += trades
        }
        pending.append((event, context, fills))
    }

    private mutating func publish() {
        var slot = 0
        for index in pending.indices {
            var (event, context, fills) = pending[index]
            let fillSlots = (fills.count + 3) / 4
            event.slotCount = UInt8(1 + (context == nil ? 0 : 1) + fillSlots)
            if index == pending.count - 1 { event.flags.insert(.endOfTransaction) }
            precondition(producer.hasRoom(for: slot + Int(event.slotCount)))
            producer.write(event, at: slot)
            if let context { producer.write(context, at: slot + 1) }
            for fillSlot in 0..<fillSlots {
                var four = FillSlot()
                for lane in 0..<4 where fillSlot * 4 + lane < fills.count {
                    four.fills[lane] = fills[fillSlot * 4 + lane]
                }
                producer.write(four, at: slot + 2 + fillSlot)
            }
            slot += Int(event.slotCount)
        }
        producer.publish(slot)
        pending.removeAll()
    }
}
