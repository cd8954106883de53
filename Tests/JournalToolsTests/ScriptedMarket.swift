import Domain
import Engine
import Exchange
import Reports

@testable import JournalTools

/// A demonstration market that is given commands by hand.
struct ScriptedMarket: ~Copyable {
    static let key: UInt64 = 7
    /// The demonstration market with room for a few orders, which is quicker to make.
    static var configuration: Configuration {
        var configuration = Configuration.demonstration
        configuration.limits.orderCapacity = 1024
        configuration.limits.orderDetailsCapacity = 64
        configuration.limits.pricePageCapacity = 256
        return configuration
    }
    static let names = MarketNames(configuration.market)
    static let apple = InstrumentIndex(
        configuration.market.instruments.firstIndex { $0.name == "AAPL" } ?? 0)

    private var replica = Replica(Partition(configuration.partition(orderIDKey: key)))
    private(set) var history: [(command: Command, events: [SeenEvent])] = []
    private var sequence: UInt64 = 0

    /// Three sessions are logged on.
    init() {
        for session in 0..<3 {
            var command = Command(kind: .sessionStarted)
            command.session = SessionIndex(session)
            command.sessionInstanceID = 1
            apply(command)
        }
    }

    /// Stamps and applies a command; returns what it did.
    @discardableResult
    mutating func apply(_ given: Command) -> [SeenEvent] {
        var command = given
        sequence += 1
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: 1_795_240_800_000_000_000 + sequence * 1_000_000_000)
        command.requestTime = command.timeIn
        if command.sessionInstanceID == 0, !command.session.isNone { command.sessionInstanceID = 1 }
        replica.apply(command, OrderDetails())
        var events: [SeenEvent] = []
        replica.take { events.append(SeenEvent(EventRecord($0))) }
        history.append((command, events))
        return events
    }

    /// The command by which a session asks for something.
    func request(_ kind: Command.Kind, _ session: Int, number: UInt32) -> Command {
        var command = Command(kind: kind)
        command.session = SessionIndex(session)
        command.trader = TraderID(raw: UInt32(session * 10 + 11))
        command.msgSeqNum = number
        command.instrument = Self.apple
        command.product = Self.names.data.instruments[Self.apple.index].product
        return command
    }

    /// Enters an order; returns its OrderID.
    mutating func enter(
        _ session: Int, number: UInt32, _ side: Side, _ quantity: Int64, at price: Int64,
        timeInForce: TimeInForce = .day, execInst: ExecInst = .nonPersistent
    ) -> OrderID {
        var command = request(.newOrder, session, number: number)
        command.clOrdID = ClOrdID(raw: UInt64(number) * 100)
        command.price = Price(units: price)
        command.quantity = Quantity(units: quantity)
        command.attributes = OrderAttributes(
            side: side, timeInForce: timeInForce, execInst: execInst, isStandard: true)
        return apply(command).last { !$0.event.orderID.isNone }?.event.orderID ?? .none
    }

    mutating func change(
        _ session: Int, number: UInt32, _ orderID: OrderID, _ side: Side, _ quantity: Int64,
        at price: Int64
    ) {
        var command = request(.modifyOrder, session, number: number)
        command.orderID = orderID
        command.clOrdID = ClOrdID(raw: UInt64(number) * 100)
        command.price = Price(units: price)
        command.quantity = Quantity(units: quantity)
        command.attributes = OrderAttributes(side: side, isStandard: true)
        apply(command)
    }

    mutating func stateHash() -> UInt64 { replica.inspect { $0.stateHash() } }

    /// What is told of an order.
    func story(of orderID: OrderID) -> [String] {
        var story = OrderStory(orderID, Self.names)
        for (command, events) in history { story.take(command, events) }
        story.finish()
        return story.sentences.map(\.text)
    }
}
