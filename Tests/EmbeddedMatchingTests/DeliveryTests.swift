import CApusMatching
import Testing

/// However events are taken, they are the same; none is lost, and nothing happens without room for them.
@Suite struct DeliveryTests {
    /// Sends requests until events wait; then takes them, so many at a time.
    private func run(
        _ requests: [apus_request], eventCapacity: UInt32, taking: Int
    ) throws -> (events: [apus_event], waits: Int, hash: UInt64) {
        let market = try EmbeddedMarket {
            $0.event_capacity = eventCapacity
            $0.order_capacity = 4096
        }
        var events: [apus_event] = []
        var waits = 0
        for var request in requests {
            while true {
                let status = apus_engine_enter(market.engine, &request)
                if status == APUS_OK { break }
                try #require(status == APUS_EVENTS_WAITING)
                waits += 1
                let taken = market.take(taking)
                try #require(!taken.isEmpty)
                events += taken
            }
        }
        let status = apus_engine_cancel_all(market.engine, 0, 0, 0, 9_000_000)
        if status == APUS_EVENTS_WAITING {
            events += market.takeAll(taking)
            #expect(apus_engine_cancel_all(market.engine, 0, 0, 0, 9_000_000) == APUS_OK)
        }
        events += market.takeAll(taking)
        return (events, waits, market.stateHash)
    }

    /// A thousand prices, of which one order sweeps nearly all; the rest goes in a mass cancel.
    private func requests() -> [apus_request] {
        var requests: [apus_request] = []
        for number in 0..<1000 {
            var order = EmbeddedMarket.order(
                UInt64(number + 1), APUS_SELL, 100 + Int64(number), 1)
            order.time = 1_000 + UInt64(number)
            requests.append(order)
        }
        var sweep = EmbeddedMarket.order(5_000, APUS_BUY, 2_000, 800, session: 1)
        sweep.time = 5_000
        return requests + [sweep]
    }

    @Test func eventsDoNotDependOnWhenTheyAreTaken() throws {
        let roomy = try run(requests(), eventCapacity: 1 << 16, taking: 100_000)
        #expect(roomy.waits == 0)
        // 1,000 accepted; 800 hit, 800 fills in 8 answers; 200 removed in 4 slices.
        let numbers = Dictionary(grouping: roomy.events, by: \.kind).mapValues(\.count)
        #expect(numbers[UInt8(APUS_RESTING_EXECUTED.rawValue)] == 800)
        #expect(numbers[UInt8(APUS_FILL.rawValue)] == 800)
        #expect(numbers[UInt8(APUS_EXECUTED.rawValue)] == 8)
        #expect(numbers[UInt8(APUS_REMOVED.rawValue)] == 200)
        #expect(numbers[UInt8(APUS_DONE.rawValue)] == 3)
        #expect(roomy.events.filter { $0.flags & UInt8(APUS_MORE) != 0 }.count == 7)
        for (capacity, taking) in [(UInt32(0), 1), (0, 7), (300, 64), (4096, 100_000)] {
            let tight = try run(requests(), eventCapacity: capacity, taking: taking)
            #expect(tight.waits > 0 || capacity == 4096)
            #expect(bytes(tight.events) == bytes(roomy.events), "\(capacity), \(taking)")
            #expect(tight.hash == roomy.hash)
        }
    }

    /// Each command's last event says so, and no other.
    @Test func everyCommandHasOneLastEvent() throws {
        let events = try run(requests(), eventCapacity: 0, taking: 3).events
        for (event, next) in zip(events, events.dropFirst()) {
            let isLast = event.flags & UInt8(APUS_LAST) != 0
            #expect(isLast == (next.sequence != event.sequence))
            if isLast { #expect(next.sequence == event.sequence + 1) }
        }
        #expect(events.last.map { $0.flags & UInt8(APUS_LAST) != 0 } == true)
    }

    /// While a match waits for room nothing else is done, and no question is answered by half a match.
    @Test func whatWaitsComesFirst() throws {
        let market = try EmbeddedMarket {
            $0.event_capacity = 0
            $0.order_capacity = 4096
        }
        for request in requests().dropLast() {
            market.enter(request)
        }
        var sweep = requests().last!
        #expect(apus_engine_enter(market.engine, &sweep) == APUS_OK)
        let sequence = market.counts.sequence
        #expect(market.counts.events_waiting > 0)
        #expect(market.counts.event_capacity >= 128)
        var order = apus_order()
        var best = apus_best()
        var level = apus_level()
        var (count, hash) = (0, UInt64(0))
        let engine = market.engine
        let statuses = [
            apus_engine_enter(engine, &sweep), apus_engine_modify(engine, &sweep),
            apus_engine_cancel(engine, &sweep), apus_engine_cancel_all(engine, 0, 0, 0, 0),
            apus_engine_end_session(engine, 0, 0),
            apus_engine_change_state(engine, UInt8(APUS_HALT), 0, .max, 0, 0),
            apus_engine_best(engine, 0, &best), apus_engine_depth(engine, 0, 1, &level, 1, &count),
            apus_engine_find_order(engine, 0, 1, &order),
            apus_engine_find_order_id(engine, 1, &order), apus_engine_state_hash(engine, &hash),
            apus_engine_set_callback(engine, { _, _, _ in }, nil),
        ]
        #expect(statuses.allSatisfy { $0 == APUS_EVENTS_WAITING })
        #expect(market.counts.sequence == sequence)
        let events = market.takeAll(50)
        #expect(events.count == 800 + 800 + 8)
        #expect(apus_engine_best(engine, 0, &best) == APUS_OK)
        #expect(best.ask.price == 900 * EmbeddedMarket.tick)
        #expect(market.counts.events_waiting == 0)
    }

    // MARK: Callback

    /// What a callback heard, and what its engine said to calls from within.
    private final class Listener {
        var events: [apus_event] = []
        var calls = 0
        var engine: OpaquePointer?
        var statuses: Set<UInt32> = []

        static let callback: apus_event_callback = { context, events, count in
            let listener = Unmanaged<Listener>.fromOpaque(context!).takeUnretainedValue()
            listener.events += UnsafeBufferPointer(start: events, count: count)
            listener.calls += 1
            if let engine = listener.engine { listener.misbehave(engine) }
        }

        private func misbehave(_ engine: OpaquePointer) {
            var request = EmbeddedMarket.order(1, APUS_BUY, 1, 1)
            var event = apus_event()
            var best = apus_best()
            var counts = apus_counts()
            var count = 0
            for status in [
                apus_engine_enter(engine, &request), apus_engine_cancel(engine, &request),
                apus_engine_cancel_all(engine, 0, 0, 0, 0),
                apus_engine_take_events(engine, &event, 1, &count),
                apus_engine_set_callback(engine, nil, nil), apus_engine_best(engine, 0, &best),
                apus_engine_counts(engine, &counts), apus_engine_destroy(engine),
            ] { statuses.insert(status.rawValue) }
        }
    }

    @Test func callbackHearsTheSame() throws {
        let taken = try run(requests(), eventCapacity: 1 << 16, taking: 1000)
        for isMisbehaving in [false, true] {
            let market = try EmbeddedMarket {
                $0.event_capacity = 0
                $0.order_capacity = 4096
            }
            let listener = Listener()
            if isMisbehaving { listener.engine = market.engine }
            let context = Unmanaged.passUnretained(listener).toOpaque()
            #expect(
                apus_engine_set_callback(market.engine, Listener.callback, context) == APUS_OK)
            for (index, var request) in requests().enumerated() {
                #expect(apus_engine_enter(market.engine, &request) == APUS_OK)
                if index < 1000 { #expect(listener.events.count == index + 1) }
            }
            #expect(apus_engine_cancel_all(market.engine, 0, 0, 0, 9_000_000) == APUS_OK)
            #expect(bytes(listener.events) == bytes(taken.events))
            #expect(market.take(10).isEmpty)
            #expect(market.stateHash == taken.hash)
            if isMisbehaving {
                #expect(listener.statuses == [APUS_WITHIN_CALLBACK.rawValue])
            }

            let calls = listener.calls
            #expect(apus_engine_set_callback(market.engine, nil, nil) == APUS_OK)
            #expect(market.enter(EmbeddedMarket.order(1, APUS_BUY, 1, 1)).count == 1)
            #expect(listener.calls == calls)
        }
        withExtendedLifetime(taken) {}
    }

    /// Events that wait are not told twice.
    @Test func callbackComesAfterWhatWaits() throws {
        let market = try EmbeddedMarket()
        var request = EmbeddedMarket.order(1, APUS_BUY, 1, 1)
        #expect(apus_engine_enter(market.engine, &request) == APUS_OK)
        let callback: apus_event_callback = { _, _, _ in }
        #expect(apus_engine_set_callback(market.engine, callback, nil) == APUS_EVENTS_WAITING)
        #expect(market.takeAll().count == 1)
        #expect(apus_engine_set_callback(market.engine, callback, nil) == APUS_OK)
    }

    // MARK: Limits

    @Test func fullPools() throws {
        let market = try EmbeddedMarket {
            $0.order_capacity = 2
            $0.price_page_capacity = 1
        }
        func rule(_ name: UInt64, _ ticks: Int64) -> UInt16 {
            market.enter(EmbeddedMarket.order(name, APUS_BUY, ticks, 1))[0].reject_rule
        }
        #expect(rule(1, 1) == 0)
        #expect(Int(rule(2, 1_000)) == APUS_RULE_PRICE_LEVEL_POOL_FULL)
        #expect(rule(3, 1) == 0)
        #expect(Int(rule(4, 1)) == APUS_RULE_ORDER_POOL_FULL)
        let counts = market.counts
        #expect(counts.live_orders == 2 && counts.order_capacity == 2 && counts.price_pages == 1)
    }

    /// Engines know nothing of each other.
    @Test func enginesSideBySide() throws {
        let one = try EmbeddedMarket()
        let other = try EmbeddedMarket()
        one.enter(EmbeddedMarket.order(1, APUS_BUY, 100, 1))
        #expect(other.depth(APUS_BUY).isEmpty && other.stateHash != one.stateHash)
        other.enter(EmbeddedMarket.order(1, APUS_BUY, 100, 1))
        #expect(other.stateHash == one.stateHash)
        let third = try EmbeddedMarket { $0.order_id_key = 2 }
        third.enter(EmbeddedMarket.order(1, APUS_BUY, 100, 1))
        #expect(third.stateHash != one.stateHash)
    }
}
