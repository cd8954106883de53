import Containers
import Domain
import Matching
import Rings

/// A matching engine and its books: the deterministic state machine behind the sequencer.
///
/// `(state, sequenced command) → (state, events)`. It reads no clock, no file and no random source,
/// so the same commands make the same events and the same state, now and in a replay. One thread
/// applies commands; nothing else touches it.
///
/// A match is bounded by the aggressor's quantity alone and may make more events than the ring has
/// room for. Then it `isSuspended` in the middle of the match, and `resume` goes on when
/// consumers have made room. No other command may come in between, so a match never interleaves with
/// others and the events are the same as with a ring of any size.
public struct Partition: ~Copyable {
    public typealias Events = BroadcastRing<Event>.Producer

    /// Slots of the largest record: head, context, 100 fills, details.
    static var slotsPerRecordMax: Int {
        2 + (Fill.perAnswerMax + Fill.perSlot - 1) / Fill.perSlot + 2
    }

    // In order of use: what every command needs shares few cache lines.

    /// Room that the event ring must have before `apply`: one slice of a mass cancel, or the records
    /// a command makes beside its match.
    public let eventSlotsPerCommandMax: Int
    /// Slots written to the event ring and not yet published.
    @usableFromInline var unpublished = 0

    /// Sequence of the last command applied.
    public internal(set) var lastSequence: UInt64 = 0
    // The transaction under way, or the last one.
    var execID = Timestamp.zero
    var timeIn = Timestamp.zero
    var requestTime = Timestamp.none
    /// Secrets of the ClOrdID table's hash.
    let nameKey: UInt64
    let nameMultiplier: UInt64

    let instruments: FixedTable<InstrumentState>
    /// Each session's live orders in order of entry.
    let sessionOrders: LinkedLists
    var clOrdIDs: OpenAddressingTable
    var books: OrderBooks
    let orderIDs: OrderIDCodec
    /// Mass cancels in the order in which they are worked.
    var massCancelQueue: IndexQueue
    var aggressor = Aggressor()

    let sessions: FixedTable<SessionState>
    let units: FixedTable<UnitState>
    let products: FixedTable<ProductState>
    /// Fills of the aggressor's next answer.
    let fills: FixedTable<Fill>
    /// Sides of trades today, over all products and units.
    var lastTradeNumber: UInt32 = 0
    var businessDay: UInt32 = 0
    var details: FixedPool<OrderDetails>
    var massCancels: FixedPool<MassCancel>
    /// One row of products per mass cancel.
    let massCancelHits: FixedTable<MassCancelHits>

    /// Where the listing goes on after the last slice; 0 when that was the last. No part of the
    /// state: every slice says itself where it begins.
    public internal(set) var listingPosition: UInt32 = 0
    let configuration: PartitionConfiguration
    /// How often each rule refused a request: watched from outside, and no part of the state.
    var rejectCounts = RejectCounts()

    public init(_ configuration: PartitionConfiguration) {
        let reference = configuration.referenceData
        self.configuration = configuration
        books = OrderBooks(
            instruments: max(reference.instruments.count, 1),
            orderCapacity: configuration.orderCapacity,
            pageCapacity: configuration.pageCapacity, otherLists: max(1, reference.sessions.count))
        details = FixedPool(capacity: configuration.detailsCapacity, touchingPages: false)
        clOrdIDs = OpenAddressingTable(capacity: configuration.orderCapacity)
        instruments = FixedTable(
            reference.instruments.map { instrument in
                let product = reference.products[instrument.product.index]
                return InstrumentState(
                    product: instrument.product,
                    lot: StepScale(
                        step: product.lot.raw,
                        stepsMax: product.maximumQuantity.raw / product.lot.raw),
                    tick: TickScale(
                        step: product.tick.raw, stepsMax: LevelKey.tickLimit - 1))
            })
        products = FixedTable(reference.products.map(ProductState.init))
        sessions = FixedTable(
            reference.sessions.map {
                SessionState(
                    unit: $0.unit, cancelsPersistentOnDisconnect: $0.cancelsPersistentOnDisconnect)
            })
        sessionOrders = books.makeLists(max(1, reference.sessions.count))
        units = FixedTable(reference.units.map { _ in UnitState() })
        // One loss per session, as many requests again, one of market operations and one restatement;
        // requests beyond are refused.
        let massCancelCapacity = reference.sessions.count * 2 + 66
        massCancels = FixedPool(capacity: massCancelCapacity)
        massCancelHits = FixedTable(count: massCancelCapacity * reference.products.count) { _ in
            MassCancelHits()
        }
        massCancelQueue = IndexQueue(capacity: massCancelCapacity)
        orderIDs = OrderIDCodec(key: configuration.orderIDKey)
        nameKey = mix64(configuration.orderIDKey ^ 0x6E61_6D65)
        nameMultiplier = mix64(nameKey) | 1
        fills = FixedTable(count: Fill.perAnswerMax) { _ in Fill() }
        // At the end of the day all products change at once, in two slots each.
        let recordsBeside = max(configuration.massCancelSlice, reference.products.count * 2)
        eventSlotsPerCommandMax = max(
            4 * Self.slotsPerRecordMax, recordsBeside + Self.slotsPerRecordMax)
        // A listing looks at every slot, used or not.
        for slot in 0..<Int32(configuration.orderCapacity) { books.orders[slot] = RestingOrder() }
    }

    /// Applies one sequenced command. The ring has room for `eventSlotsPerCommandMax` slots.
    ///
    /// `details` counts where `command.flags` say so. What happened is written to the ring and shows
    /// when the caller publishes it, before the next command.
    @inline(never)
    public mutating func apply(
        _ command: borrowing Command, _ details: UnsafePointer<OrderDetails>,
        into events: inout Events
    ) {
        precondition(!aggressor.isActive, "a suspended match must be resumed first")
        let sequence = command.sequence
        precondition(sequence == lastSequence + 1, "commands come in sequence")
        lastSequence = sequence
        execID = max(command.timeIn, execID.adding(nanos: 1))
        timeIn = command.timeIn
        requestTime = command.requestTime
        switch command.kind {
        case .newOrder: enter(command, details, into: &events)
        case .modifyOrder: modify(command, details, into: &events)
        case .deleteOrder: delete(command, into: &events)
        case .deleteAllOrders: beginMassCancel(command, into: &events)
        case .sessionStarted: startSession(command, into: &events)
        case .sessionEnded: endSession(command, into: &events)
        case .continueMassCancel: continueMassCancel(into: &events)
        case .startBusinessDay: startBusinessDay(command, into: &events)
        case .changeMarketState: changeMarketState(command, into: &events)
        case .listOrders: listOrders(command, into: &events)
        case .restart: restart(command, into: &events)
        }
    }

    /// The same with details that lie nowhere yet.
    @inlinable @inline(__always)
    public mutating func apply(
        _ command: Command, _ details: OrderDetails, into events: inout Events
    ) {
        withUnsafePointer(to: details) { apply(command, $0, into: &events) }
    }

    /// Goes on with a suspended match, after what it wrote was published. The ring has room for
    /// `eventSlotsPerCommandMax` slots.
    public mutating func resume(into events: inout Events) {
        precondition(aggressor.isActive, "nothing is suspended")
        match(into: &events)
    }

    /// The event ring was full in the middle of a match: `resume` before anything else.
    public var isSuspended: Bool { aggressor.isActive }

    /// True while orders wait for their mass cancel: the sequencer then feeds `continueMassCancel`
    /// between other commands.
    public var hasMassCancelPending: Bool { !massCancelQueue.isEmpty }

    /// A session is logged on. Its start is done, and the session told so, when nothing is under way any
    /// more that an earlier logon left behind, since of that it is not told when it happens.
    mutating func startSession(_ command: borrowing Command, into events: inout Events) {
        sessions[command.session.index].instanceID = command.sessionInstanceID
        var event = makeAnswer(.commandApplied, to: command)
        if hasEarlierMassCancel(of: command.session) { event.sessionInstanceID = 0 }
        emit(event, into: &events)
    }
}
