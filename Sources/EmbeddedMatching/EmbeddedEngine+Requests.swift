import CApusMatching
import Domain

// Requests become commands here. What no market's rule speaks of, as a session that does not exist, is a
// status; the rest is for the engine to judge.
extension EmbeddedEngine {
    @inline(__always)
    mutating func enter(_ request: UnsafePointer<apus_request>) -> apus_status {
        let fault = prepare(.newOrder, request)
        guard fault == APUS_OK else { return fault }
        guard takeTerms(request) else { return APUS_UNKNOWN_SIDE }
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    @inline(__always)
    mutating func modify(_ request: UnsafePointer<apus_request>) -> apus_status {
        let fault = prepare(.modifyOrder, request)
        guard fault == APUS_OK else { return fault }
        guard takeTerms(request) else { return APUS_UNKNOWN_SIDE }
        takeName(request)
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    @inline(__always)
    mutating func cancel(_ request: UnsafePointer<apus_request>) -> apus_status {
        let fault = prepare(.deleteOrder, request)
        guard fault == APUS_OK else { return fault }
        takeName(request)
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    /// Takes over who asks, when, and about which instrument.
    @inline(__always)
    private mutating func prepare(
        _ kind: Command.Kind, _ request: UnsafePointer<apus_request>
    ) -> apus_status {
        guard request.pointee.instrument < instrumentCount else {
            return APUS_UNKNOWN_INSTRUMENT
        }
        guard request.pointee.flags & ~UInt8(APUS_PERSISTENT) == 0 else {
            return APUS_RESERVED_USED
        }
        let fault = prepare(
            kind, session: request.pointee.session, trader: request.pointee.trader,
            time: request.pointee.time)
        command.pointee.instrument = InstrumentIndex(raw: request.pointee.instrument)
        command.pointee.clOrdID = ClOrdID(raw: Self.engineIdentifier(request.pointee.cl_ord_id))
        return fault
    }

    @inline(__always)
    private mutating func prepare(
        _ kind: Command.Kind, session: UInt32, trader: UInt32, time: UInt64
    ) -> apus_status {
        guard session < sessionCount else { return APUS_UNKNOWN_SESSION }
        let instance = sessions[Int(session)]
        guard instance != 0 else { return APUS_SESSION_ENDED }
        let fault = prepare(kind, time: time)
        command.pointee.session = SessionIndex(raw: session)
        command.pointee.sessionInstanceID = instance
        command.pointee.trader = TraderID(raw: trader)
        return fault
    }

    @inline(__always)
    private mutating func prepare(_ kind: Command.Kind, time: UInt64) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard time <= UInt64(Int64.max) else { return APUS_BAD_TIME }
        guard hasRoom() else { return APUS_EVENTS_WAITING }
        command.pointee.kind = kind
        command.pointee.requestTime = Timestamp(nanos: time)
        return APUS_OK
    }

    /// Takes over the order's terms; false when it has no side.
    @inline(__always)
    private mutating func takeTerms(_ request: UnsafePointer<apus_request>) -> Bool {
        guard let side = Side(rawValue: request.pointee.side) else { return false }
        let isPersistent = request.pointee.flags & UInt8(APUS_PERSISTENT) != 0
        let type = request.pointee.order_type
        command.pointee.attributes = OrderAttributes(
            side: side, ordType: OrdType(rawValue: type == 0 ? UInt8(APUS_LIMIT) : type),
            timeInForce: TimeInForce(rawValue: request.pointee.time_in_force),
            // T7 lets standard orders alone be persistent.
            execInst: isPersistent ? .persistent : .nonPersistent, isStandard: isPersistent)
        command.pointee.price = Price(raw: request.pointee.price)
        command.pointee.quantity = Quantity(raw: request.pointee.quantity)
        return true
    }

    @inline(__always)
    private mutating func takeName(_ request: UnsafePointer<apus_request>) {
        command.pointee.orderID = OrderID(raw: Self.engineIdentifier(request.pointee.order_id))
        command.pointee.origClOrdID = ClOrdID(
            raw: Self.engineIdentifier(request.pointee.orig_cl_ord_id))
    }

    /// "None" is 0 for callers, who clear their structs, and all ones in the engine.
    @inline(__always)
    private static func engineIdentifier(_ given: UInt64) -> UInt64 { given == 0 ? .max : given }

    // MARK: Sessions and the market's state

    mutating func cancelAll(
        session: UInt32, trader: UInt32, product: UInt32, time: UInt64
    ) -> apus_status {
        guard product < productCount else { return APUS_UNKNOWN_PRODUCT }
        let fault = prepare(.deleteAllOrders, session: session, trader: trader, time: time)
        guard fault == APUS_OK else { return fault }
        forgetOrder()
        command.pointee.product = ProductIndex(Int(product))
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    mutating func endSession(_ session: UInt32, time: UInt64) -> apus_status {
        let fault = prepare(.sessionEnded, session: session, trader: .max, time: time)
        guard fault == APUS_OK else { return fault }
        forgetOrder()
        command.pointee.massActionReason = .sessionLoss
        sessions[Int(session)] = 0
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    mutating func startSession(_ session: UInt32, time: UInt64) -> apus_status {
        guard session < sessionCount else { return APUS_UNKNOWN_SESSION }
        guard sessions[Int(session)] == 0 else { return APUS_SESSION_NOT_ENDED }
        let fault = prepare(.sessionStarted, time: time)
        guard fault == APUS_OK else { return fault }
        start(Int(session), at: command.pointee.requestTime)
        return APUS_OK
    }

    mutating func start(_ session: Int, at time: Timestamp) {
        forgetOrder()
        _ = hasRoom()
        sessions[session] = 1
        command.pointee.kind = .sessionStarted
        command.pointee.session = SessionIndex(session)
        command.pointee.sessionInstanceID = 1
        command.pointee.trader = .none
        command.pointee.requestTime = time
        submit(at: time)
    }

    mutating func changeState(
        _ action: UInt8, product: UInt32, instrument: UInt32, date: UInt32, time: UInt64
    ) -> apus_status {
        guard let action = MarketStateAction(rawValue: action) else { return APUS_UNKNOWN_ACTION }
        let isWhole = product == .max && action == .endOfDay
        guard product < productCount || isWhole else { return APUS_UNKNOWN_PRODUCT }
        guard instrument == .max || has(instrument, in: product) else {
            return APUS_UNKNOWN_INSTRUMENT
        }
        let needsDate = action == .endOfDay || action == .open
        guard !needsDate || Self.isDate(date) else { return APUS_BAD_DATE }
        let fault = prepare(.changeMarketState, time: time)
        guard fault == APUS_OK else { return fault }
        forgetOrder()
        command.pointee.session = .none
        command.pointee.sessionInstanceID = 0
        command.pointee.trader = .none
        command.pointee.marketStateAction = action
        command.pointee.product = isWhole ? .none : ProductIndex(Int(product))
        command.pointee.instrument = InstrumentIndex(raw: instrument)
        command.pointee.date = date
        submit(at: command.pointee.requestTime)
        return APUS_OK
    }

    private func has(_ instrument: UInt32, in product: UInt32) -> Bool {
        instrument < instrumentCount
            && products[Int(instrument)].index == Int(product)
    }

    private static func isDate(_ date: UInt32) -> Bool {
        (1...9999).contains(date / 10_000) && (1...12).contains(date / 100 % 100)
            && (1...31).contains(date % 100)
    }

    /// Nothing of the last order's request is left in a command about no order.
    private mutating func forgetOrder() {
        command.pointee.instrument = .none
        command.pointee.product = .none
        command.pointee.orderID = .none
        command.pointee.clOrdID = .none
        command.pointee.origClOrdID = .none
        command.pointee.price = .none
        command.pointee.quantity = .none
        command.pointee.attributes = OrderAttributes(side: .buy)
        command.pointee.date = .max
    }
}
