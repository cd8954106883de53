import Containers
import Domain

// What products and instruments are doing, and how market operations change it.
//
// An instrument has a status of its own, its product a state; what counts is whichever allows less.
// So an instrument that was halted by itself stays halted when its product resumes.
extension Partition {
    /// Takes a request of market operations. What it deletes, it deletes in slices; the request is
    /// answered when all is done, and until then another one is refused.
    mutating func changeMarketState(_ command: borrowing Command, into events: inout Events) {
        let objection = objectionToMarketState(command)
        guard objection.detail == .none else {
            return reject(command, objection.detail, value: objection.value, into: &events)
        }
        let action = command.marketStateAction
        if action == .endOfDay { businessDay = max(businessDay, command.date) }
        if !command.instrument.isNone {
            changeInstrument(command.instrument, action, into: &events)
        } else if command.product.isNone {
            for row in 0..<products.count { changeProduct(row, action, into: &events) }
        } else {
            let row = command.product.index
            if action == .open, products[row].trading == .endOfDay {
                startService(on: command.date, into: &events)
            }
            changeProduct(row, action, into: &events)
        }
        switch action {
        case .halt, .endOfDay: beginMarketOperation(command, into: &events)
        case .resume, .close, .open:
            answerMarketState(
                session: command.session, instance: command.sessionInstanceID,
                msgSeqNum: command.msgSeqNum, into: &events)
        }
    }

    mutating func answerMarketState(
        session: SessionIndex, instance: UInt32, msgSeqNum: UInt32, into events: inout Events
    ) {
        var event = makeEvent(.marketStateAnswered)
        event.flags = .endOfTransaction
        event.session = session
        event.sessionInstanceID = instance
        event.msgSeqNum = msgSeqNum
        emit(event, into: &events)
    }

    /// A new business day, whatever the products are doing.
    mutating func startBusinessDay(_ command: borrowing Command, into events: inout Events) {
        beginBusinessDay(command.date)
        emitSessionEvent(
            .startOfService, flags: [.newBusinessDay, .endOfTransaction], into: &events)
    }

    /// Why a change of state is refused, with the state that forbids it.
    private func objectionToMarketState(
        _ command: borrowing Command
    ) -> (detail: RejectDetail, value: Int64) {
        let action = command.marketStateAction
        if !command.instrument.isNone {
            let status = instruments[command.instrument.index].status
            if action.applied(to: status) == nil {
                return (.instrumentStateForbids, Int64(status.rawValue))
            }
        } else if command.product.isNone {
            if isDayOver {
                return (.productStateForbids, Int64(ProductTradingState.endOfDay.rawValue))
            }
        } else {
            let state = products[command.product.index].trading
            if action.applied(to: state) == nil {
                return (.productStateForbids, Int64(state.rawValue))
            }
            if state == .endOfDay, !isDayOver { return (.businessDayNotOver, 0) }
        }
        return (isMarketOperationPending ? .marketOperationPending : .none, 0)
    }

    /// The day of every product has ended.
    var isDayOver: Bool {
        for row in 0..<products.count where products[row].trading != .endOfDay { return false }
        return true
    }

    private mutating func changeInstrument(
        _ instrument: InstrumentIndex, _ action: MarketStateAction, into events: inout Events
    ) {
        let row = instrument.index
        let product = instruments[row].product
        let before = instruments[row].status
        guard let status = action.applied(to: before) else { return }
        instruments[row].status = status
        instruments[row].restrict(by: products[product.index].trading)
        var event = makeEvent(.instrumentStateChanged)
        event.instrument = instrument
        event.instrumentStatus = status
        event.previousInstrumentStatus = before
        emit(event, about: product, into: &events)
    }

    private mutating func changeProduct(
        _ row: Int, _ action: MarketStateAction, into events: inout Events
    ) {
        guard let state = action.applied(to: products[row].trading) else { return }
        setState(of: row, state, into: &events)
    }

    private mutating func setState(
        of row: Int, _ state: ProductTradingState, into events: inout Events
    ) {
        var event = makeEvent(.productStateChanged)
        event.productState = state
        event.previousProductState = products[row].trading
        products[row].trading = state
        for index in 0..<instruments.count where instruments[index].product.index == row {
            instruments[index].restrict(by: state)
        }
        emit(event, about: ProductIndex(row), into: &events)
    }

    // MARK: Business days

    /// The first product opens after all have ended their day: the others wait for their opening.
    /// On a later date numbers that count per business day start again; on the same date, where they
    /// would no longer be unique, they go on.
    private mutating func startService(on date: UInt32, into events: inout Events) {
        let isNewDay = date > businessDay
        if isNewDay { beginBusinessDay(date) }
        emitSessionEvent(
            .startOfService, flags: isNewDay ? .newBusinessDay : [], into: &events)
        for row in 0..<products.count { setState(of: row, .closed, into: &events) }
    }

    private mutating func beginBusinessDay(_ date: UInt32) {
        businessDay = date
        for index in 0..<products.count { products[index].startDay() }
        for index in 0..<units.count { units[index].lastTradeNumber = 0 }
        lastTradeNumber = 0
    }

    /// Announces the service's beginning or end to everybody. The transaction holds no message of any
    /// unit, so each unit numbers it alike.
    mutating func emitSessionEvent(
        _ announced: TradSesEvent, of product: ProductIndex = .none, flags: Event.Flags,
        messageIndex: UInt32 = 0, into events: inout Events
    ) {
        var event = makeEvent(.tradingSessionEvent)
        event.flags = flags
        event.tradSesEvent = announced
        event.tradeDate = businessDay
        emit(event, about: product, messageIndex: messageIndex, into: &events)
    }

    /// Writes a record about a product or one of its instruments, and no order.
    mutating func emit(
        _ event: Event, about product: ProductIndex, messageIndex: UInt32 = 0,
        into events: inout Events
    ) {
        var context = EventContext()
        context.product = product
        context.messageIndex = messageIndex
        emit(event, context, into: &events)
    }

    // MARK: What a state forbids

    /// Refuses a request that the state of its instrument or product does not allow.
    @inline(never)
    mutating func rejectState(
        _ command: borrowing Command, _ status: SecurityTradingStatus, into events: inout Events
    ) {
        reject(
            command, .instrumentNotContinuous, value: Int64(status.rawValue), into: &events)
    }

    /// The status that decides on a mass cancel as a whole. One for a whole product passes by the
    /// instruments in it that are closed by themselves.
    func statusForMassCancel(_ command: borrowing Command) -> SecurityTradingStatus {
        guard command.instrument.isNone else {
            return instruments[command.instrument.index].effectiveStatus
        }
        return products[command.product.index].trading.instrumentStatus
    }

    /// Audits what states promise: an instrument allows what its own status and its product's state
    /// allow together, and no order is left that had to go.
    func checkMarketStates() {
        for row in 0..<instruments.count {
            let instrument = instruments[row]
            let product = products[instrument.product.index].trading
            let status = instrument.status.restricted(by: product.instrumentStatus)
            precondition(
                instrument.effectiveStatus == status
                    && instrument.isContinuous == status.isContinuous
                    && instrument.allowsDeletion == status.allowsDeletion,
                "an instrument allows what its states do not")
        }
        if let fault = firstMarketStateFault() { preconditionFailure(fault) }
    }

    /// What is wrong about orders that are there against their market's state; nil when nothing is. A
    /// halt leaves no order that is not persistent, the end of a day none at all, but for those that
    /// the operation under way has yet to reach.
    func firstMarketStateFault() -> String? {
        let operation = marketOperationPending
        var fault: String?
        for row in 0..<instruments.count where !instruments[row].isContinuous {
            let isOver = products[instruments[row].product.index].trading == .endOfDay
            let isHalted = instruments[row].effectiveStatus == .halt
            guard isOver || isHalted else { continue }
            for side in [Side.buy, .sell] {
                books.forEachOrder(InstrumentIndex(row), side) { order in
                    guard isOver || !books.orders[order].execInst.isPersistent else { return }
                    if let operation, isAhead(order, of: operation) { return }
                    fault =
                        isOver
                        ? "an order outlived the end of its product's day"
                        : "an order that is not persistent outlived a halt"
                }
            }
        }
        return fault
    }
}
