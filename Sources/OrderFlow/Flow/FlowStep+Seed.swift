extension FlowStep {
    /// The step that enters an order which rests before the first row.
    public init(entering seed: SeedOrder) {
        self.init(
            action: .enter, firstRow: 0, lastRow: 0, timeNanos: 0, orderID: seed.orderID,
            side: seed.side, price: seed.price, size: seed.size, expectsReject: false)
    }
}
