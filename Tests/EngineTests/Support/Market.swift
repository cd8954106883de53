import Domain
import Testing

/// A market for rule tests: requests in, sentences out, the reference looking over its shoulder.
///
/// Every request goes to the engine and to the reference; a disagreement is recorded as an issue
/// beside whatever the test itself expects.
final class Market {
    let engine: EngineHarness
    private(set) var reference: NaiveExchange
    private var sequence: UInt64 = 0
    private var msgSeqNums: [UInt32]
    private var instances: [UInt32]
    private(set) var time: UInt64 = 1_000_000_000_000_000_000
    /// The engine's names by the participants' names.
    private var orderIDs: [ClOrdID: OrderID] = [:]
    private var lastEvents: [RecordedEvent] = []

    /// Opens a market in which every session is logged on.
    init(_ shape: EngineHarness.Shape = EngineHarness.Shape()) {
        engine = EngineHarness(shape)
        reference = NaiveExchange(shape)
        msgSeqNums = shape.referenceData.sessions.map { _ in 1 }
        instances = shape.referenceData.sessions.map { _ in 0 }
        for session in shape.referenceData.sessions.indices { logOn(session) }
    }

    // MARK: - Requests

    /// Sends a request and checks the events it causes, in words.
    func expect(
        _ request: Request, _ sentences: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let events = send(request, sourceLocation: sourceLocation)
        #expect(events.map(sentence) == sentences, sourceLocation: sourceLocation)
    }

    /// Sends requests whose events don't matter to the test.
    func given(_ requests: Request..., sourceLocation: SourceLocation = #_sourceLocation) {
        for request in requests { send(request, sourceLocation: sourceLocation) }
    }

    @discardableResult
    func send(
        _ request: Request, sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        var command = request.command
        if let name = request.orderName {
            command.orderID = orderIDs[name] ?? OrderID(raw: name.raw)
        }
        if command.kind != .sessionStarted && command.kind != .sessionEnded {
            command.sessionInstanceID = instances[command.session.index]
        }
        msgSeqNums[command.session.index] += 1
        command.msgSeqNum = msgSeqNums[command.session.index]
        time += 1000
        return apply(command, request.details, sourceLocation)
    }

    /// Works off what is left of mass cancels, one slice after the other.
    @discardableResult
    func finishMassCancels(
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        while engine.hasMassCancelPending { events += continueMassCancel(sourceLocation) }
        return events
    }

    @discardableResult
    func continueMassCancel(
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        time += 1000
        return apply(Command(kind: .continueMassCancel), OrderDetails(), sourceLocation)
    }

    /// Logs a session on, as a new instance.
    @discardableResult
    func logOn(
        _ session: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        instances[session] += 1
        var command = Command(kind: .sessionStarted)
        command.session = SessionIndex(session)
        command.sessionInstanceID = instances[session]
        time += 1000
        return apply(command, OrderDetails(), sourceLocation)
    }

    /// Ends a session's present instance, or the one given.
    @discardableResult
    func logOff(
        _ session: Int, instance: UInt32? = nil, reason: MassActionReason = .sessionLoss,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        var command = Command(kind: .sessionEnded)
        command.session = SessionIndex(session)
        command.sessionInstanceID = instance ?? instances[session]
        command.massActionReason = reason
        time += 1000
        return apply(command, OrderDetails(), sourceLocation)
    }

    @discardableResult
    func startBusinessDay(
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [RecordedEvent] {
        var command = Command(kind: .startBusinessDay)
        command.date = 2026_01_05
        time += 1000
        return apply(command, OrderDetails(), sourceLocation)
    }

    /// Makes the sequencer's clock stand still: commands share their time.
    func rewind(nanos: UInt64) { time -= nanos }

    private func apply(
        _ request: Command, _ details: OrderDetails, _ sourceLocation: SourceLocation
    ) -> [RecordedEvent] {
        var command = request
        sequence += 1
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: time)
        if command.kind != .continueMassCancel {
            command.requestTime = Timestamp(nanos: time - 300)
        }
        let events = engine.apply(command, details)
        engine.checkInvariants()
        let expected = reference.apply(
            command, details, choices: EngineChoices(observed: events))
        if let difference = EventDifference.first(expected: expected, actual: events) {
            Issue.record(
                "the reference disagrees: \(sentence(command)): \(difference)",
                sourceLocation: sourceLocation)
        }
        for violation in reference.violations {
            Issue.record("\(violation)", sourceLocation: sourceLocation)
        }
        reference.violations = []
        #expect(
            engine.hasMassCancelPending == !reference.massCancels.isEmpty,
            sourceLocation: sourceLocation)
        for instrument in reference.books.indices {
            if let difference = engine.bookDifference(InstrumentIndex(instrument), reference) {
                Issue.record("\(difference)", sourceLocation: sourceLocation)
            }
        }
        for event in events where event.kind == .orderAccepted || event.kind == .aggressorExecuted {
            if !event.head.clOrdID.isNone { orderIDs[event.head.clOrdID] = event.head.orderID }
        }
        lastEvents = events
        return events
    }

    // MARK: - Answers

    /// The events of the last command.
    var events: [RecordedEvent] { lastEvents }

    func orderID(_ name: UInt64) -> OrderID { orderIDs[ClOrdID(raw: name)] ?? .none }

    /// The book in words: each level as price, then the names of its orders with open quantities
    /// in the order they will trade.
    func book(_ instrument: Int = 0) -> String {
        let sides = [Side.buy, .sell].map { side in
            var text: [String] = []
            var price = Price.none
            for order in engine.orders(InstrumentIndex(instrument), side) {
                if order.price != price {
                    price = order.price
                    text.append("\(words(price)):")
                }
                text.append("\(words(order.clOrdID))x\(words(order.leavesQty))")
            }
            return text.joined(separator: " ")
        }
        return sides.joined(separator: " | ")
    }
}

/// A request under construction; see the functions that begin one.
struct Request {
    var command: Command
    var details = OrderDetails()
    /// The order is named by the exchange's name for this one.
    var orderName: ClOrdID?

    init(_ kind: Command.Kind) {
        command = Command(kind: kind)
        command.instrument = InstrumentIndex(0)
        self = by(.anna)
    }

    // MARK: - Beginnings

    static func buy(_ quantity: Int64, at price: Double, as name: UInt64) -> Request {
        order(.buy, quantity, price, name)
    }

    static func sell(_ quantity: Int64, at price: Double, as name: UInt64) -> Request {
        order(.sell, quantity, price, name)
    }

    static func buyMarket(_ quantity: Int64, as name: UInt64) -> Request {
        order(.buy, quantity, nil, name).with { $0.attributes.ordType = .market }
            .immediateOrCancel
    }

    static func sellMarket(_ quantity: Int64, as name: UInt64) -> Request {
        order(.sell, quantity, nil, name).with { $0.attributes.ordType = .market }
            .immediateOrCancel
    }

    /// A change of the order named `name` to a new total and price; the side is told as it is.
    static func modify(
        _ name: UInt64, _ side: Side, _ quantity: Int64, at price: Double, as newName: UInt64
    ) -> Request {
        var request = order(side, quantity, price, newName)
        request.command.kind = .modifyOrder
        request.command.origClOrdID = ClOrdID(raw: name)
        return request
    }

    static func delete(_ name: UInt64, as newName: UInt64? = nil) -> Request {
        var request = Request(.deleteOrder)
        request.command.origClOrdID = ClOrdID(raw: name)
        if let newName { request.command.clOrdID = ClOrdID(raw: newName) }
        return request
    }

    static func deleteAll(product: Int = 0) -> Request {
        var request = Request(.deleteAllOrders)
        request.command.instrument = .none
        request.command.product = ProductIndex(product)
        return request
    }

    /// A request of market operations; of a product, an instrument, or everything.
    static func operation(
        _ action: MarketStateAction, product: Int? = nil, instrument: Int? = nil,
        on date: UInt32 = 2026_01_05
    ) -> Request {
        var request = Request(.changeMarketState)
        request.command.marketStateAction = action
        request.command.instrument = instrument.map { InstrumentIndex($0) } ?? .none
        request.command.product = product.map { ProductIndex($0) } ?? .none
        if let instrument { request.command.product = ProductIndex(instrument / 2) }
        request.command.date = date
        return request.by(.carl)
    }

    private static func order(
        _ side: Side, _ quantity: Int64, _ price: Double?, _ name: UInt64
    ) -> Request {
        var request = Request(.newOrder)
        request.command.attributes = OrderAttributes(side: side)
        request.command.quantity = Quantity(units: quantity)
        if let price { request.command.price = Price(raw: rawPrice(price)) }
        request.command.clOrdID = ClOrdID(raw: name)
        return request
    }

    static func rawPrice(_ price: Double) -> Int64 {
        Int64((price * Double(Price.unit)).rounded())
    }

    // MARK: - Refinements

    func with(_ change: (inout Command) -> Void) -> Request {
        var request = self
        change(&request.command)
        return request
    }

    func by(_ person: Person) -> Request {
        with {
            $0.session = SessionIndex(person.session)
            $0.trader = TraderID(raw: person.trader)
        }
    }

    func on(_ instrument: Int) -> Request {
        with { $0.instrument = InstrumentIndex(instrument) }
    }

    /// For another session of the unit.
    func onBehalf(of session: Int) -> Request {
        with { $0.targetSession = SessionIndex(session) }
    }

    /// Names the order by the exchange's name of it, too or instead of the participant's.
    func naming(exchangeNameOf name: UInt64, alone: Bool = true) -> Request {
        var request = self
        request.orderName = ClOrdID(raw: name)
        if alone { request.command.origClOrdID = .none }
        return request
    }

    var immediateOrCancel: Request { with { $0.attributes.timeInForce = .immediateOrCancel } }
    var standard: Request { with { $0.attributes.applSeqIndicator = 1 } }
    var persistent: Request {
        with {
            $0.attributes.applSeqIndicator = 1
            $0.attributes.execInst = .persistent
        }
    }
}

/// Who sends a request: a trader on a session of a unit.
struct Person {
    var session: Int
    var trader: UInt32

    static let anna = Person(session: 0, trader: 11)
    /// Anna at another session of her unit.
    static let annaElsewhere = Person(session: 1, trader: 11)
    /// Another trader at Anna's session.
    static let arno = Person(session: 0, trader: 12)
    static let bert = Person(session: 2, trader: 21)
    /// Bert at a session whose loss deletes persistent orders too.
    static let bertElsewhere = Person(session: 3, trader: 21)
    static let carl = Person(session: 4, trader: 31)
}
