import Domain

extension EngineHarness {
    /// Compares an instrument's book with the reference's; nil when they agree.
    func bookDifference(_ instrument: InstrumentIndex, _ naive: NaiveExchange) -> String? {
        for side in [Side.buy, Side.sell] {
            let expected = naive.books[instrument.index].orders(side)
            if let difference = difference(instrument, side, expected) {
                return "instrument \(instrument.raw) \(words(side)): \(difference)"
            }
        }
        return nil
    }

    private func difference(
        _ instrument: InstrumentIndex, _ side: Side, _ expected: [NaiveOrder]
    ) -> String? {
        if let difference = topDifference(instrument, side, expected) { return difference }
        let actual = orders(instrument, side)
        if actual.count != expected.count {
            return "expected \(expected.count) orders, got \(actual.count)"
        }
        for (a, b) in zip(expected, actual) {
            guard a.orderID == b.orderID, a.clOrdID == b.clOrdID, a.price == b.price,
                a.leavesQty == b.leavesQty, a.cumQty == b.cumQty, a.orderQty == b.orderQty,
                a.timePriority == b.timePriority, a.session == b.session, a.trader == b.trader
            else { return "expected \(a), got \(b)" }
        }
        return nil
    }

    /// Compares the best price, its open quantity and its number of orders only.
    func topDifference(
        _ instrument: InstrumentIndex, _ side: Side, _ expected: [NaiveOrder]
    ) -> String? {
        let actual = bestPrice(instrument, side)
        guard let best = expected.first else {
            return actual == nil ? nil : "expected an empty side, got a best price"
        }
        guard let actual else { return "expected \(words(best.price)) as best price, got none" }
        var quantity = Quantity.zero
        var count = 0
        for order in expected.prefix(while: { $0.price == best.price }) {
            quantity += order.leavesQty
            count += 1
        }
        if actual.price != best.price || actual.quantity != quantity || actual.orders != count {
            return "expected \(words(quantity)) @ \(words(best.price)) in \(count) orders, "
                + "got \(words(actual.quantity)) @ \(words(actual.price)) in \(actual.orders)"
        }
        return nil
    }
}
