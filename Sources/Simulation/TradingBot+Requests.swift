import Domain
import Wire

// What a bot asks for.
extension TradingBot {
    private var workload: Scenario.Workload { world.scenario.workload }

    func makeRequest() {
        let weights = [
            workload.enter, workload.change, workload.delete, workload.deleteAll, workload.flawed,
        ]
        var draw = random.below(weights.reduce(0, +))
        var choice = 0
        while draw >= weights[choice] {
            draw -= weights[choice]
            choice += 1
        }
        switch choice {
        case 0: enter(makeTerms())
        case 1: change()
        case 2: delete()
        case 3: deleteAll()
        default: sendFlawed()
        }
    }

    private var number: UInt32 { connection?.nextNumber ?? 1 }

    private func takeClOrdID() -> UInt64 {
        nextClOrdID += 1
        return nextClOrdID
    }

    /// A name that another session's order gets is among those of that session, which must not happen
    /// to give it later to an order of its own.
    private func takeClOrdID(for target: UInt32) -> UInt64 {
        target == Null.u32 ? takeClOrdID() : UInt64(session) << 32 | takeClOrdID()
    }

    func makeTerms() -> OrderTerms {
        let data = world.scenario.configuration.market
        let instrument = random.pick(data.instruments)
        let product = data.products[instrument.product.index]
        var terms = OrderTerms(
            instrument: UInt32(instrument.securityID), product: product.marketSegmentID,
            side: random.coin() ? 1 : 2, price: makePrice(tick: product.tick.raw),
            quantity: Int64(random.pick(1...workload.quantityMax)) * Quantity.unit)
        terms.isLong = workload.longForms && random.coin()
        terms.isImmediate = workload.immediateOrders && random.below(5) == 0
        terms.isStandard = random.chance(perMillion: workload.standardShare)
        terms.isPersistent =
            terms.isStandard && random.chance(perMillion: workload.persistentShare)
        if workload.marketOrders, random.below(8) == 0 {
            terms.isLong = true
            terms.isMarket = true
            terms.isImmediate = true
            terms.price = Null.i64
        }
        terms.hasTexts = terms.isLong && random.below(3) == 0
        return terms
    }

    private func makePrice(tick: Int64) -> Int64 {
        let middle: Int64 = 100 * Price.unit
        if random.chance(perMillion: workload.wildPrices) {
            return middle + Int64(random.pick(-5_000...500_000)) * tick
        }
        return middle + Int64(random.pick(-workload.spreadTicks...workload.spreadTicks)) * tick
    }

    private func enter(_ terms: OrderTerms) {
        let clOrdID = takeClOrdID()
        send(
            RequestFrames.enter(number, trader: trader, clOrdID: clOrdID, terms),
            SentRequest(number: number, kind: .enter(terms), clOrdID: clOrdID))
    }

    /// An order to work on: of this session, or of the unit's other one when it is done on behalf.
    private func pickOrder() -> (order: OwnOrder, target: UInt32)? {
        if workload.onBehalf, random.below(4) == 0,
            let other = world.bots.first(where: { $0.unit == unit && $0 !== self })
        {
            let choices = other.liveOrders.filter(\.isStandard)
            guard !choices.isEmpty else { return nil }
            return (random.pick(choices), other.session)
        }
        let choices = liveOrders
        guard !choices.isEmpty else { return nil }
        return (random.pick(choices), Null.u32)
    }

    private func makeName(_ order: OwnOrder, _ target: UInt32) -> OrderName {
        // Others change names in the meantime; the number stays.
        guard target == Null.u32 else {
            return OrderName(orderID: order.orderID, targetSession: target)
        }
        // Of an order whose entry was never answered the number is all that is known.
        guard order.clOrdID != 0 else { return OrderName(orderID: order.orderID) }
        switch random.below(3) {
        case 0: return OrderName(orderID: order.orderID)
        case 1: return OrderName(origClOrdID: order.clOrdID)
        default: return OrderName(orderID: order.orderID, origClOrdID: order.clOrdID)
        }
    }

    private func change() {
        guard let (order, target) = pickOrder() else { return enter(makeTerms()) }
        let data = world.scenario.configuration.market
        let tick =
            data.products.first { $0.marketSegmentID == order.product }?.tick.raw ?? Price.unit
        var terms = OrderTerms(
            instrument: order.instrument, product: order.product, side: order.side,
            price: order.price, quantity: order.quantity, isStandard: order.isStandard,
            isPersistent: order.isPersistent)
        terms.isLong = workload.longForms && random.coin()
        switch random.below(4) {
        case 0: terms.price = makePrice(tick: tick)
        case 1: terms.quantity = Int64(random.pick(0...workload.quantityMax)) * Quantity.unit
        case 2: terms.quantity = max(0, order.quantity - Quantity.unit)
        default:
            terms.price = makePrice(tick: tick)
            terms.quantity = Int64(random.pick(1...workload.quantityMax)) * Quantity.unit
        }
        let clOrdID = random.coin() || order.clOrdID == 0 ? takeClOrdID(for: target) : order.clOrdID
        let name = makeName(order, target)
        send(
            RequestFrames.change(number, trader: trader, clOrdID: clOrdID, name, terms),
            SentRequest(
                number: number, kind: .change(name, terms, orderID: order.orderID),
                clOrdID: clOrdID))
    }

    private func delete() {
        guard let (order, target) = pickOrder() else { return enter(makeTerms()) }
        let name = makeName(order, target)
        let clOrdID = takeClOrdID()
        send(
            RequestFrames.delete(
                number, trader: trader, clOrdID: clOrdID, name, instrument: order.instrument,
                product: order.product),
            SentRequest(
                number: number, kind: .delete(name, orderID: order.orderID), clOrdID: clOrdID))
    }

    private func deleteAll() {
        let data = world.scenario.configuration.market
        let instrument = random.pick(data.instruments)
        var terms = MassCancelTerms(
            product: data.products[instrument.product.index].marketSegmentID)
        if random.coin() { terms.instrument = instrument.securityID }
        if terms.instrument != Null.i64, random.below(3) == 0 { terms.side = random.coin() ? 1 : 2 }
        send(
            RequestFrames.deleteAll(number, trader: trader, terms),
            SentRequest(number: number, kind: .deleteAll(terms)))
    }

    /// What the venue has to refuse, each for another rule.
    private func sendFlawed() {
        var terms = makeTerms()
        terms.isImmediate = false
        terms.isMarket = false
        if terms.price == Null.i64 { terms.price = 100 * Price.unit }
        let clOrdID = takeClOrdID()
        var bytes: [UInt8]
        var endsSession = false
        switch random.below(9) {
        case 0: terms.price += 1
        case 1: terms.quantity = 0
        case 2: terms.quantity = 5_000 * Quantity.unit
        case 3: terms.instrument = 77
        case 4:
            terms.isStandard = false
            terms.isPersistent = true
        case 5: terms.side = 9
        default: break
        }
        bytes = RequestFrames.enter(number, trader: trader, clOrdID: clOrdID, terms)
        switch random.below(9) {
        case 6: bytes = RequestFrames.enter(number, trader: 999, clOrdID: clOrdID, terms)
        case 7:
            bytes = RequestFrames.enter(number + 3, trader: trader, clOrdID: clOrdID, terms)
            endsSession = true
        case 8:
            bytes = RequestFrames.delete(
                number, trader: trader, clOrdID: clOrdID, OrderName(orderID: random.next() | 1),
                instrument: terms.instrument, product: terms.product)
        default: break
        }
        let isSound =
            bytes == RequestFrames.enter(number, trader: trader, clOrdID: clOrdID, terms)
            && terms.price % (Price.unit / 100) == 0 && terms.quantity > 0
            && terms.quantity <= 1_000 * Quantity.unit && terms.instrument != 77 && terms.side < 9
            && (terms.isStandard || !terms.isPersistent)
        send(
            bytes,
            SentRequest(
                number: endsSession ? number + 3 : number, kind: .enter(terms), clOrdID: clOrdID,
                isFlawed: !isSound, endsSession: endsSession))
        if endsSession { state = .leaving }
    }
}
