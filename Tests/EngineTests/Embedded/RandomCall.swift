#if canImport(EmbeddedMatching)
    import CApusMatching
    import Domain

    /// A call through the C interface, and the command that it should be.
    struct RandomCall {
        var command: Command
        var call: (OpaquePointer) -> apus_status
    }

    /// Invents calls from a seed and what is in the books.
    struct RandomCalls {
        private var random: SplitMix64
        private var time: UInt64 = 1_000_000
        private var name: UInt64 = 0
        private var date: UInt32 = 2026_01_05
        private var departed: [NaiveOrder] = []
        let sessionCount: Int

        init(seed: UInt64, sessionCount: Int) {
            random = SplitMix64(seed: seed)
            self.sessionCount = sessionCount
        }

        /// How many events are taken after a call, which is nobody's business.
        mutating func capacity() -> Int { 1 + random.below(random.below(2) == 0 ? 4 : 300) }

        /// An order to look for.
        mutating func one(of orders: [NaiveOrder]) -> NaiveOrder? {
            orders.isEmpty ? nil : orders[random.below(orders.count)]
        }

        mutating func next(_ exchange: NaiveExchange) -> RandomCall {
            time += random.happens(perMille: 500) ? UInt64(random.below(3)) : 0
            switch random.below(1000) {
            case 0..<4: return sessionCall(exchange)
            case 4..<14: return cancelAll(exchange)
            case 14..<30: return changeState(exchange)
            case 30..<220: return delete(exchange) ?? enter(exchange)
            case 220..<450: return modify(exchange) ?? enter(exchange)
            default: return enter(exchange)
            }
        }

        // MARK: Orders

        private mutating func enter(_ exchange: NaiveExchange) -> RandomCall {
            var request = apus_request()
            request.time = time
            request.session = UInt32(random.below(sessionCount))
            request.trader = UInt32(random.below(2))
            request.instrument = UInt32(random.below(exchange.books.count))
            request.side = UInt8(1 + random.below(2))
            request.order_type = UInt8(random.below(2) * 2)
            if random.happens(perMille: 200) { request.time_in_force = 3 }
            if random.happens(perMille: 200) { request.flags = 1 }
            name += 1
            request.cl_ord_id = random.happens(perMille: 50) ? random.next() % (name + 1) : name
            request.price = price(exchange, request.instrument)
            request.quantity = quantity(exchange, request.instrument)
            if random.happens(perMille: 80) {
                request.order_type = 1
                if random.happens(perMille: 900) { request.price = .min }
                if random.happens(perMille: 900) { request.time_in_force = 3 }
            }
            if random.happens(perMille: 5) {
                request.quantity =
                    exchange.referenceData.products[
                        Int(request.instrument / 2)
                    ].maximumQuantity.raw
            }
            spoil(&request)
            return call(request, .newOrder)
        }

        private mutating func spoil(_ request: inout apus_request) {
            guard random.happens(perMille: 60) else { return }
            switch random.below(7) {
            case 0: request.price += 1
            case 1: request.price = [Int64.min, .max, 0, .min + 1][random.below(4)]
            case 2: request.quantity = [Int64.min, .max, 0, -1, 1][random.below(5)]
            case 3: request.order_type = UInt8(random.below(256))
            case 4: request.time_in_force = UInt8(random.below(256))
            case 5: request.time = UInt64(random.below(2_000_000))
            default: request.cl_ord_id = 0
            }
        }

        private mutating func price(_ exchange: NaiveExchange, _ instrument: UInt32) -> Int64 {
            let tick = exchange.referenceData.products[Int(instrument / 2)].tick.raw
            let reach: Int64 = instrument % 2 == 0 ? 5 : 2_000
            return (random.between(-reach, reach) + Int64(instrument) * 100) * tick
        }

        private mutating func quantity(_ exchange: NaiveExchange, _ instrument: UInt32) -> Int64 {
            let product = exchange.referenceData.products[Int(instrument / 2)]
            return random.between(1, 9) * product.lot.raw
        }

        private mutating func anyOrder(_ exchange: NaiveExchange) -> NaiveOrder? {
            if !departed.isEmpty, random.happens(perMille: 100) {
                return departed[random.below(departed.count)]
            }
            let book = exchange.books[random.below(exchange.books.count)]
            let orders = random.happens(perMille: 500) ? book.buys : book.sells
            guard !orders.isEmpty else { return nil }
            let order = orders[random.below(orders.count)]
            if departed.count < 64 {
                departed.append(order)
            } else {
                departed[random.below(64)] = order
            }
            return order
        }

        private mutating func naming(_ order: NaiveOrder) -> apus_request {
            var request = apus_request()
            request.time = time
            request.session = order.session.raw
            request.trader = order.trader.raw
            request.instrument = order.instrument.raw
            if random.happens(perMille: 30) {
                request.session = UInt32(random.below(sessionCount))
            }
            if random.happens(perMille: 20) { request.trader ^= 1 }
            if random.happens(perMille: 20) { request.instrument ^= 1 }
            let way = random.below(20)
            if way < 12 { request.orig_cl_ord_id = order.clOrdID.isNone ? 0 : order.clOrdID.raw }
            if way > 8 { request.order_id = order.orderID.raw }
            if way == 19 { request.orig_cl_ord_id = random.next() }
            if way == 18 { request.order_id = random.below(2) == 0 ? .max : random.next() }
            if random.happens(perMille: 600) {
                name += 1
                request.cl_ord_id = name
            }
            return request
        }

        private mutating func delete(_ exchange: NaiveExchange) -> RandomCall? {
            guard let order = anyOrder(exchange) else { return nil }
            return call(naming(order), .deleteOrder)
        }

        private mutating func modify(_ exchange: NaiveExchange) -> RandomCall? {
            guard let order = anyOrder(exchange) else { return nil }
            var request = naming(order)
            request.side = order.side.rawValue
            request.time_in_force = order.attributes.timeInForce.rawValue
            request.flags = order.attributes.execInst.isPersistent ? 1 : 0
            request.price = order.price.raw
            request.quantity = order.orderQty.raw
            let lot = exchange.product(of: order.instrument).lot.raw
            switch random.below(6) {
            case 0: request.quantity += lot * random.between(1, 5)
            case 1: request.quantity = max(0, request.quantity - lot * random.between(1, 12))
            case 2: break
            default: request.price = price(exchange, request.instrument)
            }
            if random.happens(perMille: 20) { request.side = 3 - request.side }
            if random.happens(perMille: 20) { request.flags ^= 1 }
            spoil(&request)
            return call(request, .modifyOrder)
        }

        /// The command of a request, and the call that should become it.
        private func call(_ request: apus_request, _ kind: Command.Kind) -> RandomCall {
            var command = about(kind, session: request.session, trader: request.trader)
            command.requestTime = Timestamp(nanos: request.time)
            command.instrument = InstrumentIndex(raw: request.instrument)
            if request.cl_ord_id != 0 { command.clOrdID = ClOrdID(raw: request.cl_ord_id) }
            if kind != .newOrder {
                if request.order_id != 0 { command.orderID = OrderID(raw: request.order_id) }
                if request.orig_cl_ord_id != 0 {
                    command.origClOrdID = ClOrdID(raw: request.orig_cl_ord_id)
                }
            }
            if kind != .deleteOrder {
                command.price = Price(raw: request.price)
                command.quantity = Quantity(raw: request.quantity)
                let isPersistent = request.flags == 1
                command.attributes = OrderAttributes(
                    side: request.side == 1 ? .buy : .sell,
                    ordType: request.order_type == 0
                        ? .limit : OrdType(rawValue: request.order_type),
                    timeInForce: TimeInForce(rawValue: request.time_in_force),
                    execInst: isPersistent ? .persistent : .nonPersistent,
                    isStandard: isPersistent)
            }
            return RandomCall(command: command) { engine in
                var request = request
                return switch kind {
                case .newOrder: apus_engine_enter(engine, &request)
                case .modifyOrder: apus_engine_modify(engine, &request)
                default: apus_engine_cancel(engine, &request)
                }
            }
        }

        private func about(_ kind: Command.Kind, session: UInt32, trader: UInt32) -> Command {
            var command = Command(kind: kind)
            command.session = SessionIndex(raw: session)
            command.sessionInstanceID = 1
            command.trader = TraderID(raw: trader)
            command.requestTime = Timestamp(nanos: time)
            return command
        }

        // MARK: The rest

        private mutating func sessionCall(_ exchange: NaiveExchange) -> RandomCall {
            let session = UInt32(random.below(sessionCount))
            let isEnded = exchange.sessionInstances[Int(session)] == 0
            var command = about(
                isEnded ? .sessionStarted : .sessionEnded, session: session, trader: .max)
            command.massActionReason = .sessionLoss
            let time = time
            return RandomCall(command: command) { engine in
                isEnded
                    ? apus_engine_start_session(engine, session, time)
                    : apus_engine_end_session(engine, session, time)
            }
        }

        private mutating func cancelAll(_ exchange: NaiveExchange) -> RandomCall {
            let session = UInt32(random.below(sessionCount))
            let trader = UInt32(random.below(2))
            let product = UInt32(random.below(exchange.referenceData.products.count))
            var command = about(.deleteAllOrders, session: session, trader: trader)
            command.product = ProductIndex(Int(product))
            let time = time
            return RandomCall(command: command) { engine in
                apus_engine_cancel_all(engine, session, trader, product, time)
            }
        }

        /// What is shut opens again before long.
        private mutating func changeState(_ exchange: NaiveExchange) -> RandomCall {
            var action = 1 + random.below(5)
            var product = UInt32(random.below(exchange.referenceData.products.count))
            var instrument = UInt32.max
            if random.happens(perMille: 500) { instrument = product * 2 + UInt32(random.below(2)) }
            if random.happens(perMille: 600) {
                if let shut = exchange.productStates.firstIndex(where: { $0 != .trading }) {
                    product = UInt32(shut)
                    instrument = .max
                    action = exchange.productStates[shut] == .halted ? APUS_RESUME : APUS_OPEN
                    if exchange.productStates[shut] == .endOfDay,
                        exchange.productStates.contains(where: { $0 != .endOfDay })
                    {
                        action = APUS_END_OF_DAY
                        product = .max
                    }
                } else if let shut = exchange.instrumentStates.firstIndex(where: {
                    $0 != .continuous
                }) {
                    product = UInt32(shut / 2)
                    instrument = UInt32(shut)
                    action =
                        exchange.instrumentStates[shut] == .halted ? APUS_RESUME : APUS_OPEN
                }
            }
            if random.happens(perMille: 300) { date += 1 }
            if date % 100 > 28 { date += 72 }
            if date / 100 % 100 > 12 { date += 8_800 }
            return changeState(action, product, instrument)
        }

        private func changeState(
            _ action: Int, _ product: UInt32, _ instrument: UInt32
        ) -> RandomCall {
            var command = Command(kind: .changeMarketState)
            command.requestTime = Timestamp(nanos: time)
            command.marketStateAction = MarketStateAction(rawValue: UInt8(action)) ?? .halt
            command.product = product == .max ? .none : ProductIndex(Int(product))
            command.instrument = InstrumentIndex(raw: instrument)
            command.date = date
            let (date, time) = (date, time)
            return RandomCall(command: command) { engine in
                apus_engine_change_state(engine, UInt8(action), product, instrument, date, time)
            }
        }
    }
#endif
