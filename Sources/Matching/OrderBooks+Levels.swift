import Containers
import Domain

extension OrderBooks {
    /// Visits the price levels of a side, best first, as long as `body` wants more.
    public func forEachLevel(
        _ instrument: InstrumentIndex, _ side: Side, while body: (PriceLevel) -> Bool
    ) {
        ladders.forEachLevel(Self.ladder(instrument, side), while: body)
    }

    /// Open quantity and number of the orders at a level; the quantity stays at the largest there is.
    public func total(_ level: PriceLevel) -> (quantity: Quantity, orders: Int) {
        var quantity: Int64 = 0
        var count = 0
        ladders.queues.forEach(in: Int(level.index)) { order in
            let (sum, overflow) = quantity.addingReportingOverflow(orders[order].leavesQty.raw)
            quantity = overflow ? .max : sum
            count += 1
        }
        return (Quantity(raw: quantity), count)
    }
}

extension PriceLadders {
    func forEachLevel(_ ladder: Int32, while body: (PriceLevel) -> Bool) {
        let side = ladders[ladder]
        guard side.root >= 0 else { return }
        _ = visit(side.root, height: side.height, while: body)
    }

    /// Visits what is below a page or node; false when that was enough.
    private func visit(_ index: Int32, height: Int32, while body: (PriceLevel) -> Bool) -> Bool {
        var rest = height == 0 ? pages[index].occupied : nodes[index].occupied
        while rest != 0 {
            let digit = rest.trailingZeroBitCount
            rest &= rest &- 1
            let wantsMore =
                height == 0
                ? body(priceLevel(Self.level(index, digit)))
                : visit(nodes[index].children[digit], height: height - 1, while: body)
            guard wantsMore else { return false }
        }
        return true
    }
}
