import Domain
import Engine
import Platform
import Rings
import Runtime
import Streams
import TestSupport

@testable import MarketData

/// A clock that stands still until a test moves it. One for all: these tests run serially.
enum FakeClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0

    static let start: UInt64 = 1_700_000_000_000_000_000

    static var clock: Clock { Clock { FakeClock.nanos } }
    static var now: Timestamp { Timestamp(nanos: nanos) }
}

/// A partition, its event ring and a publisher of market data, stepped by hand.
final class TestMarket {
    /// | product | segment | tick | public | instruments |
    /// |---|---|---|---|---|
    /// | 0 | 100 | 0.5 | orders | 0, 1 |
    /// | 1 | 200 | 0.01 | orders | 2 |
    /// | 2 | 300 | 0.01 | best prices | 3, 4 |
    static let referenceData = ReferenceData(
        marketID: 1, partitionID: 7, organisation: "TEST",
        products: [
            product(100, tick: Price.unit / 2), product(200, tick: Price.unit / 100),
            product(300, tick: Price.unit / 100, topOfBook: true),
        ],
        instruments: [0, 0, 1, 2, 2].enumerated().map {
            Instrument(
                securityID: Int64(1000 + $0.offset), name: "I\($0.offset)",
                product: ProductIndex($0.element))
        },
        units: [
            BusinessUnit(id: 1, name: "U1", traders: []),
            BusinessUnit(id: 2, name: "U2", traders: []),
        ],
        sessions: [
            session(10001, 0), session(10002, 0), session(20001, 1),
            SessionDefinition(id: 90000, kind: .operations, unit: .none, passwordHash: ""),
        ])

    private static func product(_ id: Int32, tick: Int64, topOfBook: Bool = false) -> Product {
        Product(
            marketSegmentID: id, name: "P\(id)", tick: Price(raw: tick), lot: Quantity(units: 1),
            maximumQuantity: Quantity(units: 100_000), topOfBook: topOfBook)
    }

    private static func session(_ id: UInt32, _ unit: Int) -> SessionDefinition {
        SessionDefinition(id: id, kind: .trading, unit: UnitIndex(unit), passwordHash: "")
    }

    private var partition: Partition
    private var producer: BroadcastRing<Event>.Producer
    private var sequencer = Sequencer()
    let agent: AgentBox<MarketDataAgent>
    let sender = FakeDatagrams()
    let listings = ListingDesk()
    let published = SequenceCounter()
    let gate: SequenceCounter

    /// A market that begins empty, or the next life of one that was taken away.
    init(
        ringCapacity: Int = 1 << 14, orderCapacity: Int = 4096, massCancelSlice: Int = 64,
        resuming former: TestMarket? = nil,
        configure: (inout MarketDataConfiguration) -> Void = { _ in }
    ) {
        if former == nil { FakeClock.nanos = FakeClock.start }
        let reference = Self.referenceData
        let partitionConfiguration = PartitionConfiguration(
            referenceData: reference, orderCapacity: orderCapacity,
            detailsCapacity: orderCapacity, pageCapacity: 4096, massCancelSlice: massCancelSlice)
        if let former {
            partition = former.restored(partitionConfiguration)
            sequencer = former.sequencer
        } else {
            partition = Partition(partitionConfiguration)
        }
        var ring = BroadcastRing<Event>.make(capacity: ringCapacity, gatingConsumers: 0)
        producer = ring.takeProducer()
        gate = ring.gate
        var configuration = MarketDataConfiguration()
        configuration.orderCapacity = orderCapacity
        configuration.pageCapacity = 4096
        configuration.deletionsPerCommandMax = massCancelSlice
        configure(&configuration)
        agent = AgentBox(
            MarketDataAgent(
                referenceData: reference, events: .init(of: ring, from: .oldest),
                publicOut: EngineOutLog.make(capacity: ringCapacity),
                connections: MarketDataAgent.Connections(
                    sender: sender, clock: FakeClock.clock, listings: listings,
                    published: published),
                resumes: former != nil, configuration: configuration))
        if former != nil { apply(Command(kind: .restart)) }
        for session in 0..<reference.sessions.count where former == nil {
            var command = Command(kind: .sessionStarted)
            command.session = SessionIndex(session)
            command.sessionInstanceID = 1
            apply(command)
        }
    }

    /// What a snapshot of the engine's state makes of it.
    private func restored(_ configuration: PartitionConfiguration) -> Partition {
        var bytes: [UInt8] = []
        try! partition.save { bytes += $0 }
        var position = 0
        return try! Partition(configuration) { memory in
            let count = min(memory.count, bytes.count - position)
            memory.copyBytes(from: bytes[position..<position + count])
            position += count
            return count
        }
    }

    /// Applies a command to its end and publishes what it made.
    func apply(_ command: Command) {
        var command = command
        FakeClock.nanos += 1_000
        if command.requestTime.isNone { command.requestTime = FakeClock.now }
        sequencer.stamp(&command, at: FakeClock.now)
        makeRoom()
        partition.apply(command, OrderDetails(), into: &producer)
        partition.publish(&producer)
        while partition.isSuspended {
            makeRoom()
            partition.resume(into: &producer)
            partition.publish(&producer)
        }
    }

    /// Nobody holds the ring up, so there always is some; the producer wants to be asked.
    private func makeRoom() {
        precondition(producer.hasRoom(for: partition.eventSlotsPerCommandMax), "the ring has room")
    }

    var hasMassCancelPending: Bool { partition.hasMassCancelPending }

    func finishMassCancels() {
        while hasMassCancelPending { apply(Command(kind: .continueMassCancel)) }
    }

    /// The listing under way, and where its next slice begins.
    private var listing: UInt32 = 0
    private var listingPosition: UInt32?

    /// The next slice of the listing that the publisher asked for last. False when there is none.
    @discardableResult func list() -> Bool {
        if listings.last != listing {
            listing = listings.last
            listingPosition = 0
        }
        guard let position = listingPosition else { return false }
        var command = Command(kind: .listOrders)
        command.listing = listing
        command.listingPosition = position
        apply(command)
        listingPosition = partition.listingPosition == 0 ? nil : partition.listingPosition
        return true
    }

    /// Market operations act on an instrument, or on the product as a whole.
    func operate(_ action: MarketStateAction, product: Int, instrument: Int? = nil) {
        var command = Command(kind: .changeMarketState)
        command.marketStateAction = action
        command.product = ProductIndex(product)
        command.instrument = instrument.map { InstrumentIndex($0) } ?? .none
        command.session = SessionIndex(3)
        command.sessionInstanceID = 1
        apply(command)
    }

    /// One duty cycle of the publisher at this moment.
    @discardableResult func step() -> Int { agent.step(now: FakeClock.now) }

    func advance(millis: UInt64) { FakeClock.nanos += millis * 1_000_000 }

    /// The resting orders of one side as the engine has them, in the order in which they would trade.
    func orders(_ instrument: Int, _ side: Side) -> [PublicOrder] {
        var orders: [PublicOrder] = []
        partition.forEachRestingOrder(InstrumentIndex(instrument), side) {
            orders.append(
                PublicOrder(
                    time: $0.timePriority.nanos, price: $0.price.raw, quantity: $0.leavesQty.raw))
        }
        return orders
    }

    var counters: MarketDataCounters {
        agent.publishCounters()
        return agent.agent.counters
    }
}

/// What the public knows of a resting order.
struct PublicOrder: Hashable {
    var time: UInt64
    var price: Int64
    var quantity: Int64
}

extension TestMarket {
    /// The best prices as the engine's book has them.
    func top(_ instrument: Int) -> NaiveReceiver.Top {
        let bids = orders(instrument, .buy)
        let offers = orders(instrument, .sell)
        let bestBids = bids.prefix { $0.price == bids[0].price }
        let bestOffers = offers.prefix { $0.price == offers[0].price }
        return NaiveReceiver.Top(
            bid: bids.first?.price ?? .min, offer: offers.first?.price ?? .min,
            bidSize: bids.isEmpty ? .min : bestBids.map(\.quantity).reduce(0, +),
            offerSize: offers.isEmpty ? .min : bestOffers.map(\.quantity).reduce(0, +),
            buyOrders: bids.isEmpty ? .max : UInt16(bestBids.count),
            sellOrders: offers.isEmpty ? .max : UInt16(bestOffers.count))
    }
}
