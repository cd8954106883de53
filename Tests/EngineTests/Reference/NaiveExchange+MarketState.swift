import Domain

/// What a state lets participants do.
enum NaiveState: UInt8 {
    case continuous = 203
    case halted = 2
    case closed = 200

    var openness: Int {
        switch self {
        case .continuous: 2
        case .halted: 1
        case .closed: 0
        }
    }
}

extension NaiveExchange {
    /// The state that counts for an instrument.
    func state(of instrument: InstrumentIndex) -> NaiveState {
        let own = instrumentStates[instrument.index]
        let product = state(of: productIndex(of: instrument))
        return own.openness < product.openness ? own : product
    }

    func state(of product: ProductIndex) -> NaiveState {
        switch productStates[product.index] {
        case .trading: .continuous
        case .halted: .halted
        case .closed, .endOfDay: .closed
        }
    }

    /// What the state of the instrument at hand forbids.
    func objectionToState(deleting: Bool = false) -> (RejectDetail, Int64)? {
        var state = command.instrument.isNone ? .continuous : state(of: command.instrument)
        if command.kind == .deleteAllOrders, command.instrument.isNone {
            state = self.state(of: command.product)
        }
        if state == .continuous || deleting && state == .halted { return nil }
        return (.instrumentNotContinuous, Int64(state.rawValue))
    }

    mutating func changeMarketState() {
        if let (detail, value) = objectionToChangeOfState() {
            return reject(detail, value: value)
        }
        let action = command.marketStateAction
        if action == .endOfDay { businessDay = max(businessDay, command.date) }
        if !command.instrument.isNone {
            let row = command.instrument.index
            let before = instrumentStates[row]
            let after: NaiveState =
                switch action {
                case .halt: .halted
                case .close: .closed
                default: .continuous
                }
            instrumentStates[row] = after
            var event = bare(.instrumentStateChanged)
            event.head.instrument = command.instrument
            event.head.ordStatus = OrdStatus(rawValue: after.rawValue)
            event.head.execType = ExecType(rawValue: before.rawValue)
            say(event, about: productIndex(of: command.instrument))
        } else if command.product.isNone {
            for row in productStates.indices where productStates[row] != .endOfDay {
                change(row, to: .endOfDay)
            }
        } else {
            let row = command.product.index
            if action == .open, productStates[row] == .endOfDay { startService() }
            switch action {
            case .halt: change(row, to: .halted)
            case .close: change(row, to: .closed)
            case .endOfDay: change(row, to: .endOfDay)
            case .resume, .open: change(row, to: .trading)
            }
        }
        guard action == .halt || action == .endOfDay else {
            return say(answering(bare(.marketStateAnswered)))
        }
        var cause = command
        cause.trader = .none
        cause.massActionReason = MassActionReason(rawValue: command.instrument.isNone ? 105 : 107)
        massCancels.append(
            NaiveMassCancel(
                cause: cause, beganAt: execID, target: SessionIndex(0), trader: .none))
        if massCancels.count == 1 { workOnMassCancel() } else { say(answering(applied())) }
    }

    private func objectionToChangeOfState() -> (RejectDetail, Int64)? {
        let isDayOver = productStates.allSatisfy { $0 == .endOfDay }
        let action = command.marketStateAction
        if !command.instrument.isNone {
            let state = instrumentStates[command.instrument.index]
            let mayBe: [MarketStateAction] =
                switch state {
                case .continuous: [.halt, .close]
                case .halted: [.resume, .close]
                case .closed: [.open]
                }
            if !mayBe.contains(action) { return (.instrumentStateForbids, Int64(state.rawValue)) }
        } else if command.product.isNone {
            if isDayOver { return (.productStateForbids, 3) }
        } else {
            let state = productStates[command.product.index]
            let (code, mayBe): (Int64, [MarketStateAction]) =
                switch state {
                case .trading: (0, [.halt, .close, .endOfDay])
                case .halted: (1, [.resume, .close, .endOfDay])
                case .closed: (2, [.open, .endOfDay])
                case .endOfDay: (3, [.open])
                }
            if !mayBe.contains(action) { return (.productStateForbids, code) }
            if state == .endOfDay, !isDayOver { return (.businessDayNotOver, 0) }
        }
        if massCancels.contains(where: { $0.cause.kind == .changeMarketState }) {
            return (.marketOperationPending, 0)
        }
        return nil
    }

    private mutating func change(_ row: Int, to state: ProductTradingState) {
        var event = bare(.productStateChanged)
        event.head.ordStatus = OrdStatus(rawValue: state.rawValue)
        event.head.execType = ExecType(rawValue: productStates[row].rawValue)
        productStates[row] = state
        say(event, about: ProductIndex(row))
    }

    private mutating func startService() {
        let isNewDay = command.date > businessDay
        if isNewDay { beginBusinessDay() }
        announce(101, .none, isNewDay ? .newBusinessDay : [])
        for row in productStates.indices { change(row, to: .closed) }
    }

    mutating func startBusinessDay() {
        beginBusinessDay()
        announce(101, .none, .newBusinessDay)
    }

    private mutating func beginBusinessDay() {
        businessDay = command.date
        for index in counters.indices { counters[index] = DayCounters() }
    }

    mutating func announce(
        _ code: UInt8, _ product: ProductIndex, _ flags: Event.Flags = [],
        messageIndex: UInt32 = 0
    ) {
        var event = bare(.tradingSessionEvent)
        event.head.flags = flags
        event.head.ordStatus = OrdStatus(rawValue: code)
        event.head.orderQty = Quantity(raw: Int64(businessDay))
        say(event, about: product, messageIndex: messageIndex)
    }

    private mutating func say(
        _ event: RecordedEvent, about product: ProductIndex, messageIndex: UInt32 = 0
    ) {
        var event = event
        var context = EventContext()
        context.product = product
        context.messageIndex = messageIndex
        event.context = context
        event.head.flags.insert(.hasContext)
        say(event)
    }

    /// One slice of what market operations delete: so many orders and sessions are looked at; telling
    /// a session takes the time of two.
    mutating func workOnMarketOperation(_ operation: NaiveMassCancel) {
        var operation = operation
        let isHalt = operation.cause.marketStateAction == .halt
        var left = massCancelSlice
        while left > 0, operation.target.index < sessionOrders.count {
            let examined = operation.examinedThrough
            let next = sessionOrders[operation.target.index].compactMap { order($0) }
                .first { $0.entryTime > examined }
            if let next, next.entryTime < operation.beganAt {
                operation.examinedThrough = next.entryTime
                if isMeant(next, by: operation) { remove(next, by: &operation) }
                left -= 1
                continue
            }
            if isHalt, operation.hits[operation.cause.product] != nil {
                let told = about(
                    operation, operation.cause.product, to: operation.target,
                    .ordersDeletedByMarket)
                say(notifying(operation.target, told))
                operation.hits = [:]
                left -= 1
            }
            left -= 1
            operation.target = SessionIndex(operation.target.index + 1)
            operation.examinedThrough = .zero
        }
        guard operation.target.index == sessionOrders.count else {
            massCancels.insert(operation, at: 0)
            return say(applied())
        }
        if !isHalt { announceEndOfDay(operation) }
        var answer = bare(.marketStateAnswered)
        answer.head.timeIn = operation.cause.timeIn
        answer.head.requestTime = operation.cause.requestTime
        answer.head.session = operation.cause.session
        answer.head.sessionInstanceID = operation.cause.sessionInstanceID
        answer.head.msgSeqNum = operation.cause.msgSeqNum
        say(answer)
    }

    private mutating func announceEndOfDay(_ operation: NaiveMassCancel) {
        let first = events.count
        let isOfOne = !operation.cause.product.isNone
        if isOfOne { announce(104, operation.cause.product) }
        if productStates.allSatisfy({ $0 == .endOfDay }) {
            announce(104, .none, messageIndex: isOfOne ? 2 : 0)
        }
        for index in first..<events.count {
            events[index].head.timeIn = operation.cause.timeIn
            events[index].head.requestTime = operation.cause.requestTime
        }
    }
}
