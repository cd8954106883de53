import Wire

/// When all is at rest, everybody must have been told the same: public feed, answers, drop copy.
struct Comparison {
    private let world: World
    private var findings: Findings { world.findings }

    init(_ world: World) { self.world = world }

    func run() {
        world.replay.beginRound()
        world.replay.replay(world.recorder.takeTransactions())
        guard findings.isEmpty else { return }
        compareReceiver()
        // A drop copy that was away for longer than the event ring holds says what it lost, and nobody
        // can be held against what it has.
        guard world.witness.gaps == 0 else { return }
        let standard = compareStandardOrders()
        compareLeanOrders(public: world.replay.book.filter { standard[$0.key] == nil })
        compareTrades()
        compareOffices()
        for bot in world.bots { bot.forgetDead() }
    }

    // MARK: Orders

    /// The drop copy from its start makes all standard orders; the public book must show the same.
    /// Returns those that live.
    private func compareStandardOrders() -> [FeedKey: ListenerEvent.OrderState] {
        var live: [UInt64: ListenerEvent.OrderState] = [:]
        /// Deleted in mass, unless they were entered while that went on.
        var doubtful: Set<UInt64> = []
        /// Taken by the market, which tells so before it is done: until then their owners may be quicker.
        var taken: Set<UInt64> = []
        let events = world.witness.events.sorted { $0.key < $1.key }
        for (_, event) in events { apply(event, to: &live, &doubtful, &taken) }
        var book: [FeedKey: ListenerEvent.OrderState] = [:]
        for state in live.values {
            let key = FeedKey(
                security: state.security, side: state.side, priority: state.priority)
            let shown = world.replay.book[key]
            guard !(doubtful.contains(state.orderID) && shown == nil) else { continue }
            findings.check(
                "drop copy",
                shown == FeedOrder(price: state.price, quantity: state.leavesQty),
                "order \(state) is \(String(describing: shown)) in public")
            book[key] = state
        }
        compareOwners(book)
        return book
    }

    private func apply(
        _ event: ListenerEvent, to live: inout [UInt64: ListenerEvent.OrderState],
        _ doubtful: inout Set<UInt64>, _ taken: inout Set<UInt64>
    ) {
        switch event {
        case .order(let state):
            if state.isLastFragment {
                findings.check(
                    "quantities",
                    state.leavesQty + state.executed + state.cancelled == state.quantity
                        || state.cancelled > 0,
                    "of \(state.quantity) are \(state.leavesQty) open, \(state.executed) executed, "
                        + "\(state.cancelled) cancelled")
            }
            live[state.orderID] = state.leavesQty > 0 && state.isLastFragment ? state : nil
        case .deleted(let orderID, _, _, _):
            findings.check(
                "drop copy",
                live.removeValue(forKey: orderID) != nil || taken.remove(orderID) != nil,
                "order \(orderID) was deleted, which was not there")
        case .massDeleted(let deletion):
            guard deletion.isLastFragment else { return }
            for (orderID, state) in live
            where state.session == deletion.session && state.product == deletion.product
                && (deletion.security == Null.i64 || state.security == deletion.security)
                && (deletion.side == Null.u8 || state.side == deletion.side)
                && (deletion.trader == Null.u32 || state.trader == deletion.trader)
                && (deletion.kinds == 3 || state.isPersistent == (deletion.kinds == 1))
            {
                doubtful.insert(orderID)
            }
        case .marketDeleted(let product, let security, let kinds):
            let gone = live.filter { _, state in
                state.product == product
                    && (security == Null.i64 || state.security == security)
                    && (kinds == 3 || state.isPersistent == (kinds == 1))
            }
            taken.formUnion(gone.keys)
            for orderID in gone.keys { live[orderID] = nil }
        case .service(let event, let product):
            guard event == 104 else { return }
            live = live.filter { product != Null.i32 && $0.value.product != product }
        }
    }

    /// Each session knows its own standard orders as the drop copy tells them.
    private func compareOwners(_ book: [FeedKey: ListenerEvent.OrderState]) {
        let byID = Dictionary(uniqueKeysWithValues: book.values.map { ($0.orderID, $0) })
        for bot in world.bots {
            for order in bot.orders.values.filter(\.isStandard).sorted(by: {
                $0.orderID < $1.orderID
            }) {
                let state = byID[order.orderID]
                guard !order.isUnsure else {
                    bot.learn(state, isLive: state != nil, orderID: order.orderID)
                    continue
                }
                findings.check(
                    "orders", order.isLive == (state != nil),
                    "session \(bot.session) thinks that \(order) is \(order.isLive ? "there" : "gone")"
                )
                guard let state, order.isLive else { continue }
                findings.check(
                    "orders",
                    state.price == order.price && state.leavesQty == order.open
                        && state.executed == order.executed && state.priority == order.priority,
                    "session \(bot.session) has \(order), its back office \(state)")
            }
            for state in byID.values.sorted(by: { $0.orderID < $1.orderID })
            where state.session == bot.session && bot.orders[state.orderID] == nil {
                findings.check(
                    "orders", state.isPersistent && !bot.wasConnectedThroughout,
                    "session \(bot.session) was never told of \(state)")
                bot.adopt(state)
            }
        }
    }

    /// What the public book has beyond standard orders are the lean ones that their sessions know.
    private func compareLeanOrders(public rest: [FeedKey: FeedOrder]) {
        var left = rest
        for bot in world.bots {
            for order in bot.liveOrders where !order.isStandard {
                let key = FeedKey(
                    security: Int64(order.instrument), side: order.side, priority: order.priority)
                let shown = left.removeValue(forKey: key)
                if order.isUnsure {
                    bot.learn(nil, isLive: shown != nil, orderID: order.orderID)
                    continue
                }
                findings.check(
                    "orders", shown == FeedOrder(price: order.price, quantity: order.open),
                    "lean order \(order) is \(String(describing: shown)) in public")
            }
        }
        findings.check("orders", left.isEmpty, "nobody knows of these orders: \(left)")
    }

    // MARK: The feed

    /// A receiver that lost packets has the same books, wherever it says that it may be trusted.
    private func compareReceiver() {
        let (book, live) = world.receiver.book()
        let expected = world.replay.book.filter { live.contains($0.key.security) }
        findings.check(
            "receiver", book == expected,
            "a receiver has \(book.count) orders and should have \(expected.count)")
    }

    // MARK: Trades

    /// Each match of the public feed has two sides in the drop copy, and both trade the same.
    private func compareTrades() {
        let trades = world.witness.trades
        for number in 1...UInt64(max(trades.count, 1)) where !trades.isEmpty {
            guard
                findings.check(
                    "ApplSeqNum", trades[number] != nil,
                    "trade \(number) of \(trades.count) is missing")
            else { return }
        }
        struct Sides {
            var bought: Int64 = 0
            var sold: Int64 = 0
            var price: Int64 = 0
        }
        var sides: [PublicReplay.MatchKey: Sides] = [:]
        var bySideID: [TradingBot.FillKey: ConfirmedTrade] = [:]
        for trade in trades.values {
            let key = PublicReplay.MatchKey(product: trade.product, match: trade.matchID)
            let row = sides[key, default: Sides(price: trade.price)]
            findings.check(
                "trades", row.price == trade.price, "\(trade) has another price than its match")
            if trade.side == 1 {
                sides[key, default: row].bought += trade.quantity
            } else {
                sides[key, default: row].sold += trade.quantity
            }
            sides[key]?.price = trade.price
            let fill = TradingBot.FillKey(product: trade.product, executionID: trade.sideTradeID)
            findings.check(
                "trades", bySideID.updateValue(trade, forKey: fill) == nil,
                "SideTradeID \(trade.sideTradeID) was used twice")
        }
        for (key, row) in sides {
            findings.check(
                "trades", row.bought == row.sold,
                "in match \(key.match) \(row.bought) were bought and \(row.sold) sold")
        }
        for (key, match) in world.replay.matches {
            findings.check(
                "trades",
                sides[key].map { $0.price == match.price && $0.bought == match.quantity } ?? false,
                "match \(key.match) in public is \(match), confirmed \(String(describing: sides[key]))"
            )
        }
        compareTold(bySideID)
    }

    /// What sessions were told are the trades that the drop copy confirms.
    private func compareTold(_ trades: [TradingBot.FillKey: ConfirmedTrade]) {
        for bot in world.bots {
            for (key, fill) in bot.toldFills {
                let trade = trades[key]
                findings.check(
                    "trades",
                    trade?.price == fill.price && trade?.quantity == fill.quantity
                        && trade?.matchID == fill.matchID && trade?.session == bot.session,
                    "session \(bot.session) was told \(fill), confirmed is "
                        + String(describing: trade))
            }
        }
    }

    // MARK: Back offices

    /// A back office that was away has in the end what one has that never was.
    private func compareOffices() {
        let witness = world.witness
        for office in world.offices where office.gaps == 0 {
            func isOwn(_ session: UInt32) -> Bool { Int(session) / 10_000 == office.unit }
            let expected = witness.trades.sorted { $0.key < $1.key }.map(\.value)
                .filter { isOwn($0.session) }
            let found = office.trades.sorted { $0.key < $1.key }.map(\.value)
            findings.check(
                "drop copy", found == expected,
                "session \(office.session) has \(found.count) trades of \(expected.count)")
            findings.check(
                "ApplSeqNum", office.trades.keys.max() ?? 0 == UInt64(found.count),
                "session \(office.session): numbers of trades have gaps")
            compareEvents(office, isOwn)
        }
    }

    private func compareEvents(_ office: BackOffice, _ isOwn: (UInt32) -> Bool) {
        func stories(_ events: [MessageID: ListenerEvent]) -> [ListenerEvent] {
            events.sorted { $0.key < $1.key }.map(\.value).filter {
                switch $0 {
                case .order(let state): isOwn(state.session)
                case .deleted(_, let session, _, _): isOwn(session)
                case .massDeleted(let deletion): isOwn(deletion.session)
                // These do not say whose they are.
                case .marketDeleted, .service: false
                }
            }
        }
        let expected = stories(world.witness.events)
        let found = stories(office.events)
        let difference = zip(found, expected).first { $0 != $1 }
        findings.check(
            "drop copy", found == expected,
            "session \(office.session) has \(found.count) reports of \(expected.count), "
                + "the first other one: \(String(describing: difference))")
    }
}
