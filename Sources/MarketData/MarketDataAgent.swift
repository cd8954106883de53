import Containers
import Domain
import Platform
import Rings
import Runtime
import Streams
import Telemetry

/// Publishes the market to everybody: order by order, on the EOBI wire, without knowing who listens.
///
/// It reads the event ring as one the engine does not wait for, keeps a mirror of the public book, and
/// writes two channels of packets. Incremental: every change, in the engine's order. Snapshot: the
/// whole state, product by product, in an endless cycle, for those who begin or lost something.
///
/// When the ring was overwritten before it was read, receivers see a number left out; the agent asks
/// the engine to list all orders, and goes on once its mirror is whole.
public struct MarketDataAgent: Agent, ~Copyable {
    public static var name: String { "marketdata" }

    /// What connects a publisher to its venue.
    public struct Connections {
        public var sender: any DatagramSender
        public var clock: Clock
        /// Where the engine is asked for a list of all orders, and what wakes it to make one.
        public var listings: ListingDesk
        public var engineDoorbell: Doorbell
        /// Highest command whose public consequences were handed to the system, for a gateway that
        /// waits for that, and what wakes it.
        public var published: SequenceCounter
        public var gatewayDoorbell: Doorbell

        public init(
            sender: any DatagramSender, clock: Clock, listings: ListingDesk,
            engineDoorbell: Doorbell = .silent(), published: SequenceCounter = SequenceCounter(),
            gatewayDoorbell: Doorbell = .silent()
        ) {
            self.sender = sender
            self.clock = clock
            self.listings = listings
            self.engineDoorbell = engineDoorbell
            self.published = published
            self.gatewayDoorbell = gatewayDoorbell
        }
    }

    let configuration: MarketDataConfiguration
    let connections: Connections
    private var reader: BroadcastRing<Event>.LossyReader
    /// When the public heard of which transaction, by ExecID.
    private let publicOut: EngineOutLog.Writer
    public internal(set) var counters = MarketDataCounters()
    private let counterGroup: CounterGroup<MarketDataCounters>

    let instruments: FixedTable<InstrumentRow>
    let products: ProductRows
    var book: PublicBook
    var channel: IncrementalChannel
    var snapshots: SnapshotChannel

    /// The record copied last waits for the output gate.
    private var isHeld = false
    /// The ring makes no sense: only a broken engine does that. Nothing more is published.
    private var isDamaged = false
    /// Events of a transaction were read, and not its last one.
    private var isInTransaction = false
    /// The last transaction begun.
    var transaction: UInt64 = 0
    /// Orders that the transaction took away in mass, in the order of the events.
    let removed: FixedTable<Int32>
    var removedCount = 0
    /// When they were.
    var removedTimes = (timeIn: Timestamp.none, execID: Timestamp.none)
    /// Instruments whose best prices may have changed in the transaction.
    let touched: FixedTable<Int32>
    var touchedCount = 0
    /// ExecIDs of transactions with messages that are not sent yet.
    private let unsent: FixedTable<UInt64>
    private var unsentCount = 0
    private var messagesBefore: UInt64 = 0
    /// The list asked for last.
    var listing: UInt32 = 0

    var heartbeatAt = Timestamp.zero
    var snapshotAt = Timestamp.zero
    var cycleStart = Timestamp.zero
    /// The product whose snapshot comes next in the cycle.
    var cycleProduct = 0

    /// `events` reads the ring from its first record. `publicOut` has as many entries as the ring has
    /// slots. `resumes` says that the engine begins with orders of an earlier life: the first snapshot waits
    /// until it has listed them. Messages are numbered from the clock's microseconds on then, modulo 2³¹.
    /// That is hardly where a receiver of the earlier life expects the next one, be it that he heard many
    /// or none, so that he sees that his books are old.
    public init(
        referenceData: ReferenceData, events: consuming BroadcastRing<Event>.LossyReader,
        publicOut: consuming EngineOutLog.Writer, connections: Connections, resumes: Bool = false,
        counters: CounterGroup<MarketDataCounters> = .unseen(),
        configuration: MarketDataConfiguration = MarketDataConfiguration()
    ) {
        self.configuration = configuration
        self.connections = connections
        self.publicOut = publicOut
        reader = events
        counterGroup = counters
        instruments = FixedTable(
            referenceData.instruments.map {
                InstrumentRow($0, isTopOfBook: referenceData.products[$0.product.index].topOfBook)
            })
        products = ProductRows(referenceData)
        book = PublicBook(referenceData, configuration)
        let segments = referenceData.products.map(\.marketSegmentID)
        channel = IncrementalChannel(
            marketSegments: segments, partitionID: referenceData.partitionID,
            messagesPerTransactionMax: configuration.orderCapacity
                + configuration.deletionsPerCommandMax + referenceData.instruments.count)
        snapshots = SnapshotChannel(
            marketSegments: segments, partitionID: referenceData.partitionID,
            orderCapacity: configuration.orderCapacity,
            instrumentCount: referenceData.instruments.count)
        removed = FixedTable(count: configuration.orderCapacity) { _ in -1 }
        touched = FixedTable(count: referenceData.instruments.count) { _ in -1 }
        unsent = FixedTable(count: configuration.eventsPerCycle + 1) { _ in 0 }
        if resumes {
            let micros = connections.clock.now().nanos / 1_000
            channel.beginNumbering(behind: UInt32(truncatingIfNeeded: micros & 0x7FFF_FFFF))
            askForListing()
        }
    }

    public mutating func doWork(now: Timestamp) -> Int {
        let work = takeEvents()
        if now >= heartbeatAt { sendHeartbeats(now: now) }
        if now >= snapshotAt { sendSnapshots(now: now) }
        return work
    }

    public var nextDeadline: Timestamp { min(heartbeatAt, snapshotAt) }

    public mutating func publishCounters() {
        counters.messages = channel.messageCount
        counters.incrementalPackets = channel.packetCount
        counters.incrementalBytes = channel.byteCount
        counters.snapshotMessages = snapshots.messageCount
        counters.snapshotPackets = snapshots.packetCount
        counters.snapshotBytes = snapshots.byteCount
        counters.orders = UInt64(book.count)
        counters.isIncomplete = book.isWhole ? 0 : 1
        counterGroup.publish(counters)
    }

    public mutating func close() {
        _ = takeEvents()
    }

    // MARK: Events

    /// Takes over what happened and sends what is public of it. Returns how many events that were.
    private mutating func takeEvents() -> Int {
        var taken = 0
        while taken < configuration.eventsPerCycle || isInTransaction, !isDamaged, next() {
            take()
            taken += 1
        }
        guard taken > 0 else { return 0 }
        counters.events &+= UInt64(taken)
        if !isInTransaction { flush() }
        return taken
    }

    /// Makes the next record that may leave the one at hand.
    @inline(__always)
    private mutating func next() -> Bool {
        while !isHeld {
            switch reader.next() {
            case .record: isHeld = true
            case .empty: return false
            case .overrun: recover()
            case .damaged:
                isDamaged = true
                return false
            }
        }
        guard reader.record.sequence <= reader.gate else { return false }
        isHeld = false
        return true
    }

    @inline(__always)
    private mutating func take() {
        let event = reader.record
        if event.sequence != transaction { begin(event.sequence) }
        isInTransaction = true
        switch event.kind {
        case .orderAccepted, .orderModified, .orderDeleted: settle(event)
        case .aggressorExecuted:
            if !event.flags.contains(.moreFragments) { settle(event) }
        case .restingExecuted: execute(event, reader[1, as: EventContext.self].fill)
        case .orderRemoved: remove(event)
        case .productStateChanged: changeState(of: reader[1, as: EventContext.self].product, event)
        case .instrumentStateChanged: changeState(of: event.instrument, event)
        case .productListed, .instrumentListed, .orderListed, .ordersListed: takeListed(event)
        // Told again by an event of the same transaction, or nothing the public hears of.
        case .orderDeletedByOther, .orderModifiedByOther, .requestRejected, .massCancelled,
            .massCancelReported, .commandApplied, .ordersDeletedByMarket, .tradingSessionEvent,
            .marketStateAnswered, .orderRestated, .orderNotAffected:
            break
        }
        if event.flags.contains(.endOfTransaction) { end(event) }
    }

    @inline(__always)
    private mutating func begin(_ sequence: UInt64) {
        if !channel.hasRoomForTransaction || unsentCount == unsent.count { flush() }
        transaction = sequence
        messagesBefore = channel.messageCount
        channel.begin(sequence)
    }

    @inline(__always)
    private mutating func end(_ event: borrowing Event) {
        if removedCount > 0 { tellRemoved() }
        if touchedCount > 0 { tellBestPrices() }
        channel.end()
        isInTransaction = false
        counters.sequence = event.sequence
        if channel.messageCount != messagesBefore {
            unsent[unsentCount] = event.execID.nanos
            unsentCount &+= 1
        }
        if event.flags.contains(.newBusinessDay) { startDay() }
    }

    // MARK: Sending

    /// Sends what was written, and says so to those who wait for it.
    mutating func flush(isWhole: Bool = true) {
        let now = connections.clock.now()
        for index in 0..<unsentCount { publicOut.note(now, of: unsent[index]) }
        unsentCount = 0
        let sender = connections.sender
        var refused = 0
        channel.flush(isWhole: isWhole, at: now) { refused = sender.send($0) }
        counters.sendErrors &+= UInt64(refused)
        connections.published.publish(counters.sequence)
        connections.gatewayDoorbell.ring()
    }

    private mutating func sendHeartbeats(now: Timestamp) {
        let sender = connections.sender
        let silence = configuration.heartbeatNanos
        let moment = Timestamp(nanos: now.nanos > silence ? now.nanos - silence : 0)
        // In the middle of a transaction its packets must not be closed.
        guard !isInTransaction else { return }
        for product in 0..<products.count where channel.isQuiet(product, since: moment) {
            channel.heartbeat(product, at: now)
            counters.heartbeats &+= 1
        }
        var refused = 0
        channel.flush(at: connections.clock.now()) { refused = sender.send($0) }
        counters.sendErrors &+= UInt64(refused)
        heartbeatAt = channel.heartbeatDue(after: silence)
    }

    // MARK: After a loss

    /// Events are gone. Receivers are told to wait for a snapshot, which comes when the engine has
    /// listed all orders.
    private mutating func recover() {
        counters.overruns &+= 1
        for index in 0..<removedCount { book.forget(removed[index]) }
        removedCount = 0
        touchedCount = 0
        flush(isWhole: !isInTransaction)
        isInTransaction = false
        transaction = 0
        for product in 0..<products.count {
            channel.skipNumber(product)
            channel.heartbeat(product, at: connections.clock.now())
        }
        flush()
        snapshots.abandon()
        askForListing()
    }

    /// What is in the books is not known until the engine has listed it.
    private mutating func askForListing() {
        book.beginRecovery()
        listing = connections.listings.request()
        connections.engineDoorbell.ring()
    }

    /// Part of a list of everything: what is not known yet is taken over.
    @inline(never)
    private mutating func takeListed(_ event: borrowing Event) {
        guard !book.isWhole else { return }
        switch event.kind {
        case .productListed:
            products.setState(
                event.productState, of: reader[1, as: EventContext.self].product.index)
        case .instrumentListed:
            instruments[event.instrument.index].status = event.instrumentStatus
        case .orderListed:
            if book.find(event.orderID) < 0, !book.add(event) { counters.contradictions &+= 1 }
        default:
            guard ListingDesk.completes(event.listing, listing) else { return }
            counters.listings &+= 1
            if !book.endRecovery() { counters.contradictions &+= 1 }
            for row in 0..<instruments.count where instruments[row].isTopOfBook {
                instruments[row].bid = bestPrice(InstrumentIndex(row), .buy)
                instruments[row].offer = bestPrice(InstrumentIndex(row), .sell)
            }
            cycleProduct = 0
            snapshotAt = .zero
        }
    }

    private mutating func startDay() {
        for row in 0..<instruments.count { instruments[row].startDay() }
    }
}
