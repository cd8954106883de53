import Domain

/// Commands as participants would send them, from a seed: orders that rest and trade, changes,
/// deletions, mass cancels and lost sessions.
struct RandomOrders {
    struct Known {
        var session: Int
        var clOrdID: UInt64
        var instrument: Int
        var side: Side
        var price: Int64
        var lots: Int64
        var isStandard: Bool
    }

    private var state: UInt64
    private var known: [Known] = []
    private var lastName: UInt64 = 0
    private var instances: [UInt32] = [1, 1, 1]
    /// Sweeps through the whole side, now and then.
    private let sweepsPerMille = 5

    init(seed: UInt64) { state = seed }

    private mutating func below(_ end: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Int(bits.multipliedFullWidth(by: UInt64(end)).high)
    }

    mutating func next() -> Command {
        switch below(1000) {
        case 0..<4: return endSession()
        case 4..<12: return deleteAll()
        case 12..<250 where !known.isEmpty: return delete()
        case 250..<450 where !known.isEmpty: return modify()
        default: return enter()
        }
    }

    private mutating func tick(_ instrument: Int) -> Int64 {
        instrument < 2 ? Price.unit / 2 : Price.unit / 100
    }

    private mutating func enter() -> Command {
        let session = below(3)
        let instrument = below(5)
        let side: Side = below(2) == 0 ? .buy : .sell
        let isSweep = below(1000) < sweepsPerMille
        var ticks = Int64(200 + (side == .buy ? -below(12) : below(12)))
        if below(100) < 25 { ticks += side == .buy ? Int64(below(14)) : -Int64(below(14)) }
        if isSweep { ticks = side == .buy ? 400 : 1 }
        lastName += 1
        let isStandard = below(2) == 0
        let lots = isSweep ? 50_000 : Int64(1 + below(20))
        var command = request(.newOrder, session)
        command.instrument = InstrumentIndex(instrument)
        command.clOrdID = ClOrdID(raw: lastName)
        command.price = Price(raw: ticks * tick(instrument))
        command.quantity = Quantity(units: lots)
        command.attributes = OrderAttributes(
            side: side, execInst: isStandard && below(3) == 0 ? .persistent : .nonPersistent,
            isStandard: isStandard)
        switch below(20) {
        case 0, 1: command.attributes.timeInForce = .immediateOrCancel
        case 2:
            command.attributes.timeInForce = .immediateOrCancel
            command.attributes.ordType = .market
            command.price = .none
        default:
            known.append(
                Known(
                    session: session, clOrdID: lastName, instrument: instrument, side: side,
                    price: ticks, lots: lots, isStandard: isStandard))
            if isSweep { command.attributes.timeInForce = .immediateOrCancel }
        }
        if known.count > 600 { known.removeFirst(100) }
        return command
    }

    private func request(_ kind: Command.Kind, _ session: Int) -> Command {
        var command = Command(kind: kind)
        command.session = SessionIndex(session)
        command.sessionInstanceID = instances[session]
        command.msgSeqNum = 1
        command.trader = TraderID(raw: 11)
        return command
    }

    /// By the owner, or now and then by the other session of the unit.
    private mutating func request(_ kind: Command.Kind, about order: Known) -> Command {
        let isByOther = order.session < 2 && below(8) == 0
        var command = request(kind, isByOther ? 1 - order.session : order.session)
        if isByOther { command.targetSession = SessionIndex(order.session) }
        command.instrument = InstrumentIndex(order.instrument)
        command.origClOrdID = ClOrdID(raw: order.clOrdID)
        command.attributes = OrderAttributes(side: order.side, isStandard: order.isStandard)
        return command
    }

    private mutating func delete() -> Command {
        request(.deleteOrder, about: known.remove(at: below(known.count)))
    }

    private mutating func modify() -> Command {
        let index = below(known.count)
        var order = known[index]
        var command = request(.modifyOrder, about: order)
        lastName += 1
        order.clOrdID = lastName
        switch below(6) {
        case 0, 1: order.lots = max(1, order.lots - Int64(below(8)))
        case 2: order.lots += Int64(below(8))
        case 3: order.price += order.side == .buy ? Int64(below(16)) : -Int64(below(16))
        case 4: order.price += Int64(below(5)) - 2
        default: order.lots = 0
        }
        order.price = max(1, order.price)
        command.clOrdID = ClOrdID(raw: lastName)
        command.price = Price(raw: order.price * tick(order.instrument))
        command.quantity = Quantity(units: order.lots)
        known[index] = order
        return command
    }

    private mutating func deleteAll() -> Command {
        var command = request(.deleteAllOrders, below(3))
        let instrument = below(5)
        command.product = ProductIndex(instrument < 2 ? 0 : instrument == 2 ? 1 : 2)
        if below(2) == 0 { command.instrument = InstrumentIndex(instrument) }
        return command
    }

    /// The session is lost, and logs on again with the next command.
    private mutating func endSession() -> Command {
        let session = below(3)
        var command = request(.sessionEnded, session)
        command.massActionReason = .sessionLoss
        restarting = session
        return command
    }

    private var restarting: Int?

    /// An order that rests at a price of its own, far from the others.
    mutating func resting(_ session: Int, _ instrument: Int, isStandard: Bool = false) -> Command {
        lastName += 1
        var command = request(.newOrder, session)
        command.instrument = InstrumentIndex(instrument)
        command.clOrdID = ClOrdID(raw: lastName)
        command.price = Price(raw: Int64(lastName % 100 + 1) * tick(instrument))
        command.quantity = Quantity(units: 1)
        command.attributes = OrderAttributes(
            side: .buy, execInst: isStandard ? .persistent : .nonPersistent, isStandard: isStandard)
        return command
    }

    /// The command that has to follow, if there is one.
    mutating func following() -> Command? {
        guard let session = restarting else { return nil }
        restarting = nil
        instances[session] += 1
        return request(.sessionStarted, session)
    }
}
