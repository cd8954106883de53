import CApusMatching
import Testing

/// Nonsense is answered by a status, and changes nothing.
@Suite struct BadInputTests {
    @Test func everyStatusHasAText() {
        var texts: Set<String> = []
        for status in UInt32(0)...18 {
            texts.insert(String(cString: apus_status_text(apus_status(rawValue: status))))
        }
        #expect(texts.count == 19)
        for status: UInt32 in [19, 1_000, .max] {
            let text = String(cString: apus_status_text(apus_status(rawValue: status)))
            #expect(text == "no status of this library")
        }
    }

    @Test func null() throws {
        let engine = try EmbeddedMarket.create().get()
        defer { _ = apus_engine_destroy(engine) }
        var config = apus_config()
        var made: OpaquePointer? = engine
        var request = apus_request()
        var count = 0
        let statuses = [
            apus_engine_create(nil, &made), apus_engine_create(&config, nil),
            apus_engine_enter(nil, &request), apus_engine_enter(engine, nil),
            apus_engine_modify(nil, &request), apus_engine_modify(engine, nil),
            apus_engine_cancel(nil, &request), apus_engine_cancel(engine, nil),
            apus_engine_cancel_all(nil, 0, 0, 0, 0), apus_engine_end_session(nil, 0, 0),
            apus_engine_start_session(nil, 0, 0), apus_engine_change_state(nil, 1, 0, 0, 0, 0),
            apus_engine_take_events(engine, nil, 1, &count),
            apus_engine_set_callback(nil, nil, nil), apus_engine_best(engine, 0, nil),
            apus_engine_depth(engine, 0, 1, nil, 1, &count),
            apus_engine_find_order(engine, 0, 1, nil), apus_engine_find_order_id(engine, 1, nil),
            apus_engine_counts(engine, nil), apus_engine_state_hash(engine, nil),
        ]
        #expect(statuses.allSatisfy { $0 == APUS_NULL_ARGUMENT })
        #expect(made == nil)
        #expect(apus_engine_destroy(nil) == APUS_OK)
    }

    @Test func requests() throws {
        let market = try EmbeddedMarket()
        let before = market.stateHash
        func status(_ change: (inout apus_request) -> Void) -> [apus_status] {
            var request = EmbeddedMarket.order(1, APUS_BUY, 100, 1)
            request.orig_cl_ord_id = 1
            request.time = 1_000
            change(&request)
            let engine = market.engine
            return [
                apus_engine_enter(engine, &request), apus_engine_modify(engine, &request),
                apus_engine_cancel(engine, &request),
            ]
        }
        for number: UInt32 in [3, 4, .max] {
            #expect(Set(status { $0.session = number }) == [APUS_UNKNOWN_SESSION])
        }
        for number: UInt32 in [4, 5, .max] {
            #expect(Set(status { $0.instrument = number }) == [APUS_UNKNOWN_INSTRUMENT])
        }
        for side: UInt8 in [0, 3, 255] {
            #expect(status { $0.side = side }.prefix(2) == [APUS_UNKNOWN_SIDE, APUS_UNKNOWN_SIDE])
            _ = market.takeAll()
        }
        #expect(Set(status { $0.flags = 2 }) == [APUS_RESERVED_USED])
        #expect(Set(status { $0.time = UInt64(Int64.max) + 1 }) == [APUS_BAD_TIME])
        // The deletions by side above were refused by the engine, which counts them.
        #expect(market.counts.sequence == 6 && market.counts.live_orders == 0)
        #expect(market.stateHash != before)
    }

    @Test func sessionsStatesAndQuestions() throws {
        let market = try EmbeddedMarket()
        let engine = market.engine
        let before = market.stateHash
        #expect(apus_engine_cancel_all(engine, 3, 0, 0, 0) == APUS_UNKNOWN_SESSION)
        #expect(apus_engine_cancel_all(engine, 0, 0, 2, 0) == APUS_UNKNOWN_PRODUCT)
        #expect(apus_engine_cancel_all(engine, 0, 0, .max, 0) == APUS_UNKNOWN_PRODUCT)
        #expect(apus_engine_end_session(engine, 3, 0) == APUS_UNKNOWN_SESSION)
        #expect(apus_engine_start_session(engine, .max, 0) == APUS_UNKNOWN_SESSION)
        #expect(apus_engine_end_session(engine, 0, .max) == APUS_BAD_TIME)
        func change(_ action: Int, _ product: UInt32, _ instrument: UInt32, _ date: UInt32)
            -> apus_status
        {
            apus_engine_change_state(engine, UInt8(action), product, instrument, date, 0)
        }
        #expect(change(0, 0, .max, 2026_01_05) == APUS_UNKNOWN_ACTION)
        #expect(change(6, 0, .max, 2026_01_05) == APUS_UNKNOWN_ACTION)
        #expect(change(APUS_HALT, 2, .max, 0) == APUS_UNKNOWN_PRODUCT)
        #expect(change(APUS_HALT, .max, .max, 0) == APUS_UNKNOWN_PRODUCT)
        #expect(change(APUS_HALT, 0, 2, 0) == APUS_UNKNOWN_INSTRUMENT)
        #expect(change(APUS_HALT, 0, 4, 0) == APUS_UNKNOWN_INSTRUMENT)
        #expect(change(APUS_END_OF_DAY, .max, 0, 2026_01_05) == APUS_UNKNOWN_INSTRUMENT)
        for date: UInt32 in [0, 2026, 2026_13_01, 2026_00_10, 2026_01_32, 2026_01_00, .max] {
            #expect(change(APUS_END_OF_DAY, 0, .max, date) == APUS_BAD_DATE)
            #expect(change(APUS_OPEN, 0, .max, date) == APUS_BAD_DATE)
        }
        var best = apus_best()
        var levels = [apus_level](repeating: apus_level(), count: 4)
        var count = 77
        var order = apus_order()
        #expect(apus_engine_best(engine, 4, &best) == APUS_UNKNOWN_INSTRUMENT)
        #expect(apus_engine_depth(engine, 4, 1, &levels, 4, &count) == APUS_UNKNOWN_INSTRUMENT)
        #expect(apus_engine_depth(engine, 0, 0, &levels, 4, &count) == APUS_UNKNOWN_SIDE)
        #expect(count == 77)
        #expect(apus_engine_depth(engine, 0, 1, &levels, -1, &count) == APUS_OK && count == 0)
        #expect(apus_engine_find_order(engine, 3, 1, &order) == APUS_UNKNOWN_SESSION)
        for name: UInt64 in [0, 1, .max] {
            #expect(apus_engine_find_order(engine, 0, name, &order) == APUS_NOT_FOUND)
            #expect(apus_engine_find_order_id(engine, name, &order) == APUS_NOT_FOUND)
        }
        #expect(market.stateHash == before && market.takeAll().isEmpty)
    }

    @Test func configurations() {
        func status(_ change: (inout apus_config) -> Void) -> apus_status {
            switch EmbeddedMarket.create([EmbeddedMarket.product()], changing: change) {
            case .success(let engine):
                _ = apus_engine_destroy(engine)
                return APUS_OK
            case .failure(let refusal): return refusal.status
            }
        }
        #expect(status { _ in } == APUS_OK)
        #expect(status { $0.size -= 1 } == APUS_WRONG_VERSION)
        #expect(status { $0.version += 1 << 16 } == APUS_WRONG_VERSION)
        #expect(status { $0.version += 1 } == APUS_WRONG_VERSION)
        #expect(status { $0.version = 0 } == APUS_WRONG_VERSION)
        #expect(status { $0.reserved = 1 } == APUS_RESERVED_USED)
        #expect(status { $0.products = nil } == APUS_NULL_ARGUMENT)
        #expect(status { $0.product_count = 0 } == APUS_BAD_CAPACITY)
        #expect(status { $0.product_count = 65_535 } == APUS_BAD_CAPACITY)
        for count: UInt32 in [0, 65_536, .max] {
            #expect(status { $0.session_count = count } == APUS_BAD_CAPACITY)
        }
        for count: UInt32 in [0, 1 << 24 + 1, .max] {
            #expect(status { $0.order_capacity = count } == APUS_BAD_CAPACITY)
        }
        for count: UInt32 in [0, 1 << 20 + 1, .max] {
            #expect(status { $0.price_page_capacity = count } == APUS_BAD_CAPACITY)
        }
        #expect(status { $0.event_capacity = .max } == APUS_BAD_CAPACITY)
        #expect(
            status {
                $0.event_capacity = 0
                $0.order_capacity = 1
                $0.price_page_capacity = 1
            } == APUS_OK)
    }

    @Test func products() {
        func status(_ change: (inout apus_product) -> Void) -> apus_status {
            var product = EmbeddedMarket.product()
            change(&product)
            guard case .failure(let refusal) = EmbeddedMarket.create([product]) else {
                return APUS_OK
            }
            return refusal.status
        }
        for value: Int64 in [0, -1, .min] {
            #expect(status { $0.tick = value } == APUS_BAD_PRODUCT)
            #expect(status { $0.lot = value } == APUS_BAD_PRODUCT)
            #expect(status { $0.quantity_max = value } == APUS_BAD_PRODUCT)
        }
        #expect(status { $0.quantity_max += 1 } == APUS_BAD_PRODUCT)
        #expect(status { $0.lot = .max } == APUS_BAD_PRODUCT)
        #expect(status { $0.instrument_count = 0 } == APUS_BAD_PRODUCT)
        #expect(status { $0.reserved = 1 } == APUS_BAD_PRODUCT)
        #expect(status { $0.instrument_count = 1_000_001 } == APUS_BAD_CAPACITY)
        #expect(status { $0.instrument_count = .max } == APUS_BAD_CAPACITY)
    }

    /// The largest numbers there are meet in one book, and sums stay at the largest.
    @Test func extremes() throws {
        var product = EmbeddedMarket.product()
        product.tick = 1
        product.lot = 1
        product.quantity_max = .max
        let engine = try EmbeddedMarket.create([product]).get()
        defer { _ = apus_engine_destroy(engine) }
        var request = EmbeddedMarket.order(1, APUS_BUY, 0, 0)
        for (name, price) in [(1, Int64(0)), (2, 0), (3, 1 << 41 - 1), (4, -(1 << 41) + 1)] {
            request.cl_ord_id = UInt64(name)
            request.price = price
            request.quantity = .max
            #expect(apus_engine_enter(engine, &request) == APUS_OK)
        }
        var levels = [apus_level](repeating: apus_level(), count: 4)
        var count = 0
        #expect(apus_engine_depth(engine, 0, 1, &levels, 4, &count) == APUS_OK)
        #expect(count == 3 && levels[1].quantity == .max && levels[1].order_count == 2)
        for price: Int64 in [.max, .min, .min + 1, 1 << 41] {
            request.cl_ord_id += 1
            request.price = price
            #expect(apus_engine_enter(engine, &request) == APUS_OK)
        }
        request.side = UInt8(APUS_SELL)
        request.cl_ord_id = 100
        request.price = -(1 << 41) + 1
        for _ in 0..<5 {
            request.cl_ord_id += 1
            #expect(apus_engine_enter(engine, &request) == APUS_OK)
        }
        var counts = apus_counts()
        #expect(apus_engine_counts(engine, &counts) == APUS_OK && counts.live_orders == 1)
    }
}
