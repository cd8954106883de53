import Client
import Domain
import Platform
import Wire

/// A request without an answer. Not nested in the generic session: its type would be looked up at
/// run time for every request.
struct RequestInFlight: BitwiseCopyable {
    var plannedNanos: UInt64 = 0
    var sentNanos: UInt64 = 0
    var msgSeqNum: UInt32 = 0
    var slot: Int32 = -1
    var template: TemplateID = .heartbeat
}

/// One participant of a load run: draws requests, remembers those in flight, matches the answers.
///
/// One thread turns its loop and nothing calls back into it, so its hot state goes without dynamic
/// exclusivity checks, which were two fifths of the cost of a request.
final class LoadSession<Stream: ByteStream> {
    let venue: VenueSession<Stream>
    private let options: LoadOptions
    private let clock: Clock
    @exclusivity(unchecked) private var random: SplitMix
    @exclusivity(unchecked) private var slots: OrderSlots
    @exclusivity(unchecked) private var ring: [RequestInFlight]
    @exclusivity(unchecked) private(set) var inFlight = 0
    /// First request that was written and not handed over yet.
    @exclusivity(unchecked) private var firstUnsent: UInt32 = 0
    @exclusivity(unchecked) private var lastTake: UInt64 = 1 << 62
    private(set) var rejects = 0
    private(set) var rejectsByReason: [UInt32: Int] = [:]

    /// A power of two, so that a MsgSeqNum leads to its place.
    private let ringCapacity: Int
    /// Resting orders that a session keeps at most; above it cancels take the place of new orders.
    private let restingMax: Int
    private static var spreadTicks: Int { 20 }
    private static var quantityMax: Int { 100 }

    init(_ venue: VenueSession<Stream>, options: LoadOptions, clock: Clock) {
        self.venue = venue
        self.options = options
        self.clock = clock
        random = SplitMix(seed: options.seed &* 1_000_003 &+ UInt64(venue.credentials.session))
        precondition(
            options.inFlightMax & (options.inFlightMax - 1) == 0, "The ring is a power of two.")
        ringCapacity = options.inFlightMax
        restingMax = options.inFlightMax / 4
        slots = OrderSlots(capacity: options.inFlightMax / 2)
        ring = Array(repeating: RequestInFlight(), count: options.inFlightMax)
    }

    /// Whether one more request can be written.
    func hasRoom() -> Bool { inFlight < ringCapacity && venue.hasRoom() }

    var restingCount: Int { slots.liveCount }

    /// Draws a request and writes it.
    func issue(plannedNanos: UInt64) {
        var draw = random.below(options.mix.sum)
        if draw < options.mix.take { return take(plannedNanos) }
        draw -= options.mix.take
        let isFull = slots.liveCount >= restingMax || !slots.hasFree
        if draw < options.mix.new && !isFull || slots.liveCount == 0 {
            // Everything can be under way at once; then an order that cannot rest fills the place.
            return slots.hasFree ? enter(plannedNanos) : take(plannedNanos)
        }
        draw -= options.mix.new
        if draw >= 0, draw < options.mix.modify { return modify(plannedNanos) }
        cancel(plannedNanos)
    }

    private func enter(_ planned: UInt64) {
        let side: Side = random.next() & 1 == 0 ? .buy : .sell
        let order = request(side, passivePrice(side), .day)
        let slot = slots.open(side: side, price: order.price, quantity: order.quantity)
        let name = slots[slot].clOrdID
        let number = venue.request { state, out in state.newOrder(order, clOrdID: name, into: out) }
        remember(number, planned, slot, .newOrderSingleShortRequest)
    }

    private func take(_ planned: UInt64) {
        let side: Side = random.next() & 1 == 0 ? .buy : .sell
        // The far side's most distant resting price: it can reach every order made here.
        let price = offset(Self.spreadTicks, side == .buy ? 1 : -1)
        let order = request(side, price, .immediateOrCancel)
        lastTake += 1
        let name = ClOrdID(raw: lastTake)
        let number = venue.request { state, out in state.newOrder(order, clOrdID: name, into: out) }
        remember(number, planned, -1, .newOrderSingleShortRequest)
    }

    private func cancel(_ planned: UInt64) {
        let slot = slots.takeLive(random.below(slots.liveCount))
        let name = slots[slot].clOrdID
        let (instrument, product) = (options.instrument, options.product)
        let number = venue.request { state, out in
            state.deleteOrder(
                origClOrdID: name, instrument: instrument, product: product, into: out)
        }
        remember(number, planned, slot, .deleteOrderSingleRequest)
    }

    private func modify(_ planned: UInt64) {
        let slot = slots.takeLive(random.below(slots.liveCount))
        let old = slots[slot]
        // Half the changes move the order and lose its place, half change the quantity alone.
        let price = random.next() & 1 == 0 ? old.price : passivePrice(old.side)
        let order = request(old.side, price, .day)
        slots.change(slot, price: price, quantity: order.quantity)
        let number = venue.request { state, out in
            state.modifyOrder(
                order, clOrdID: old.clOrdID, origClOrdID: old.clOrdID, into: out)
        }
        remember(number, planned, slot, .modifyOrderSingleShortRequest)
    }

    private func request(_ side: Side, _ price: Price, _ timeInForce: TimeInForce) -> OrderRequest {
        OrderRequest(
            side: side, price: price,
            quantity: Quantity(units: Int64(1 + random.below(Self.quantityMax))),
            instrument: options.instrument, product: options.product, timeInForce: timeInForce,
            isStandard: options.isStandard)
    }

    private func passivePrice(_ side: Side) -> Price {
        offset(1 + random.below(Self.spreadTicks), side == .buy ? -1 : 1)
    }

    private func offset(_ ticks: Int, _ sign: Int64) -> Price {
        Price(raw: options.middle.raw + sign * Int64(ticks) * options.tick.raw)
    }

    private func remember(
        _ number: UInt32, _ planned: UInt64, _ slot: Int32, _ template: TemplateID
    ) {
        if firstUnsent == 0 { firstUnsent = number }
        ring[Int(number) & (ringCapacity - 1)] = RequestInFlight(
            plannedNanos: planned, msgSeqNum: number, slot: slot, template: template)
        inFlight += 1
    }
}

// MARK: - The wire

extension LoadSession {
    /// Hands over what is written; the sent time is taken just before.
    @discardableResult
    func flush() throws(ToolError) -> Int {
        guard venue.hasUnsent else { return 0 }
        if firstUnsent != 0 {
            let now = clock.now().nanos
            var number = firstUnsent
            while number <= venue.state.lastMsgSeqNum {
                ring[Int(number) & (ringCapacity - 1)].sentNanos = now
                number += 1
            }
            firstUnsent = 0
        }
        return try venue.flush()
    }

    /// Takes what has arrived; `answered` is told of each request that is done.
    func receive(_ answered: (RequestInFlight, UInt64) -> Void) throws(ToolError) -> Int {
        try venue.receive { message throws(ToolError) in
            switch message.kind {
            case .accepted, .modified, .deleted, .executed, .rejected:
                guard message.isLastFragment else { return }
                try answer(message, answered)
            case .restingExecuted, .deletedByOther:
                guard message.orderState.hasEnded else { return }
                // Who deletes another's order may give the deletion a name of its own.
                slots.ended(message.clOrdID)
                slots.ended(message.origClOrdID)
            case .reported, .massDeleted, .deletedByMarket, .serviceEvent, .loggedOn, .loggedOut,
                .userLoggedIn, .userLoggedOut,
                .subscribed, .unsubscribed, .retransmitted, .allDeleted, .traded, .gap,
                .forcedLogout, .heartbeat, .other:
                break
            }
        }
    }

    private func answer(
        _ message: Inbound, _ answered: (RequestInFlight, UInt64) -> Void
    ) throws(ToolError) {
        let place = Int(message.msgSeqNum) & (ringCapacity - 1)
        let entry = ring[place]
        guard entry.msgSeqNum == message.msgSeqNum, entry.msgSeqNum != 0 else {
            throw .run(
                "session \(venue.credentials.session): the venue answered request "
                    + "\(message.msgSeqNum), which is not in flight")
        }
        ring[place].msgSeqNum = 0
        inFlight -= 1
        answered(entry, clock.now().nanos)
        var rests = message.kind != .deleted && !message.orderState.hasEnded
        if message.kind == .rejected {
            let reason = message.rejectReason
            rejects += 1
            rejectsByReason[reason.rawValue, default: 0] += 1
            // A refused new order never was; a refused change or cancel leaves the order, if any.
            rests = entry.template != .newOrderSingleShortRequest && reason != .orderNotFound
        }
        if entry.slot >= 0 { slots.answered(entry.slot, rests: rests) }
    }
}
