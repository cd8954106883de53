import Domain

/// What the rules of the market leave to the engine, so that the reference has to ask.
struct EngineChoices {
    /// The name the engine gave to a new order.
    var newOrderID: OrderID = .none
    /// The engine has no place for another mass cancel.
    var refusesMassCancel = false

    /// Reads the choices off what the engine said.
    init(observed events: [RecordedEvent]) {
        for event in events {
            switch event.kind {
            case .orderAccepted, .aggressorExecuted: newOrderID = event.head.orderID
            case .requestRejected: refusesMassCancel = event.head.reject == .massCancelsPending
            default: break
            }
        }
    }
}

/// The exchange as the rules describe it: arrays, sorting, dictionaries, no cleverness.
///
/// It is told the same commands as the engine and says what the engine must have said. Of the
/// engine's code it shares only the records of `Domain`.
struct NaiveExchange {
    let referenceData: ReferenceData
    let orderCapacity: Int
    let massCancelSlice: Int
    /// Groups of 64 neighbouring prices that may be in use at once.
    let pageCapacity: Int

    var books: [NaiveBook]
    /// Where a live order is, so that tests of a million commands end before lunch.
    var locations: [OrderID: (instrument: InstrumentIndex, side: Side)] = [:]
    var names: [SessionName: OrderID] = [:]
    var details: [OrderID: OrderDetails] = [:]
    /// The live orders of each session in the order in which they came.
    var sessionOrders: [[OrderID]]
    /// Every name ever given.
    var usedOrderIDs: Set<OrderID> = []
    var sessionInstances: [UInt32]
    var counters: [DayCounters]
    var massCancels: [NaiveMassCancel] = []
    var productStates: [ProductTradingState]
    /// Of the instruments themselves, whatever their products do.
    var instrumentStates: [NaiveState]
    var businessDay: UInt32 = 0
    var lastExecID = Timestamp.zero

    /// Choices of the engine that no rule allows.
    var violations: [String] = []

    // The transaction under way.
    var command = Command(kind: .newOrder)
    var commandDetails = OrderDetails()
    var choices = EngineChoices(observed: [])
    var execID = Timestamp.zero
    var events: [RecordedEvent] = []
    /// How many events there were when each price level of the match was done.
    var stepEnds: [Int] = []

    struct SessionName: Hashable {
        var session: SessionIndex
        var clOrdID: ClOrdID
    }

    /// Identifiers that start again with each business day, per product.
    struct DayCounters {
        var matchID: UInt32 = 0
        var tradeID: UInt32 = 0
        var sideTradeID: Int32 = 0
    }

    init(_ shape: EngineHarness.Shape) {
        referenceData = shape.referenceData
        orderCapacity = shape.orderCapacity
        massCancelSlice = shape.massCancelSlice
        pageCapacity = shape.pageCapacity
        sessionOrders = referenceData.sessions.map { _ in [] }
        books = referenceData.instruments.map { _ in NaiveBook() }
        sessionInstances = referenceData.sessions.map { _ in 0 }
        counters = referenceData.products.map { _ in DayCounters() }
        productStates = referenceData.products.map { _ in .trading }
        instrumentStates = referenceData.instruments.map { _ in .continuous }
    }

    /// Applies a command; says which events it must cause.
    mutating func apply(
        _ command: Command, _ details: OrderDetails, choices: EngineChoices
    ) -> [RecordedEvent] {
        self.command = command
        commandDetails = details
        self.choices = choices
        execID = max(command.timeIn, lastExecID.adding(nanos: 1))
        lastExecID = execID
        events = []
        switch command.kind {
        case .newOrder: enterOrder()
        case .modifyOrder: modifyOrder()
        case .deleteOrder: deleteOrder()
        case .deleteAllOrders: beginMassCancelOnRequest()
        case .sessionStarted: startSession()
        case .sessionEnded: endSession()
        case .continueMassCancel: workOnMassCancel()
        case .startBusinessDay: startBusinessDay()
        case .changeMarketState: changeMarketState()
        case .listOrders: break
        case .restart: restart()
        }
        if events.isEmpty { say(answering(applied())) }
        events[events.count - 1].head.flags.insert(.endOfTransaction)
        numberMessages()
        return events
    }

    // MARK: - Questions

    var liveOrderCount: Int { locations.count }

    func order(_ orderID: OrderID) -> NaiveOrder? {
        guard let place = locations[orderID] else { return nil }
        return books[place.instrument.index].find(orderID, place.side)
    }

    func unit(of session: SessionIndex) -> UnitIndex {
        referenceData.sessions[session.index].unit
    }

    func productIndex(of instrument: InstrumentIndex) -> ProductIndex {
        referenceData.instruments[instrument.index].product
    }

    func product(of instrument: InstrumentIndex) -> Product {
        referenceData.products[productIndex(of: instrument).index]
    }

    // MARK: - The set of live orders

    /// Puts an order into its book.
    mutating func place(_ order: NaiveOrder) {
        books[order.instrument.index].insert(order)
        locations[order.orderID] = (order.instrument, order.side)
    }

    /// Takes an order out of its book.
    mutating func displace(_ order: NaiveOrder) {
        books[order.instrument.index].remove(order.orderID, order.side)
        locations[order.orderID] = nil
    }

    /// Begins an order's life.
    mutating func admit(_ order: NaiveOrder) {
        place(order)
        sessionOrders[order.session.index].append(order.orderID)
        name(order)
    }

    /// Ends an order's life.
    mutating func dismiss(_ order: NaiveOrder) {
        displace(order)
        sessionOrders[order.session.index].removeAll { $0 == order.orderID }
        details[order.orderID] = nil
        unname(order)
    }

    mutating func name(_ order: NaiveOrder) {
        guard !order.clOrdID.isNone else { return }
        names[SessionName(session: order.session, clOrdID: order.clOrdID)] = order.orderID
    }

    mutating func unname(_ order: NaiveOrder) {
        guard !order.clOrdID.isNone else { return }
        names[SessionName(session: order.session, clOrdID: order.clOrdID)] = nil
    }

    // MARK: - Events

    mutating func say(_ event: RecordedEvent) {
        events.append(event)
    }

    /// An event of this transaction that answers nobody.
    func bare(_ kind: Event.Kind) -> RecordedEvent {
        var head = Event(kind: kind)
        head.sequence = command.sequence
        head.execID = execID
        head.timeIn = command.timeIn
        head.requestTime = command.requestTime
        return RecordedEvent(head)
    }

    func applied() -> RecordedEvent {
        bare(.commandApplied)
    }

    /// Makes an event the answer to the request being applied.
    func answering(_ event: RecordedEvent) -> RecordedEvent {
        var event = event
        event.head.session = command.session
        event.head.sessionInstanceID = command.sessionInstanceID
        event.head.msgSeqNum = command.msgSeqNum
        return event
    }

    /// Makes an event a notification to a session.
    func notifying(_ session: SessionIndex, _ event: RecordedEvent) -> RecordedEvent {
        var event = event
        event.head.session = session
        event.head.sessionInstanceID = sessionInstances[session.index]
        event.head.msgSeqNum = .max
        return event
    }

    mutating func reject(_ detail: RejectDetail, value: Int64 = 0) {
        var event = answering(bare(.requestRejected))
        event.head.reject = detail
        event.head.rejectValue = value
        say(event)
    }

    /// An event that tells everything about an order as it is now.
    func about(_ order: NaiveOrder, _ kind: Event.Kind) -> RecordedEvent {
        var event = bare(kind)
        event.head.flags = [.hasContext]
        if order.attributes.isStandard { event.head.flags.insert(.standard) }
        event.head.instrument = order.instrument
        event.head.trader = order.trader
        event.head.orderID = order.orderID
        event.head.clOrdID = order.clOrdID
        event.head.price = order.price
        event.head.orderQty = order.orderQty
        event.head.leavesQty = order.leavesQty
        event.head.cumQty = order.cumQty
        event.head.timePriority = order.timePriority
        event.head.side = order.side
        event.head.ordType = order.attributes.ordType
        event.head.timeInForce = order.attributes.timeInForce
        event.head.execInst = order.attributes.execInst
        event.head.ordStatus = order.cumQty > .zero ? .partiallyFilled : .new
        var context = EventContext()
        context.entryTime = order.entryTime
        context.product = productIndex(of: order.instrument)
        context.unit = unit(of: order.session)
        context.ownerSession = order.session
        context.matchInstCrossID = order.matchInstCrossID
        context.tradingCapacity = order.attributes.tradingCapacity
        event.context = context
        if order.hasParties {
            event.parties = details[order.orderID]?.parties
            event.head.flags.insert(.hasParties)
        }
        if order.hasTexts {
            event.texts = details[order.orderID]?.texts
            event.head.flags.insert(.hasTexts)
        }
        return event
    }

    /// Leaves out what only listeners need: a lean order's requester hears the head alone.
    func plain(_ event: RecordedEvent) -> RecordedEvent {
        var event = event
        event.context = nil
        event.parties = nil
        event.texts = nil
        event.head.flags.subtract([.hasContext, .hasParties, .hasTexts])
        return event
    }

    /// Numbers each unit's messages of the transaction; each takes another number for the copy that
    /// listeners may get. Answers to changes on behalf of others go without a number.
    mutating func numberMessages() {
        var next: [UnitIndex: UInt32] = [:]
        let isOnBehalf = events.contains { $0.flags.contains(.onBehalf) }
        for index in events.indices {
            events[index].head.slotCount = UInt8(events[index].slotCount)
            guard let unit = events[index].context?.unit, !unit.isNone else { continue }
            events[index].context?.messageIndex = isOnBehalf ? .max : next[unit, default: 0]
            next[unit, default: 0] += 2
        }
    }
}
