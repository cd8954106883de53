import Client
import Domain
import OrderFlow

/// What a session does next, by a seed and by what it knows of its orders.
struct Workload {
    enum Action {
        case enter(OrderRequest, OrderForm)
        case change(Int, price: Int64, quantity: Int64, OrderForm)
        case delete(Int)
        case deleteAll(product: Int32)
    }

    private struct Traded {
        var instrument: UInt32
        var product: Int32
        var tick: Int64
        var middle: Int64
    }

    private static let lot = Quantity.unit
    /// Instruments of two products of the demonstration market.
    private static let traded = [
        Traded(instrument: 1001, product: 100, tick: 50_000_000, middle: 100 * Price.unit),
        Traded(instrument: 2001, product: 200, tick: 1_000_000, middle: 580 * Price.unit),
        Traded(instrument: 2002, product: 200, tick: 1_000_000, middle: 30 * Price.unit),
    ]
    /// Live orders that a session has at most, about.
    private static let openMax = 60

    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// The next action.
    mutating func next(_ ledger: SessionLedger) -> Action {
        let choice = random.below(1000)
        if choice < 3 { return .deleteAll(product: random.below(2) == 0 ? 100 : 200) }
        let isFull = ledger.open.count >= Self.openMax
        if choice < 400 || isFull, let order = pick(ledger) {
            return choice % 2 == 0 && !isFull ? change(order, ledger) : .delete(order)
        }
        return enter()
    }

    /// A live order that nothing is asked of.
    private mutating func pick(_ ledger: SessionLedger) -> Int? {
        let free = ledger.open.filter { ledger.orders[$0].isFree }.sorted()
        return free.isEmpty ? nil : free[random.below(free.count)]
    }

    private mutating func enter() -> Action {
        let traded = Self.traded[random.below(Self.traded.count)]
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let isStandard = random.below(10) < 7
        let isIOC = random.below(6) == 0
        let isPersistent = isStandard && !isIOC && random.below(3) > 0
        let request = OrderRequest(
            side: side, price: price(traded, side), quantity: quantity(),
            instrument: traded.instrument,
            product: traded.product, timeInForce: isIOC ? .immediateOrCancel : .day,
            execInst: isPersistent ? .persistent : .nonPersistent, isStandard: isStandard)
        return .enter(request, form())
    }

    private mutating func change(_ index: Int, _ ledger: SessionLedger) -> Action {
        let order = ledger.orders[index]
        var price = order.price
        var quantity = order.quantity
        switch random.below(4) {
        case 0:
            // Less, which keeps the place in the queue.
            quantity -= Int64(random.below(Int(order.leavesQty / Self.lot))) * Self.lot
        case 1: quantity += self.quantity().raw
        default:
            let traded = Self.traded.first { $0.instrument == order.request.instrument }
            if let traded { price = self.price(traded, order.request.side).raw }
        }
        return .change(index, price: price, quantity: quantity, form())
    }

    /// Mostly behind the middle, so that books fill; sometimes through it, so that they trade.
    private mutating func price(_ traded: Traded, _ side: Side) -> Price {
        let away = Int64(random.below(8)) - 2
        let distance = away * traded.tick
        return Price(raw: traded.middle + (side == .buy ? -distance : distance))
    }

    private mutating func quantity() -> Quantity {
        Quantity(raw: Int64(1 + random.below(20)) * Self.lot)
    }

    private mutating func form() -> OrderForm { random.below(2) == 0 ? .short : .long }
}
