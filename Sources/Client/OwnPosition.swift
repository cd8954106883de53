import Domain

/// What one instrument's executions add up to. Quantities that no order can have wrap around: a venue that
/// sends such must not stop its clients.
public struct OwnPosition: Equatable, Sendable {
    /// Bought less sold.
    public private(set) var net = Quantity.zero
    public private(set) var boughtQty = Quantity.zero
    public private(set) var soldQty = Quantity.zero
    /// Received less paid, in 10⁻¹² of the price unit: prices times quantities as they are counted.
    private var cash: Int128 = 0

    public init() {}

    public mutating func add(_ side: Side, _ quantity: Quantity, at price: Price) {
        let value = Int128(price.raw) * Int128(quantity.raw)
        switch side {
        case .buy:
            net.raw &+= quantity.raw
            boughtQty.raw &+= quantity.raw
            cash &-= value
        case .sell:
            net.raw &-= quantity.raw
            soldQty.raw &+= quantity.raw
            cash &+= value
        }
    }

    /// Profit in the price's unit if the position were closed at `price`; for reports.
    public func profit(markedAt price: Price) -> Double {
        Double(cash &+ Int128(net.raw) * Int128(price.raw))
            / (Double(Price.unit) * Double(Quantity.unit))
    }
}
