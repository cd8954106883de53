#if canImport(EmbeddedMatching)
    import CAllocationCount
    import CApusMatching
    import Containers
    import Domain
    import MarketFlows

    /// An engine behind the C interface that is fed with a flow, round after round, as
    /// `EngineUnderTest` feeds a partition.
    struct CInterfaceUnderTest: ~Copyable {
        /// How the caller hears of events.
        enum Delivery {
            /// They are taken after each call.
            case taken
            /// They are taken when so many calls were made as a buffer holds requests.
            case takenTogether
            case callback
        }

        private let flow: MarketFlow
        private let delivery: Delivery
        private let engine: OpaquePointer
        private var time: UInt64 = 0
        private let requests = FixedTable<apus_request>(count: 256) { _ in apus_request() }
        private let kinds = FixedTable<MarketRequest.Kind>(count: 256) { _ in .enter }
        private let events = FixedTable<apus_event>(count: 1024) { _ in apus_event() }
        /// What the caller knows of events, so that they are looked at; what is behind a callback.
        private let seen = FixedTable<Seen>(count: 1) { _ in Seen() }

        struct Seen {
            var executions = ExecutionsHash()
            var rejects = 0
            /// Looks at executions, for checks; for figures the kind of each event is enough.
            var looksClosely = false

            @inline(__always)
            mutating func look(_ events: UnsafePointer<apus_event>, _ count: Int) {
                for index in 0..<count {
                    let kind = UInt32(events[index].kind)
                    if kind == APUS_REJECTED.rawValue { rejects += 1 }
                    if looksClosely, kind == APUS_RESTING_EXECUTED.rawValue {
                        executions.add(
                            order: MarketFlow.order(ClOrdID(raw: events[index].cl_ord_id)),
                            quantity: events[index].fill_quantity / Quantity.unit)
                    }
                }
            }
        }

        init(_ flow: MarketFlow, _ delivery: Delivery) throws {
            self.flow = flow
            self.delivery = delivery
            var product = apus_product(
                tick: EngineUnderTest.tick.raw, lot: Quantity.unit,
                quantity_max: 1_000_000 * Quantity.unit, instrument_count: 1, reserved: 0)
            var config = apus_config()
            var made: OpaquePointer?
            let status = withUnsafePointer(to: &product) { product in
                apus_config_init(&config, product, 1)
                config.order_capacity = 1 << 16
                config.price_page_capacity = 1 << 12
                config.event_capacity = 2048
                return apus_engine_create(&config, &made)
            }
            guard let made else {
                throw BenchmarkError(String(cString: apus_status_text(status)))
            }
            engine = made
            guard delivery == .callback else { return }
            _ = apus_engine_set_callback(
                engine,
                { context, events, count in
                    let seen = UnsafeMutablePointer<Seen>(OpaquePointer(context!))
                    seen.pointee.look(events!, count)
                }, seen.address(of: 0))
        }

        deinit { _ = apus_engine_destroy(engine) }

        /// Sends the whole flow once and returns the nanoseconds in which calls were made and events
        /// looked at; making the requests and emptying the book at the end go untimed.
        private mutating func round() throws -> Double {
            var nanos: UInt64 = 0
            var done = 0
            while done < flow.requests.count {
                let count = min(requests.count, flow.requests.count - done)
                for index in 0..<count { prepare(index, done + index) }
                let start = threadNanos()
                for index in 0..<count {
                    var status = send(index)
                    if status == APUS_EVENTS_WAITING {
                        take()
                        status = send(index)
                    }
                    guard status == APUS_OK else {
                        throw BenchmarkError(String(cString: apus_status_text(status)))
                    }
                    if delivery == .taken { take() }
                }
                if delivery == .takenTogether { take() }
                nanos += threadNanos() - start
                done += count
            }
            time += 100
            _ = apus_engine_cancel_all(engine, 0, 11, 0, time)
            take()
            return Double(nanos)
        }

        @inline(__always)
        private func send(_ index: Int) -> apus_status {
            let request = requests.address(of: index)
            return switch kinds[index] {
            case .enter, .immediate: apus_engine_enter(engine, request)
            case .modify: apus_engine_modify(engine, request)
            case .cancel: apus_engine_cancel(engine, request)
            }
        }

        @inline(__always)
        private func take() {
            let place = events.address(of: 0)
            var count = 0
            repeat {
                _ = apus_engine_take_events(engine, place, events.count, &count)
                seen[0].look(place, count)
            } while count == events.count
        }

        private mutating func prepare(_ index: Int, _ number: Int) {
            let command = MarketFlow.command(flow.requests[number], request: number)
            kinds[index] = flow.requests[number].kind
            time += 100
            requests[index] = apus_request(
                time: time, session: 0, instrument: 0, trader: command.trader.raw,
                side: command.attributes.side.rawValue,
                order_type: command.attributes.ordType.rawValue,
                time_in_force: command.attributes.timeInForce.rawValue, flags: 0, order_id: 0,
                cl_ord_id: command.clOrdID.raw,
                orig_cl_ord_id: command.origClOrdID.isNone ? 0 : command.origClOrdID.raw,
                price: command.price.raw, quantity: command.quantity.raw)
        }

        /// Best of several rounds, in nanoseconds per request.
        mutating func nanosPerRequest(rounds: Int) throws -> Double {
            var best = Double.infinity
            for _ in 0..<rounds { best = min(best, try round() / Double(flow.requests.count)) }
            return best
        }

        /// What a round executes, and how many requests of it are refused.
        mutating func outcome() throws -> (executions: ExecutionsHash, rejects: Int) {
            seen[0] = Seen()
            seen[0].looksClosely = true
            _ = try round()
            defer { seen[0] = Seen() }
            return (seen[0].executions, seen[0].rejects)
        }

        /// What a round asks of the allocator.
        mutating func allocations() throws -> Int {
            let before = allocationcount_thread()
            _ = try round()
            return Int(allocationcount_thread() - before)
        }
    }
#endif
