// What a bot does while everything comes to rest, and what it learns from the comparison.
extension TradingBot {
    /// Asks for nothing more; what was held up goes on.
    func prepareRest() {
        isQuiet = true
        stallSteps = 0
        connection?.socket.isStalled = false
        for connection in abandoned { connection.socket.close() }
        abandoned = []
    }

    func endRest() {
        isQuiet = false
        toldFills = [:]
        wasConnectedThroughout = state == .active
        // Whatever did not arrive by now never will.
        lostEntries = [:]
        guard state != .active else { return }
        for orderID in orders.keys { orders[orderID]?.isUnsure = true }
    }

    /// What the back office of market operations knows of an order that this session was not told of.
    func learn(_ state: ListenerEvent.OrderState?, isLive: Bool, orderID: UInt64) {
        guard var order = orders[orderID] else { return }
        order.isLive = isLive
        order.isUnsure = false
        order.mayHaveOtherName = true
        if let state {
            order.price = state.price
            order.quantity = state.quantity
            order.executed = state.executed
            order.cancelled = 0
            order.priority = state.priority
        }
        orders[orderID] = order
    }

    /// An order of this session whose entry was never answered.
    func adopt(_ state: ListenerEvent.OrderState) {
        orders[state.orderID] = OwnOrder(
            orderID: state.orderID, clOrdID: 0, session: session, trader: state.trader,
            instrument: UInt32(state.security), product: state.product, side: state.side,
            isStandard: true, isPersistent: state.isPersistent, price: state.price,
            quantity: state.quantity, executed: state.executed, priority: state.priority,
            enteredAt: state.enteredAt)
    }

    /// What was told is no longer so: the venue lost it, as it was allowed to.
    func forgetEverything() {
        // What the venue said before it closed a connection may still be on its way.
        if connection != nil { lose("what was told is void") }
        record = SessionRecord()
        expectedRestatement = nil
        toldFills = [:]
        for orderID in orders.keys { orders[orderID]?.isUnsure = true }
    }

    /// Forgets what is long over.
    func forgetDead() { orders = orders.filter { $0.value.isLive } }
}
