import Wire

/// What the answers to order requests have in common.
struct AnswerFields {
    var number: UInt32
    var orderID: UInt64
    var clOrdID: UInt64
    var execID: UInt64
    var leavesQty: Int64 = 0
    var executed: Int64 = 0
    var cancelled: Int64
    /// Of answers about standard orders; of others the time at which they would get one.
    var priority: UInt64
    var isStandard: Bool

    /// Nil for other messages.
    init?(_ message: VenueMessage) {
        guard let fields = message.with({ AnswerFields(message.template, $0) }) else { return nil }
        self = fields
    }

    private init?(_ template: TemplateID, _ base: UnsafeRawPointer) {
        switch template {
        case .newOrderResponse: self.init(NewOrderResponseView(base))
        case .newOrderNRResponse: self.init(NewOrderNRResponseView(base))
        case .modifyOrderResponse: self.init(ModifyOrderResponseView(base))
        case .modifyOrderNRResponse: self.init(ModifyOrderNRResponseView(base))
        case .deleteOrderResponse: self.init(DeleteOrderResponseView(base))
        case .deleteOrderNRResponse: self.init(DeleteOrderNRResponseView(base))
        default: return nil
        }
    }

    private init(_ view: NewOrderResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, leavesQty: view.leavesQty, cancelled: view.cxlQty,
            priority: view.trdRegTSTimePriority, isStandard: true)
    }

    private init(_ view: NewOrderNRResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, leavesQty: view.leavesQty, cancelled: view.cxlQty,
            priority: view.execID, isStandard: false)
    }

    private init(_ view: ModifyOrderResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, leavesQty: view.leavesQty, executed: view.cumQty,
            cancelled: view.cxlQty, priority: view.trdRegTSTimePriority, isStandard: true)
    }

    private init(_ view: ModifyOrderNRResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, leavesQty: view.leavesQty, executed: view.cumQty,
            cancelled: view.cxlQty, priority: view.execID, isStandard: false)
    }

    private init(_ view: DeleteOrderResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, executed: view.cumQty, cancelled: view.cxlQty, priority: 0,
            isStandard: true)
    }

    private init(_ view: DeleteOrderNRResponseView) {
        self.init(
            number: view.msgSeqNum, orderID: view.orderID, clOrdID: view.clOrdID,
            execID: view.execID, executed: view.cumQty, cancelled: view.cxlQty, priority: 0,
            isStandard: false)
    }

    private init(
        number: UInt32, orderID: UInt64, clOrdID: UInt64, execID: UInt64, leavesQty: Int64 = 0,
        executed: Int64 = 0, cancelled: Int64, priority: UInt64, isStandard: Bool
    ) {
        self.number = number
        self.orderID = orderID
        self.clOrdID = clOrdID
        self.execID = execID
        self.leavesQty = leavesQty
        self.executed = executed
        self.cancelled = cancelled
        self.priority = priority
        self.isStandard = isStandard
    }
}
