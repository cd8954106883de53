import Domain
import Platform
import Rings
import Streams
import Synchronization
import Telemetry
import Testing

@testable import Engine

/// A microsecond later at every look.
private let ticks = Atomic<UInt64>(1_000_000_000)
private let clock = Clock(source: { ticks.add(1_000, ordering: .relaxed).newValue })

/// An engine's agent between its rings.
private final class AgentHarness {
    var commands: Ring<Command>.Producer
    var events: BroadcastRing<Event>.GatingConsumer
    var agent: EngineAgent
    let engineOut: EngineOutLog.Reader
    let counters: CounterReader
    let listings = ListingDesk()
    /// What the journal would read.
    var sequenced: Ring<Command>.Consumer
    private var clOrdID: UInt64 = 0

    init(
        eventCapacity: Int = 4096, sequencedCapacity: Int? = nil, opening: Command? = nil
    ) throws {
        var sequencedEnds = Ring<Command>.make(capacity: sequencedCapacity ?? 64)
        sequenced = sequencedEnds.takeConsumer()
        var commandEnds = Ring<Command>.make(capacity: 64)
        var eventEnds = BroadcastRing<Event>.make(capacity: eventCapacity, gatingConsumers: 1)
        commands = commandEnds.takeProducer()
        events = eventEnds.takeGatingConsumer()
        let log = EngineOutLog.make(capacity: eventCapacity)
        engineOut = log.reader
        var plan = CounterPlan()
        let place = plan.add(EngineCounters.self)
        let block = plan.make()
        counters = try CounterReader(in: block.region, owner: block)
        agent = EngineAgent(
            commands: commandEnds.takeConsumer(),
            sequenced: sequencedCapacity == nil ? nil : sequencedEnds.takeProducer(),
            partition: Partition(
                PartitionConfiguration(
                    referenceData: TestVenue.referenceData, orderCapacity: 256,
                    detailsCapacity: 64, pageCapacity: 128, massCancelSlice: 16)),
            events: eventEnds.takeProducer(), engineOut: log, clock: clock, doorbell: .silent(),
            listings: listings, opening: opening,
            counters: block.group(place))
    }

    func send(_ command: Command) {
        let isThere = commands.tryPush(command)
        #expect(isThere)
    }

    func order(_ side: Side, lots: Int64, price: Int64, session: Int = 0) {
        clOrdID += 1
        var command = Command(kind: .newOrder)
        command.session = SessionIndex(session)
        command.instrument = InstrumentIndex(2)
        command.trader = TraderID(raw: session < 2 ? 11 : 21)
        command.clOrdID = ClOrdID(raw: clOrdID)
        command.price = Price(raw: price * Price.unit)
        command.quantity = Quantity(units: lots)
        command.attributes = OrderAttributes(side: side)
        send(command)
    }

    /// One duty cycle, and the events that came of it.
    func step() -> (work: Int, events: [Event]) {
        let work = agent.doWork(now: .zero)
        var found: [Event] = []
        while events.available() > 0 {
            found.append(events[0])
            events.release(Int(found[found.count - 1].slotCount))
        }
        return (work, found)
    }

    func value(_ name: String) -> UInt64 {
        agent.publishCounters()
        return counters.value(of: name) ?? .max
    }
}

@Suite(.serialized) struct EngineAgentTests {
    @Test func notesWhenItIsDoneWithEveryCommand() throws {
        let engine = try AgentHarness()
        for price: Int64 in 1...5 { engine.order(.buy, lots: 1, price: price) }
        let events = engine.step().events
        #expect(events.map(\.sequence) == [1, 2, 3, 4, 5])
        var last = Timestamp.zero
        for event in events {
            let done = engine.engineOut.time(of: event.sequence)
            #expect(!done.isNone)
            #expect(event.timeIn < done)
            // In a burst the end of one command is the beginning of the next.
            #expect(last == .zero || event.timeIn == last)
            last = done
        }
        // After a pause the clock is looked at again.
        engine.order(.buy, lots: 1, price: 6)
        let next = engine.step().events
        #expect(next.count == 1 && next[0].timeIn > last)
    }

    @Test func listsForReadersBetweenCommands() throws {
        let engine = try AgentHarness()
        for price: Int64 in 1...40 { engine.order(.buy, lots: 1, price: price) }
        _ = engine.step()
        let number = engine.listings.request()
        for price: Int64 in 41...60 { engine.order(.buy, lots: 1, price: price) }
        let (work, events) = engine.step()
        let slices = Set(
            events.filter { $0.kind == .orderListed || $0.kind == .productListed }.map(\.sequence))
        #expect(slices.count > 3)
        #expect(events.filter { $0.kind == .orderAccepted }.count == 20)
        // Others pass before the first slice.
        #expect(events.first?.kind == .orderAccepted)
        let listed = Set(events.filter { $0.kind == .orderListed }.map(\.orderID.raw))
        #expect(listed.count == 60)
        #expect(events.last?.kind == .ordersListed && events.last?.listing == number)
        #expect(work > 20)
        #expect(engine.step().work == 0)
        #expect(engine.value("engine.commands{kind=list_orders}") == UInt64(work - 20))
    }

    @Test func aNewerRequestStartsTheListingOver() throws {
        let engine = try AgentHarness(eventCapacity: 128)
        for price: Int64 in 1...60 { engine.order(.buy, lots: 1, price: price) }
        while engine.step().work > 0 {}
        let first = engine.listings.request()
        // The ring has room for no more than a slice or two at a time.
        let begun = engine.agent.doWork(now: .zero)
        #expect(begun > 0)
        let second = engine.listings.request()
        var ends: [UInt32] = []
        var listed: [UInt64] = []
        while true {
            let (work, events) = engine.step()
            if work == 0 && events.isEmpty { break }
            ends += events.filter { $0.kind == .ordersListed }.map(\.listing)
            listed += events.filter { $0.kind == .orderListed && $0.listing == second }
                .map(\.orderID.raw)
        }
        #expect(ends == [second])
        #expect(Set(listed).count == 60 && listed.count == 60)
        #expect(ListingDesk.completes(second, first) && !ListingDesk.completes(first, second))
        #expect(ListingDesk.completes(first, first) && ListingDesk.completes(0, .max))
    }

    @Test func countsWhatItDoes() throws {
        let engine = try AgentHarness()
        var start = Command(kind: .sessionStarted)
        start.session = SessionIndex(0)
        start.sessionInstanceID = 1
        engine.send(start)
        engine.order(.sell, lots: 5, price: 100)
        engine.order(.sell, lots: 5, price: 200)
        engine.order(.buy, lots: 2, price: 100, session: 2)
        var unknown = Command(kind: .deleteOrder)
        unknown.session = SessionIndex(0)
        unknown.instrument = InstrumentIndex(2)
        unknown.trader = TraderID(raw: 11)
        unknown.clOrdID = ClOrdID(raw: 99)
        unknown.origClOrdID = ClOrdID(raw: 98)
        engine.send(unknown)
        #expect(engine.value("ring.backlog_slots{ring=commands}") == 5)
        let (work, events) = engine.step()
        #expect(work == 5)

        #expect(engine.value("engine.commands{kind=session_started}") == 1)
        #expect(engine.value("engine.commands{kind=new_order}") == 3)
        #expect(engine.value("engine.commands{kind=delete_order}") == 1)
        #expect(engine.value("engine.commands{kind=modify_order}") == 0)
        #expect(engine.value("engine.rejects{rule=order_not_found}") == 1)
        #expect(engine.value("engine.sequence") == 5)
        #expect(engine.value("engine.trade_sides") == 2)
        #expect(engine.value("engine.mass_cancels_pending") == 0)
        #expect(engine.value("pool.orders_in_use") == 2)
        #expect(engine.value("pool.orders_capacity") == 256)
        #expect(engine.value("pool.order_details_in_use") == 0)
        #expect(engine.value("pool.order_details_capacity") == 64)
        #expect(engine.value("pool.price_pages_in_use") == 2)
        #expect(engine.value("pool.price_pages_capacity") == 128)
        #expect(engine.value("engine.instruments") == 6)
        #expect(engine.value("ring.slots{ring=commands}") == 5)
        #expect(engine.value("ring.backlog_slots{ring=commands}") == 0)
        #expect(engine.value("ring.backlog_max_slots{ring=commands}") == 5)
        #expect(engine.value("ring.capacity_slots{ring=commands}") == 64)
        let slots = events.reduce(0) { $0 + UInt64($1.slotCount) }
        #expect(engine.value("ring.slots{ring=events}") == slots)
        #expect(engine.value("ring.backlog_slots{ring=events}") == 0)
        #expect(engine.value("ring.capacity_slots{ring=events}") == 4096)
    }

    @Test func keepsEachCommandWithItsPlaceAndItsDetails() throws {
        let engine = try AgentHarness(sequencedCapacity: 64)
        engine.order(.sell, lots: 2, price: 10)
        var command = Command(kind: .newOrder)
        command.session = SessionIndex(0)
        command.instrument = InstrumentIndex(2)
        command.trader = TraderID(raw: 11)
        command.clOrdID = ClOrdID(raw: 77)
        command.price = Price(raw: 9 * Price.unit)
        command.quantity = Quantity(units: 1)
        command.flags = [.hasParties, .hasTexts]
        command.slotCount = 3
        var parties = OrderParties()
        parties.clientID = 4711
        var texts = OrderTexts()
        texts.freeText3 = .init(repeating: UInt8(ascii: "x"))
        engine.commands.write(command, at: 0)
        engine.commands.write(parties, at: 1)
        engine.commands.write(texts, at: 2)
        engine.commands.publish(3)
        _ = engine.step()
        #expect(engine.sequenced.available() == 4)
        #expect(engine.sequenced[0].sequence == 1)
        #expect(engine.sequenced[0].timeIn.nanos >= 1_000_000_000)
        #expect(engine.sequenced[1].sequence == 2)
        #expect(engine.sequenced[1].clOrdID == ClOrdID(raw: 77))
        #expect(engine.sequenced[2, as: OrderParties.self].clientID == 4711)
        #expect(engine.sequenced[3, as: OrderTexts.self].freeText3[11] == UInt8(ascii: "x"))
    }

    @Test func appliesNothingThatItCannotKeep() throws {
        let engine = try AgentHarness(sequencedCapacity: 4)
        for price: Int64 in 1...5 { engine.order(.sell, lots: 1, price: price) }
        // Room for the longest command is asked for: two short ones leave too little.
        #expect(engine.step().events.map(\.sequence) == [1, 2])
        #expect(engine.value("engine.sequenced_ring_waits") == 1)
        let kept = engine.sequenced.available()
        #expect(kept == 2)
        engine.sequenced.release(kept)
        #expect(engine.step().events.map(\.sequence) == [3, 4])
    }

    @Test func beginsALifeWithItsOpening() throws {
        var opening = Command(kind: .sessionStarted)
        opening.session = SessionIndex(1)
        opening.sessionInstanceID = 5
        let engine = try AgentHarness(sequencedCapacity: 64, opening: opening)
        engine.order(.sell, lots: 1, price: 1)
        let (work, events) = engine.step()
        #expect(work == 2)
        #expect(events.map(\.kind) == [.commandApplied, .orderAccepted])
        #expect(engine.sequenced.available() == 2)
        #expect(engine.sequenced[0].kind == .sessionStarted)
        #expect(engine.step().work == 0)
    }

    @Test func countsItsWaitsForRoom() throws {
        let engine = try AgentHarness(eventCapacity: 128)
        for price: Int64 in 1...60 {
            engine.order(.sell, lots: 1, price: price)
            _ = engine.step()
        }
        engine.order(.buy, lots: 60, price: 60, session: 2)
        // Nobody reads: the match stops while 116 slots, the most a step may take, are not free.
        _ = engine.agent.doWork(now: .zero)
        #expect(engine.value("engine.suspended_matches") == 1)
        #expect(engine.value("engine.event_ring_waits") == 1)
        #expect(engine.value("ring.backlog_slots{ring=events}") > 128 - 116)
        let first = try #require(engine.step().events.first)
        var last = first
        for _ in 0..<100 {
            guard let event = engine.step().events.last else { break }
            last = event
        }
        #expect(last.sequence == 61 && last.flags.contains(.endOfTransaction))
        #expect(!engine.engineOut.time(of: 61).isNone)
        #expect(engine.value("ring.backlog_max_slots{ring=events}") > 128 - 116)
    }

    @Test func everyRuleHasItsLabel() {
        #expect(RejectCounts.rules.count == RejectCounts.count)
        for (index, label) in RejectCounts.rules.dropLast().enumerated() {
            let detail = RejectDetail(rawValue: UInt16(100 + index))
            #expect(label.replacing("_", with: "") == words(detail).lowercased())
            var counts = RejectCounts()
            counts.note(detail)
            #expect(counts.byRule[index] == 1)
        }
        var counts = RejectCounts()
        for detail in [RejectDetail.fieldMissing, .fieldValue, RejectDetail(rawValue: 999)] {
            counts.note(detail)
        }
        #expect(counts.byRule[RejectCounts.count - 1] == 3)
    }
}
