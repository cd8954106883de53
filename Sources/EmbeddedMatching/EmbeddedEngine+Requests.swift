import CApusMatching
import Domain

// Requests become commands here. What no market's rule speaks of, as a session that does not exist, is a
// status; the rest is for the engine to judge.
extension EmbeddedEngine {
    @inline(__always)
    mutating func enter(_ request: UnsafePointer<apus_request>) -> apus_status {
        var command = Command(kind: .newOrder)
        let fault = fill(&command, request)
        guard fault == APUS_OK else { return fault }
        guard Self.fillTerms(&command, request) else { return APUS_UNKNOWN_SIDE }
        submit(&command)
        return APUS_OK
    }

    @inline(__always)
    mutating func modify(_ request: UnsafePointer<apus_request>) -> apus_status {
        var command = Command(kind: .modifyOrder)
        let fault = fill(&command, request)
        guard fault == APUS_OK else { return fault }
        guard Self.fillTerms(&command, request) else { return APUS_UNKNOWN_SIDE }
        Self.fillName(&command, request)
        submit(&command)
        return APUS_OK
    }

    @inline(__always)
    mutating func cancel(_ request: UnsafePointer<apus_request>) -> apus_status {
        var command = Command(kind: .deleteOrder)
        let fault = fill(&command, request)
        guard fault == APUS_OK else { return fault }
        Self.fillName(&command, request)
        submit(&command)
        return APUS_OK
    }

    /// Takes over who asks, when, and about which instrument.
    @inline(__always)
    private mutating func fill(
        _ command: inout Command, _ request: UnsafePointer<apus_request>
    ) -> apus_status {
        guard request.pointee.instrument < instrumentCount else {
            return APUS_UNKNOWN_INSTRUMENT
        }
        guard request.pointee.flags & ~UInt8(APUS_PERSISTENT) == 0 else {
            return APUS_RESERVED_USED
        }
        command.instrument = InstrumentIndex(raw: request.pointee.instrument)
        command.clOrdID = ClOrdID(raw: Self.engineIdentifier(request.pointee.cl_ord_id))
        return fill(
            &command, session: request.pointee.session, trader: request.pointee.trader,
            time: request.pointee.time)
    }

    @inline(__always)
    private mutating func fill(
        _ command: inout Command, session: UInt32, trader: UInt32, time: UInt64
    ) -> apus_status {
        guard session < sessionCount else { return APUS_UNKNOWN_SESSION }
        let instance = sessions[Int(session)]
        guard instance != 0 else { return APUS_SESSION_ENDED }
        command.session = SessionIndex(raw: session)
        command.sessionInstanceID = instance
        command.trader = TraderID(raw: trader)
        return fill(&command, time: time)
    }

    @inline(__always)
    private mutating func fill(_ command: inout Command, time: UInt64) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard time <= UInt64(Int64.max) else { return APUS_BAD_TIME }
        guard hasRoom() else { return APUS_EVENTS_WAITING }
        command.requestTime = Timestamp(nanos: time)
        return APUS_OK
    }

    /// Takes over the order's terms; false when it has no side.
    @inline(__always)
    private static func fillTerms(
        _ command: inout Command, _ request: UnsafePointer<apus_request>
    ) -> Bool {
        guard let side = Side(rawValue: request.pointee.side) else { return false }
        let isPersistent = request.pointee.flags & UInt8(APUS_PERSISTENT) != 0
        let type = request.pointee.order_type
        command.attributes = OrderAttributes(
            side: side, ordType: OrdType(rawValue: type == 0 ? UInt8(APUS_LIMIT) : type),
            timeInForce: TimeInForce(rawValue: request.pointee.time_in_force),
            // T7 lets standard orders alone be persistent.
            execInst: isPersistent ? .persistent : .nonPersistent, isStandard: isPersistent)
        command.price = Price(raw: request.pointee.price)
        command.quantity = Quantity(raw: request.pointee.quantity)
        return true
    }

    @inline(__always)
    private static func fillName(
        _ command: inout Command, _ request: UnsafePointer<apus_request>
    ) {
        command.orderID = OrderID(raw: engineIdentifier(request.pointee.order_id))
        command.origClOrdID = ClOrdID(raw: engineIdentifier(request.pointee.orig_cl_ord_id))
    }

    /// "None" is 0 for callers, who clear their structs, and all ones in the engine.
    @inline(__always)
    private static func engineIdentifier(_ given: UInt64) -> UInt64 { given == 0 ? .max : given }

    // MARK: Sessions and the market's state

    mutating func cancelAll(
        session: UInt32, trader: UInt32, product: UInt32, time: UInt64
    ) -> apus_status {
        guard product < productCount else { return APUS_UNKNOWN_PRODUCT }
        var command = Command(kind: .deleteAllOrders)
        let fault = fill(&command, session: session, trader: trader, time: time)
        guard fault == APUS_OK else { return fault }
        command.product = ProductIndex(Int(product))
        submit(&command)
        return APUS_OK
    }

    mutating func endSession(_ session: UInt32, time: UInt64) -> apus_status {
        var command = Command(kind: .sessionEnded)
        let fault = fill(&command, session: session, trader: .max, time: time)
        guard fault == APUS_OK else { return fault }
        command.massActionReason = .sessionLoss
        sessions[Int(session)] = 0
        submit(&command)
        return APUS_OK
    }

    mutating func startSession(_ session: UInt32, time: UInt64) -> apus_status {
        guard session < sessionCount else { return APUS_UNKNOWN_SESSION }
        guard sessions[Int(session)] == 0 else { return APUS_SESSION_NOT_ENDED }
        var command = Command(kind: .sessionStarted)
        let fault = fill(&command, time: time)
        guard fault == APUS_OK else { return fault }
        sessions[Int(session)] = 1
        command.session = SessionIndex(raw: session)
        command.sessionInstanceID = 1
        submit(&command)
        return APUS_OK
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
        var command = Command(kind: .changeMarketState)
        let fault = fill(&command, time: time)
        guard fault == APUS_OK else { return fault }
        command.marketStateAction = action
        command.product = isWhole ? .none : ProductIndex(Int(product))
        command.instrument = InstrumentIndex(raw: instrument)
        command.date = date
        submit(&command)
        return APUS_OK
    }

    private func has(_ instrument: UInt32, in product: UInt32) -> Bool {
        instrument < instrumentCount && products[Int(instrument)].index == Int(product)
    }

    private static func isDate(_ date: UInt32) -> Bool {
        (1...9999).contains(date / 10_000) && (1...12).contains(date / 100 % 100)
            && (1...31).contains(date % 100)
    }
}
