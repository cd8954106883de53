import Domain

/// Invents a day of trading, command by command, from a seed and what is in the books.
struct CommandGenerator {
    let profile: Profile
    private var random: SplitMix64
    private var sequence: UInt64 = 0
    private var time: UInt64 = 1_000_000_000_000_000_000
    private var nextName: UInt64 = 1
    private var msgSeqNums: [UInt32]
    private var instanceCounter: UInt32 = 0
    /// The calendar's day, as a number that rises.
    private var date: UInt32 = 2026_01_05
    /// Where each instrument trades at the moment, in ticks.
    private var middles: [Int64]
    /// Orders that once were, for requests that come too late.
    private var departed: [NaiveOrder] = []

    init(profile: Profile, seed: UInt64) {
        self.profile = profile
        random = SplitMix64(seed: seed)
        msgSeqNums = profile.shape.referenceData.sessions.map { _ in 1 }
        middles = [200, 2_000, 0, -50_000, 1_000_000, 0]
    }

    mutating func next(
        _ exchange: NaiveExchange, massCancelPending: Bool
    ) -> (command: Command, details: OrderDetails) {
        var details = OrderDetails()
        var command = choose(exchange, massCancelPending: massCancelPending, &details)
        sequence += 1
        command.sequence = sequence
        // Often no time at all passes between two commands, so that ExecID has to run ahead.
        if random.happens(perMille: 600) { time += UInt64(random.below(5)) }
        command.timeIn = Timestamp(nanos: time)
        command.requestTime = Timestamp(nanos: time - UInt64(random.below(1000)))
        return (command, details)
    }

    private mutating func choose(
        _ exchange: NaiveExchange, massCancelPending: Bool, _ details: inout OrderDetails
    ) -> Command {
        if massCancelPending && random.happens(perMille: profile.continues) {
            return Command(kind: .continueMassCancel)
        }
        if random.below(1_000_000) < profile.restarts { return restart() }
        if random.happens(perMille: profile.sessionChanges) { return sessionChange(exchange) }
        if random.below(20_000) == 0 {
            var command = Command(kind: .startBusinessDay)
            date += 1
            command.date = date
            return command
        }
        if let command = stateChange(exchange) { return command }
        guard let session = loggedOnSession(exchange) else { return logOn(exchange, 0) }
        if random.happens(perMille: profile.massCancels) { return massCancel(exchange, session) }
        let crowded = exchange.liveOrderCount > profile.liveOrdersGoal
        if random.happens(perMille: profile.deletes * (crowded ? 3 : 1)) {
            if let command = delete(exchange) { return command }
        }
        if random.happens(perMille: profile.modifies) {
            if let command = modify(exchange, &details) { return command }
        }
        return newOrder(exchange, session, &details)
    }

    // MARK: - Sessions

    /// In each life logons are numbered from the beginning.
    private mutating func restart() -> Command {
        instanceCounter = 0
        var command = Command(kind: .restart)
        if random.below(4) > 0 { command.date = date }
        return command
    }

    private mutating func sessionChange(_ exchange: NaiveExchange) -> Command {
        let session = random.below(exchange.sessionInstances.count)
        let instance = exchange.sessionInstances[session]
        if instance == 0 || random.happens(perMille: 30) { return logOn(exchange, session) }
        var command = Command(kind: .sessionEnded)
        command.session = SessionIndex(session)
        command.sessionInstanceID = random.happens(perMille: 200) ? instance - 1 : instance
        command.massActionReason =
            random.happens(perMille: 500) ? .sessionLoss : .duplicateSessionLogin
        return command
    }

    private mutating func logOn(_ exchange: NaiveExchange, _ session: Int) -> Command {
        var command = Command(kind: .sessionStarted)
        command.session = SessionIndex(session)
        instanceCounter += 1
        command.sessionInstanceID = instanceCounter
        msgSeqNums[session] = 1
        return command
    }

    private mutating func loggedOnSession(_ exchange: NaiveExchange) -> SessionIndex? {
        let first = random.below(exchange.sessionInstances.count)
        for offset in exchange.sessionInstances.indices {
            let session = (first + offset) % exchange.sessionInstances.count
            if exchange.sessionInstances[session] != 0 { return SessionIndex(session) }
        }
        return nil
    }

    private mutating func request(
        _ kind: Command.Kind, _ exchange: NaiveExchange, _ session: SessionIndex
    ) -> Command {
        var command = Command(kind: kind)
        command.session = session
        command.sessionInstanceID = exchange.sessionInstances[session.index]
        msgSeqNums[session.index] += 1
        command.msgSeqNum = msgSeqNums[session.index]
        command.trader = trader(exchange, session)
        return command
    }

    private mutating func trader(
        _ exchange: NaiveExchange, _ session: SessionIndex
    ) -> TraderID {
        let unit = exchange.referenceData.sessions[session.index].unit
        let traders = exchange.referenceData.units[unit.index].traders
        return traders[random.below(traders.count)].id
    }

    // MARK: - Market operations

    /// Something is halted, closed or over, or that is undone, which happens sooner.
    private mutating func stateChange(_ exchange: NaiveExchange) -> Command? {
        let restricted =
            exchange.productStates.contains { $0 != .trading }
            || exchange.instrumentStates.contains { $0 != .continuous }
        let chance = restricted ? profile.reopenings : profile.stateChanges
        guard random.happens(perMille: chance) else { return nil }
        var command = Command(kind: .changeMarketState)
        command.session = SessionIndex(random.below(exchange.sessionInstances.count))
        command.sessionInstanceID = exchange.sessionInstances[command.session.index]
        msgSeqNums[command.session.index] += 1
        command.msgSeqNum = msgSeqNums[command.session.index]
        if random.below(4) == 0 { date += 1 }
        command.date = date
        let action = random.below(restricted ? 12 : 6)
        command.marketStateAction =
            switch action {
            case 0, 1: .halt
            case 2: .close
            case 3: .endOfDay
            case 4: .resume
            case 5, 6, 7: .open
            default: .resume
            }
        if command.marketStateAction == .endOfDay, random.happens(perMille: 600) { return command }
        let instrument = random.below(exchange.instrumentStates.count)
        command.product = exchange.productIndex(of: InstrumentIndex(instrument))
        if command.marketStateAction != .endOfDay, random.happens(perMille: 500) {
            command.instrument = InstrumentIndex(instrument)
        }
        // What is shut opens again before long, or there would be no market left to test.
        if restricted, random.happens(perMille: 600) { reopen(&command, exchange) }
        return command
    }

    private mutating func reopen(_ command: inout Command, _ exchange: NaiveExchange) {
        command.instrument = .none
        if let row = exchange.productStates.firstIndex(where: { $0 != .trading }) {
            command.product = ProductIndex(row)
            command.marketStateAction = exchange.productStates[row] == .halted ? .resume : .open
            let isWaiting =
                exchange.productStates[row] == .endOfDay
                && exchange.productStates.contains { $0 != .endOfDay }
            if isWaiting {
                command.product = .none
                command.marketStateAction = .endOfDay
            }
        } else if let row = exchange.instrumentStates.firstIndex(where: { $0 != .continuous }) {
            command.instrument = InstrumentIndex(row)
            command.product = exchange.productIndex(of: command.instrument)
            command.marketStateAction = exchange.instrumentStates[row] == .halted ? .resume : .open
        }
    }

    // MARK: - New orders

    private mutating func newOrder(
        _ exchange: NaiveExchange, _ session: SessionIndex, _ details: inout OrderDetails
    ) -> Command {
        var command = request(.newOrder, exchange, session)
        let instrument = profile.instruments[random.below(profile.instruments.count)]
        command.instrument = InstrumentIndex(instrument)
        let side: Side = random.happens(perMille: 500) ? .buy : .sell
        command.attributes = OrderAttributes(side: side)
        command.attributes.tradingCapacity = random.happens(perMille: 500) ? 1 : 5
        if random.happens(perMille: 500) {
            command.attributes.applSeqIndicator = 1
            if random.happens(perMille: 400) { command.attributes.execInst = .persistent }
        }
        command.clOrdID = freshName()
        command.quantity = quantity(exchange, instrument)
        command.price = price(exchange, instrument, side)
        if random.happens(perMille: 150) {
            command.attributes.timeInForce = .immediateOrCancel
            if random.happens(perMille: 300) {
                command.attributes.ordType = .market
                command.price = .none
            }
        }
        if random.happens(perMille: profile.sweeps) {
            command.quantity = exchange.referenceData.products[instrument / 2].maximumQuantity
            command.attributes.timeInForce = .immediateOrCancel
            command.attributes.ordType = .market
            command.price = .none
        }
        if random.happens(perMille: 100) { command.matchInstCrossID = UInt32(random.below(5)) }
        addDetails(&command, &details)
        if random.happens(perMille: profile.spoilt) { spoil(&command, exchange) }
        return command
    }

    private mutating func freshName() -> ClOrdID {
        if random.happens(perMille: 30) { return .none }
        nextName += 1
        return ClOrdID(raw: nextName)
    }

    private mutating func addDetails(_ command: inout Command, _ details: inout OrderDetails) {
        if random.happens(perMille: 250) {
            command.flags.insert(.hasParties)
            details.parties.clientID = random.next()
            details.parties.fixClOrdID[3] = UInt8(random.below(256))
        }
        if random.happens(perMille: 150) {
            command.flags.insert(.hasTexts)
            details.texts.complianceText[0] = UInt8(random.below(256))
            details.texts.freeText3[11] = UInt8(random.below(256))
        }
        command.slotCount =
            1 + (command.flags.contains(.hasParties) ? 1 : 0)
            + (command.flags.contains(.hasTexts) ? 1 : 0)
    }

    private mutating func quantity(_ exchange: NaiveExchange, _ instrument: Int) -> Quantity {
        let product = exchange.referenceData.products[instrument / 2]
        let lots =
            if random.happens(perMille: profile.largeQuantities) {
                random.between(1, product.maximumQuantity.raw / product.lot.raw)
            } else if random.happens(perMille: 300) {
                Int64(1)
            } else {
                random.between(1, profile.smallLotsMax)
            }
        return Quantity(raw: lots * product.lot.raw)
    }

    /// Each instrument moves in its own way.
    private mutating func price(
        _ exchange: NaiveExchange, _ instrument: Int, _ side: Side
    ) -> Price {
        let tick = exchange.referenceData.products[instrument / 2].tick.raw
        let crosses = random.happens(perMille: profile.crossing)
        var ticks = middles[instrument]
        let away = side == .buy ? Int64(-1) : 1
        switch instrument {
        case 0:  // Narrow: everything happens within a few ticks.
            ticks += away * (crosses ? -random.between(0, 4) : random.between(1, 6))
            if random.below(50) == 0 { middles[0] += random.between(-1, 1) }
        case 1:  // Wide: many levels.
            ticks += away * (crosses ? -random.between(0, 60) : random.between(1, 500))
        case 2:  // Around zero, which is a price like any other.
            ticks += away * (crosses ? -random.between(0, 8) : random.between(1, 70))
        case 3:  // Sparse, negative, thousands of ticks between two levels.
            ticks += away * (crosses ? -random.between(0, 9) : random.between(1, 9)) * 4_321
            if random.below(500) == 0 { middles[3] += random.between(-1_000_000, 1_000_000) }
        case 4:  // Travelling: never the same place twice.
            middles[4] += random.between(-20, 60)
            ticks += away * (crosses ? -random.between(0, 100) : random.between(1, 400))
        default:  // The ends of what can be represented.
            let end = (Int64(1) << 41) - 1
            switch random.below(6) {
            case 0: ticks = end - random.between(0, 3)
            case 1: ticks = -end + random.between(0, 3)
            case 2: ticks = random.between(-end, end)
            case 3: ticks = Int64(1) << random.between(0, 40)
            case 4: ticks = -(Int64(1) << random.between(0, 40))
            default: ticks = random.between(-130, 130)
            }
        }
        return Price(raw: ticks * tick)
    }

    // MARK: - Changes and deletions

    /// A live order, chosen so that the seed alone decides.
    private mutating func anyOrder(_ exchange: NaiveExchange) -> NaiveOrder? {
        let first = random.below(exchange.books.count)
        let preferred: Side = random.happens(perMille: 500) ? .buy : .sell
        for offset in exchange.books.indices {
            let book = exchange.books[(first + offset) % exchange.books.count]
            for side in [preferred, preferred.opposite] {
                let orders = book.orders(side)
                guard !orders.isEmpty else { continue }
                // The orders that matter most are near the top.
                let depth = random.happens(perMille: 300) ? min(3, orders.count) : orders.count
                let order = orders[random.below(depth)]
                if departed.count < 64 {
                    departed.append(order)
                } else {
                    departed[random.below(64)] = order
                }
                return order
            }
        }
        return nil
    }

    /// A request about an existing order, by its owner as a rule.
    private mutating func request(
        _ kind: Command.Kind, about order: NaiveOrder, _ exchange: NaiveExchange
    ) -> Command? {
        var session = order.session
        if random.happens(perMille: 30) {
            session = SessionIndex(random.below(exchange.sessionInstances.count))
        } else if random.happens(perMille: 100) {
            let unit = exchange.unit(of: session)
            let sessions = exchange.sessionInstances.indices.map { SessionIndex($0) }
                .filter { exchange.unit(of: $0) == unit }
            session = sessions[random.below(sessions.count)]
        }
        guard exchange.sessionInstances[session.index] != 0 else { return nil }
        var command = request(kind, exchange, session)
        if !random.happens(perMille: 40) { command.trader = order.trader }
        if session != order.session && random.happens(perMille: 850)
            || random.happens(perMille: 50)
        {
            command.targetSession = order.session
        }
        command.instrument = order.instrument
        command.attributes = order.attributes
        switch random.below(10) {
        case 0...3: command.orderID = order.orderID
        case 4...6: command.origClOrdID = order.clOrdID
        default:
            command.orderID = order.orderID
            command.origClOrdID = order.clOrdID
        }
        command.clOrdID = random.happens(perMille: 200) ? order.clOrdID : freshName()
        return command
    }

    private mutating func delete(_ exchange: NaiveExchange) -> Command? {
        guard let order = anyOrder(exchange) else { return nil }
        guard var command = request(.deleteOrder, about: order, exchange) else { return nil }
        if random.happens(perMille: profile.spoilt) { spoilNaming(&command, exchange) }
        return command
    }

    private mutating func modify(
        _ exchange: NaiveExchange, _ details: inout OrderDetails
    ) -> Command? {
        guard let order = anyOrder(exchange) else { return nil }
        guard var command = request(.modifyOrder, about: order, exchange) else { return nil }
        let lot = exchange.product(of: order.instrument).lot.raw
        command.price = order.price
        command.quantity = order.orderQty
        switch random.below(10) {
        case 0...1:
            command.quantity = Quantity(
                raw: max(0, order.orderQty.raw - lot * random.between(1, 12)))
        case 2: command.quantity.raw += lot * random.between(1, 12)
        case 3...7: command.price = price(exchange, order.instrument.index, order.side)
        case 8:
            command.price = price(exchange, order.instrument.index, order.side)
            command.quantity = quantity(exchange, order.instrument.index)
        default: break
        }
        if random.happens(perMille: 100) { command.flags.insert(.shortForm) }
        command.matchInstCrossID = order.matchInstCrossID
        addDetails(&command, &details)
        if random.happens(perMille: profile.spoilt) {
            if random.happens(perMille: 400) {
                spoilNaming(&command, exchange)
            } else {
                spoil(&command, exchange)
            }
        }
        return command
    }

    private mutating func massCancel(
        _ exchange: NaiveExchange, _ session: SessionIndex
    ) -> Command {
        var command = request(.deleteAllOrders, exchange, session)
        command.product = ProductIndex(random.below(exchange.referenceData.products.count))
        if random.happens(perMille: 300) {
            command.instrument = InstrumentIndex(
                command.product.index * 2 + random.below(2))
            if random.happens(perMille: 400), let order = anyOrder(exchange) {
                command.instrument = order.instrument
                command.product = exchange.productIndex(of: order.instrument)
                command.price = order.price
            }
        }
        if random.happens(perMille: 300) {
            command.flags.insert(.onlyOneSide)
            command.attributes.side = random.happens(perMille: 500) ? .buy : .sell
        }
        if random.happens(perMille: 250) {
            command.targetSession = SessionIndex(random.below(exchange.sessionInstances.count))
        }
        if random.happens(perMille: 250) {
            command.targetTrader =
                random.happens(perMille: 700)
                ? command.trader
                : TraderID(raw: 12)
        }
        return command
    }

    // MARK: - Mistakes

    /// Makes the terms of an order wrong, in one way or several.
    private mutating func spoil(_ command: inout Command, _ exchange: NaiveExchange) {
        command.flags.remove(.shortForm)
        for _ in 0...random.below(2) {
            switch random.below(17) {
            case 0: command.attributes.ordType = OrdType(rawValue: UInt8(random.between(1, 4)))
            case 1:
                command.attributes.timeInForce = TimeInForce(rawValue: UInt8(random.between(0, 6)))
            case 2: command.attributes.execInst = .persistentBookOrCancel
            case 3: command.attributes.execInst = .nonPersistentBookOrCancel
            case 4: command.attributes.execInst = .persistent
            case 5: command.stopPrice = Price(units: 5)
            case 6: command.price = .none
            case 7: command.price.raw &+= random.between(-3, 3)
            case 8: command.price = Price(raw: random.happens(perMille: 500) ? .max : .min + 1)
            case 9:
                let tick = exchange.product(of: command.instrument).tick.raw
                let end = (Int64(1) << 41) + random.between(-1, 1)
                let (raw, overflow) = end.multipliedReportingOverflow(by: tick)
                if !overflow {
                    command.price = Price(raw: random.happens(perMille: 500) ? raw : -raw)
                }
            case 10: command.quantity.raw = 0
            case 11: command.quantity.raw = 0 &- command.quantity.raw
            case 12: command.quantity = .none
            case 13: command.quantity.raw &+= random.between(1, 9_999)
            case 14: command.quantity.raw = .max - random.between(0, 20_000)
            case 15:
                command.deferredReject =
                    random.happens(perMille: 500) ? .fieldValue : .executionRestrictionNotOffered
            default:
                let maximum = exchange.product(of: command.instrument).maximumQuantity
                let lot = exchange.product(of: command.instrument).lot
                command.quantity = random.happens(perMille: 500) ? maximum : maximum + lot
            }
        }
        if random.happens(perMille: 200) { command.attributes.applSeqIndicator ^= 1 }
        if random.happens(perMille: 200), let order = anyOrder(exchange) {
            command.clOrdID = order.clOrdID
            if command.kind == .newOrder { command.session = order.session }
            command.sessionInstanceID = exchange.sessionInstances[command.session.index]
        }
        if command.kind == .modifyOrder && random.happens(perMille: 100) {
            command.attributes.side = command.attributes.side.opposite
        }
    }

    /// Makes a request name the wrong order, or none.
    private mutating func spoilNaming(_ command: inout Command, _ exchange: NaiveExchange) {
        switch random.below(9) {
        case 0:
            command.orderID = .none
            command.origClOrdID = .none
        case 1: command.orderID = OrderID(raw: random.next())
        case 2:
            if !command.orderID.isNone { command.orderID.raw ^= 1 << UInt64(random.below(64)) }
        case 3:
            if let order = departed.randomElement(using: &random) {
                command.orderID = order.orderID
            }
        case 4:
            if let order = departed.randomElement(using: &random) {
                command.origClOrdID = order.clOrdID
            }
        case 5: if let order = anyOrder(exchange) { command.orderID = order.orderID }
        case 6: if let order = anyOrder(exchange) { command.origClOrdID = order.clOrdID }
        case 7:
            command.instrument = InstrumentIndex(random.below(exchange.books.count))
        default:
            // The name of another order of the session whose order is meant.
            let owner = command.targetSession.isNone ? command.session : command.targetSession
            if let other = exchange.sessionOrders[owner.index].randomElement(using: &random),
                let order = exchange.order(other)
            {
                command.clOrdID = order.clOrdID
            }
        }
    }
}
