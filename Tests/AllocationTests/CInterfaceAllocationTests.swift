#if canImport(EmbeddedMatching)
    import CAllocationCount
    import CApusMatching
    import EmbeddedMatching
    import Testing

    extension AllocationTests {
        /// All memory of an engine for C programs is reserved when it is made, and given back in the end.
        @Test(arguments: [false, true])
        func cInterfaceDoesNotAllocate(byCallback: Bool) throws {
            var calls = try CInterfaceCalls(byCallback: byCallback)
            calls.run()
            Self.expectNone(Self.allocations { calls.run() })
            let (events, trades, orders) = (calls.eventCount, calls.trades, calls.liveOrders)
            #expect(events > 1_000 && trades > 100 && orders == 0)
        }

        @Test func cInterfaceGivesItsMemoryBack() throws {
            func run() throws -> (taken: UInt64, given: UInt64) {
                let before = (allocationcount_thread(), allocationcount_thread_frees())
                var calls = try CInterfaceCalls(byCallback: false)
                calls.run()
                calls.end()
                return (
                    allocationcount_thread() - before.0, allocationcount_thread_frees() - before.1
                )
            }
            // What the runtime keeps for itself it takes the first time.
            _ = try run()
            let second = try run()
            #expect(second.taken > 10 && second.taken == second.given)
        }
    }

    /// Every function of the interface, called on one engine.
    private struct CInterfaceCalls {
        private let engine: OpaquePointer
        private var time: UInt64 = 0
        private var name: UInt64 = 0
        /// What was heard, where a callback finds it.
        private let heard = UnsafeMutablePointer<Heard>.allocate(capacity: 1)
        private let events = UnsafeMutablePointer<apus_event>.allocate(capacity: 64)
        private let levels = UnsafeMutablePointer<apus_level>.allocate(capacity: 16)

        struct Heard {
            var events = 0
            var trades = 0

            mutating func hear(_ heard: UnsafePointer<apus_event>, _ count: Int) {
                events += count
                for index in 0..<count
                where UInt32(heard[index].kind) == APUS_RESTING_EXECUTED.rawValue {
                    trades += 1
                }
            }
        }

        init(byCallback: Bool) throws {
            var product = apus_product(
                tick: 1, lot: 1, quantity_max: 1_000_000, instrument_count: 2, reserved: 0)
            var config = apus_config()
            var made: OpaquePointer?
            withUnsafePointer(to: &product) { product in
                apus_config_init(&config, product, 1)
                config.session_count = 2
                config.order_capacity = 4096
                config.event_capacity = 0
                _ = apus_engine_create(&config, &made)
            }
            engine = try #require(made)
            heard.initialize(to: Heard())
            guard byCallback else { return }
            _ = apus_engine_set_callback(
                engine,
                { context, events, count in
                    UnsafeMutablePointer<Heard>(OpaquePointer(context!)).pointee.hear(
                        events!, count)
                }, heard)
        }

        var eventCount: Int { heard.pointee.events }
        var trades: Int { heard.pointee.trades }

        var liveOrders: UInt64 {
            var counts = apus_counts()
            _ = apus_engine_counts(engine, &counts)
            return counts.live_orders
        }

        func end() {
            _ = apus_engine_destroy(engine)
            heard.deallocate()
            events.deallocate()
            levels.deallocate()
        }

        mutating func run() {
            for _ in 0..<20 {
                for price in 0..<200 as Range<Int64> { enter(APUS_SELL, 1_000 + price, 3) }
                change()
                ask()
                // More than the ring holds: it goes on while events are taken.
                enter(APUS_BUY, 2_000, 500)
                _ = apus_engine_cancel_all(engine, 0, 0, 0, time)
                take()
                enter(APUS_BUY, 5, 1)
                _ = apus_engine_end_session(engine, 0, time)
                take()
                _ = apus_engine_start_session(engine, 0, time)
                _ = apus_engine_change_state(engine, UInt8(APUS_HALT), 0, .max, 0, time)
                take()
                _ = apus_engine_change_state(engine, UInt8(APUS_RESUME), 0, .max, 0, time)
                take()
            }
        }

        private func request(_ side: Int, _ price: Int64, _ quantity: Int64) -> apus_request {
            var request = apus_request()
            request.time = time
            request.side = UInt8(side)
            request.price = price
            request.quantity = quantity
            return request
        }

        private mutating func enter(_ side: Int, _ price: Int64, _ quantity: Int64) {
            time += 1
            name += 1
            var request = request(side, price, quantity)
            request.cl_ord_id = name
            _ = apus_engine_enter(engine, &request)
            take()
        }

        /// Changes one order, withdraws it, and does so again, which is refused.
        private mutating func change() {
            var request = request(APUS_SELL, 1_500, 7)
            request.orig_cl_ord_id = name
            request.cl_ord_id = name + 1
            _ = apus_engine_modify(engine, &request)
            take()
            name += 1
            request.orig_cl_ord_id = name
            _ = apus_engine_cancel(engine, &request)
            _ = apus_engine_cancel(engine, &request)
            take()
        }

        private func ask() {
            var best = apus_best()
            var count = 0
            var order = apus_order()
            var hash: UInt64 = 0
            _ = apus_engine_best(engine, 0, &best)
            _ = apus_engine_depth(engine, 0, UInt8(APUS_SELL), levels, 16, &count)
            precondition(best.ask.order_count == 1 && count == 16)
            _ = apus_engine_find_order(engine, 0, name - 5, &order)
            precondition(order.cl_ord_id == name - 5)
            _ = apus_engine_find_order_id(engine, order.order_id, &order)
            _ = apus_engine_state_hash(engine, &hash)
        }

        private func take() {
            var count = 0
            repeat {
                _ = apus_engine_take_events(engine, events, 64, &count)
                heard.pointee.hear(events, count)
            } while count > 0
        }
    }
#endif
