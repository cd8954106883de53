#if canImport(EmbeddedMatching)
    import CApusMatching
    import Domain
    import EmbeddedMatching
    import Testing

    /// Random calls through the C interface, against the reference: every byte of every event, and the
    /// books as they are told.
    @Suite struct EmbeddedDifferentialTests {
        @Test(arguments: [true, false])
        func randomCalls(byCallback: Bool) throws {
            let first = DifferentialTests.firstSeed
            let runs = max(4, DifferentialTests.commandCount / 20_000)
            var kinds: Set<UInt8> = []
            for seed in first..<first + UInt64(runs) {
                let run = try EmbeddedRun(seed: seed, byCallback: byCallback)
                if let failure = run.failure(calls: 5_000) {
                    Issue.record("seed \(seed): \(failure)")
                    return
                }
                kinds.formUnion(run.kinds)
            }
            for kind in UInt8(1)...15 where !kinds.contains(kind) {
                Issue.record("no event of kind \(kind) came up")
            }
        }
    }

    /// One engine behind the C interface, and the reference beside it.
    final class EmbeddedRun {
        static let sessionCount = 3
        private let engine: OpaquePointer
        private var reference: NaiveExchange
        private var calls: RandomCalls
        private var sequence: UInt64 = 0
        private var lastTime = Timestamp.zero
        private let byCallback: Bool
        private var heard: [apus_event] = []
        /// Kinds of events that came up.
        private(set) var kinds: Set<UInt8> = []

        private static let products = [
            (tick: Price.unit / 2, lot: Int64(10_000), maximum: Int64(10_000_000)),
            (tick: Int64(1), lot: 5, maximum: 5_000),
        ]

        /// The market as the reference should know it.
        private static let shape = EngineHarness.Shape(
            orderCapacity: 300, pageCapacity: 40,
            referenceData: ReferenceData(
                marketID: 1, partitionID: 1, organisation: "",
                products: products.map {
                    Product(
                        marketSegmentID: 1, name: "", tick: Price(raw: $0.tick),
                        lot: Quantity(raw: $0.lot), maximumQuantity: Quantity(raw: $0.maximum))
                },
                instruments: (0..<4).map {
                    Instrument(securityID: $0, name: "", product: ProductIndex(Int($0) / 2))
                },
                units: (0..<UInt32(sessionCount)).map {
                    BusinessUnit(id: $0, name: "", traders: [])
                },
                sessions: (0..<sessionCount).map {
                    SessionDefinition(
                        id: UInt32($0), kind: .trading, unit: UnitIndex($0), passwordHash: "")
                }))

        init(seed: UInt64, byCallback: Bool) throws {
            var engine: OpaquePointer?
            let products = Self.products.map {
                apus_product(
                    tick: $0.tick, lot: $0.lot, quantity_max: $0.maximum, instrument_count: 2,
                    reserved: 0)
            }
            products.withUnsafeBufferPointer { products in
                var config = apus_config()
                apus_config_init(&config, products.baseAddress, UInt32(products.count))
                config.session_count = UInt32(Self.sessionCount)
                config.order_capacity = UInt32(Self.shape.orderCapacity)
                config.price_page_capacity = UInt32(Self.shape.pageCapacity)
                config.event_capacity = seed % 2 == 0 ? 0 : 2_000
                #expect(apus_engine_create(&config, &engine) == APUS_OK)
            }
            self.engine = try #require(engine)
            self.byCallback = byCallback
            reference = NaiveExchange(Self.shape)
            calls = RandomCalls(seed: seed, sessionCount: Self.sessionCount)
            for session in 0..<Self.sessionCount {
                var command = Command(kind: .sessionStarted)
                command.session = SessionIndex(session)
                command.sessionInstanceID = 1
                command.requestTime = .zero
                _ = apply(command, observing: [])
            }
            if byCallback {
                let context = Unmanaged.passUnretained(self).toOpaque()
                let status = apus_engine_set_callback(
                    self.engine,
                    { context, events, count in
                        let run = Unmanaged<EmbeddedRun>.fromOpaque(context!).takeUnretainedValue()
                        run.heard += UnsafeBufferPointer(start: events, count: count)
                    }, context)
                #expect(status == APUS_OK)
            }
        }

        deinit { #expect(apus_engine_destroy(engine) == APUS_OK) }

        func failure(calls count: Int) -> String? {
            for number in 0..<count {
                let call = calls.next(reference)
                if let failure = failure(call, full: number % 50 == 0) {
                    return "call \(number), \(sentence(call.command)): \(failure)"
                }
            }
            return nil
        }

        private func failure(_ call: RandomCall, full: Bool) -> String? {
            let isEnded =
                !call.command.session.isNone
                && reference.sessionInstances[call.command.session.index] == 0
                && call.command.kind != .sessionStarted
            heard.removeAll()
            let status = call.call(engine)
            guard status == (isEnded ? APUS_SESSION_ENDED : APUS_OK) else {
                return "status \(status.rawValue)"
            }
            take()
            let expected = isEnded ? [] : apply(call.command, observing: heard)
            kinds.formUnion(heard.map(\.kind))
            for (a, b) in zip(expected, heard) {
                if let difference = ExpectedEvents.difference(a, b) { return difference }
            }
            guard expected.count == heard.count else {
                return "expected \(expected.count) events, got \(heard.count)"
            }
            if let violation = reference.violations.first { return "\(violation)" }
            for (row, book) in reference.books.enumerated() {
                guard full || row == Int(call.command.instrument.raw) else { continue }
                if let difference = bookDifference(UInt32(row), book) { return difference }
            }
            return nil
        }

        private func take() {
            guard !byCallback else { return }
            while true {
                let capacity = calls.capacity()
                var events = [apus_event](repeating: apus_event(), count: capacity)
                var count = 0
                let status = apus_engine_take_events(engine, &events, capacity, &count)
                guard status == APUS_OK, count > 0 else { return }
                heard += events.prefix(count)
            }
        }

        /// Tells the reference, with the slices of what takes long; returns what it expects to hear.
        private func apply(_ command: Command, observing heard: [apus_event]) -> [apus_event] {
            var observed = RecordedEvent(Event(kind: .orderAccepted))
            let answers: Set<UInt8> = [1, 4]
            if let answer = heard.first(where: { answers.contains($0.kind) }) {
                observed.head.orderID = OrderID(raw: answer.order_id)
            }
            var expected = step(command, EngineChoices(observed: [observed]))
            while !reference.massCancels.isEmpty {
                expected += step(
                    Command(kind: .continueMassCancel), EngineChoices(observed: []))
            }
            return expected
        }

        private func step(_ request: Command, _ choices: EngineChoices) -> [apus_event] {
            var command = request
            sequence += 1
            command.sequence = sequence
            if !command.requestTime.isNone { lastTime = max(lastTime, command.requestTime) }
            command.timeIn = lastTime
            return ExpectedEvents.events(
                reference.apply(command, OrderDetails(), choices: choices), answering: command)
        }

        // MARK: Books

        private func bookDifference(_ instrument: UInt32, _ book: NaiveBook) -> String? {
            var best = apus_best()
            guard apus_engine_best(engine, instrument, &best) == APUS_OK else { return "no best" }
            for (orders, side, top) in [
                (book.buys, UInt8(1), best.bid), (book.sells, UInt8(2), best.ask),
            ] {
                let levels = Self.levels(orders)
                let asked = calls.capacity()
                var told = [apus_level](repeating: apus_level(), count: asked)
                var count = 0
                let status = apus_engine_depth(engine, instrument, side, &told, asked, &count)
                guard status == APUS_OK else { return "no depth" }
                let empty = apus_level(price: .min, quantity: 0, order_count: 0)
                guard haveSameBytes(top, levels.first ?? empty) else {
                    return "instrument \(instrument): best \(top), expected \(levels.prefix(1))"
                }
                guard count == min(asked, levels.count),
                    zip(levels, told.prefix(count)).allSatisfy({ haveSameBytes($0, $1) })
                else { return "instrument \(instrument): depth \(told.prefix(count))" }
                if let order = calls.one(of: orders), !isFound(order) {
                    return "\(order) is not found"
                }
            }
            return nil
        }

        private static func levels(_ orders: [NaiveOrder]) -> [apus_level] {
            var levels: [apus_level] = []
            for order in orders {
                if levels.last?.price != order.price.raw {
                    levels.append(
                        apus_level(price: order.price.raw, quantity: 0, order_count: 0))
                }
                levels[levels.count - 1].quantity += order.leavesQty.raw
                levels[levels.count - 1].order_count += 1
            }
            return levels
        }

        private func isFound(_ order: NaiveOrder) -> Bool {
            var found = apus_order()
            if !order.clOrdID.isNone {
                guard
                    apus_engine_find_order(
                        engine, order.session.raw, order.clOrdID.raw, &found) == APUS_OK,
                    found.order_id == order.orderID.raw
                else { return false }
            }
            let status = apus_engine_find_order_id(engine, order.orderID.raw, &found)
            return status == APUS_OK
                && found.cl_ord_id == (order.clOrdID.isNone ? 0 : order.clOrdID.raw)
                && found.price == order.price.raw && found.quantity == order.orderQty.raw
                && found.leaves_quantity == order.leavesQty.raw
                && found.executed_quantity == order.cumQty.raw
                && found.time_priority == order.timePriority.nanos
                && found.session == order.session.raw && found.trader == order.trader.raw
                && found.instrument == order.instrument.raw
                && found.side == order.side.rawValue
                && found.flags == (order.attributes.execInst.isPersistent ? 1 : 0)
        }
    }
#endif
