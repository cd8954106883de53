import Client
import Domain
import Testing
import Wire

@Suite("Own orders")
struct OwnOrdersTests {
    private static func request(
        _ side: Side = .buy, product: Int32 = 200, instrument: UInt32 = 2001,
        execInst: ExecInst = .nonPersistent
    ) -> OrderRequest {
        OrderRequest(
            side: side, price: Price(units: 10), quantity: Quantity(units: 100),
            instrument: instrument, product: product, execInst: execInst)
    }

    /// Gives the orders a message as its bytes would come.
    private func tell(
        _ orders: inout OwnOrders, _ template: TemplateID,
        _ write: (UnsafeMutableRawPointer) -> Void
    ) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
        defer { memory.deallocate() }
        write(memory)
        orders.take(Inbound(template: template, base: UnsafeRawPointer(memory)))
    }

    private func accept(_ orders: inout OwnOrders, _ name: UInt64, number: UInt32) {
        tell(&orders, .newOrderResponse) {
            let writer = NewOrderResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.lastFragment = 1
            writer.orderID = name + 1000
            writer.clOrdID = name
            writer.leavesQty = 100 * Quantity.unit
            writer.ordStatus = OrdStatus.new.rawValue
            _ = writer.finish()
        }
    }

    private func fill(
        _ orders: inout OwnOrders, _ name: UInt64, cum: Int64, quantity: Int64, price: Int64
    ) {
        tell(&orders, .orderExecNotification) {
            let writer = OrderExecNotificationWriter($0)
            writer.initialize()
            writer.lastFragment = 1
            writer.clOrdID = name
            writer.cumQty = cum * Quantity.unit
            writer.leavesQty = (100 - cum) * Quantity.unit
            writer.ordStatus = (cum == 100 ? OrdStatus.filled : .partiallyFilled).rawValue
            _ = writer.finish(noFills: 1)
            let entry = writer.fills(at: 0)
            entry.initialize()
            entry.fillPx = price * Price.unit
            entry.fillQty = quantity * Quantity.unit
        }
    }

    private func reject(_ orders: inout OwnOrders, number: UInt32, _ reason: RejectReason) {
        tell(&orders, .reject) {
            let writer = RejectWriter($0)
            writer.initialize()
            writer.msgSeqNum = number
            writer.lastFragment = 1
            writer.sessionRejectReason = reason.rawValue
            writer.sessionStatus = 0
            _ = writer.setVarText("no")
        }
    }

    @Test("An order lives from its entry to its last fill, and its fills are the position")
    func life() {
        var orders = OwnOrders()
        let name = ClOrdID(raw: 7)
        orders.noteEntry(Self.request(), clOrdID: name, msgSeqNum: 3)
        #expect(orders.awaitsAnswer && orders.count == 1)
        accept(&orders, 7, number: 3)
        #expect(!orders.awaitsAnswer)
        fill(&orders, 7, cum: 30, quantity: 30, price: 10)
        #expect(orders[name]?.leavesQty == Quantity(units: 70))
        fill(&orders, 7, cum: 100, quantity: 70, price: 9)
        #expect(orders.isEmpty && orders.counts.executions == 2)
        let position = orders.position(in: 2001)
        #expect(position.net == Quantity(units: 100))
        // Paid 930 for what is worth 1,100.
        #expect(position.profit(markedAt: Price(units: 11)) == 170)
        // Others' names, and what is said twice, change nothing.
        fill(&orders, 7, cum: 100, quantity: 70, price: 9)
        fill(&orders, 8, cum: 10, quantity: 10, price: 9)
        #expect(orders.position(in: 2001) == position)
    }

    @Test("A refused entry leaves nothing, a refused change or deletion leaves the order")
    func rejects() {
        var orders = OwnOrders()
        orders.noteEntry(Self.request(), clOrdID: ClOrdID(raw: 1), msgSeqNum: 3)
        reject(&orders, number: 3, RejectReason(rawValue: 210))
        #expect(orders.isEmpty && orders.lastReject == "no")
        let name = ClOrdID(raw: 2)
        orders.noteEntry(Self.request(), clOrdID: name, msgSeqNum: 4)
        accept(&orders, 2, number: 4)
        orders.noteChange(name, price: Price(units: 12), msgSeqNum: 5)
        reject(&orders, number: 5, .orderNotFound)
        orders.noteDeletion(name, msgSeqNum: 6)
        #expect(orders[name]?.isLeaving == true)
        reject(&orders, number: 6, .orderNotFound)
        #expect(orders[name]?.price == Price(units: 10) && orders[name]?.isLeaving == false)
        #expect(orders.counts.rejected == 3 && orders.lastRejectReason == .orderNotFound)
    }

    @Test("A deletion of all takes the product's orders that were entered before it")
    func deletionOfAll() {
        var orders = OwnOrders()
        orders.noteEntry(Self.request(), clOrdID: ClOrdID(raw: 1), msgSeqNum: 3)
        orders.noteEntry(Self.request(product: 100), clOrdID: ClOrdID(raw: 2), msgSeqNum: 4)
        orders.noteDeletionOfAll(product: 200, msgSeqNum: 5)
        orders.noteEntry(Self.request(), clOrdID: ClOrdID(raw: 3), msgSeqNum: 6)
        tell(&orders, .deleteAllOrderNRResponse) {
            let writer = DeleteAllOrderNRResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = 5
        }
        #expect(orders.all.map(\.clOrdID.raw) == [2, 3])
    }

    @Test("What a deletion of all leaves alone (NotAffectedOrders) is kept, until another takes it")
    func leftAlone() {
        var orders = fourOrders()
        func answer(_ number: UInt32, left: [UInt64], isLast: Bool) {
            tell(&orders, .deleteAllOrderResponse) {
                let writer = DeleteAllOrderResponseWriter($0)
                writer.initialize()
                writer.msgSeqNum = number
                writer.lastFragment = isLast ? 1 : 0
                writer.finish(noNotAffectedOrders: left.count)
                for (index, name) in left.enumerated() {
                    let entry = writer.notAffectedOrders(at: index)
                    entry.initialize()
                    entry.notAffOrigClOrdID = name
                }
            }
        }
        orders.noteDeletionOfAll(product: 200, msgSeqNum: 7)
        answer(7, left: [3], isLast: false)
        #expect(orders.count == 4 && orders.awaitsAnswer)
        answer(7, left: [], isLast: true)
        #expect(orders.all.map(\.clOrdID.raw) == [3, 4] && !orders.awaitsAnswer)
        orders.noteDeletionOfAll(product: 200, msgSeqNum: 8)
        answer(8, left: [], isLast: true)
        #expect(orders.all.map(\.clOrdID.raw) == [4])
    }

    @Test("So it is when another session asked (10122)")
    func leftAloneByOther() {
        var orders = fourOrders()
        func report(left: [UInt64], isLast: Bool) {
            tell(&orders, .deleteAllOrderBroadcast) {
                let writer = DeleteAllOrderBroadcastWriter($0)
                writer.initialize()
                writer.marketSegmentID = 200
                writer.execInst = ExecInst.bothKinds.rawValue
                writer.lastFragment = isLast ? 1 : 0
                writer.finish(noNotAffectedOrders: left.count)
                for (index, name) in left.enumerated() {
                    let entry = writer.notAffectedOrders(at: index)
                    entry.initialize()
                    entry.notAffOrigClOrdID = name
                }
            }
        }
        report(left: [1], isLast: false)
        report(left: [3], isLast: false)
        #expect(orders.count == 4)
        report(left: [], isLast: true)
        #expect(orders.all.map(\.clOrdID.raw) == [1, 3, 4])
        report(left: [], isLast: true)
        #expect(orders.all.map(\.clOrdID.raw) == [4])
    }

    @Test("A halt (10308) and a mass deletion (10122) take the kinds of orders that they name")
    func marketEvents() {
        let before = fourOrders()

        func halted(_ securityID: Int64?, _ kinds: UInt8?) -> [UInt64] {
            var orders = before
            tell(&orders, .deleteAllOrderQuoteEventBroadcast) {
                let writer = DeleteAllOrderQuoteEventBroadcastWriter($0)
                writer.initialize()
                writer.marketSegmentID = 200
                if let securityID { writer.securityID = securityID }
                if let kinds { writer.execInst = kinds }
            }
            return orders.all.map(\.clOrdID.raw)
        }
        #expect(halted(nil, 2) == [2, 4])
        #expect(halted(nil, 3) == [4])
        #expect(halted(2001, 3) == [3, 4])
        #expect(halted(nil, nil) == [1, 2, 3, 4])

        var orders = before
        tell(&orders, .deleteAllOrderBroadcast) {
            let writer = DeleteAllOrderBroadcastWriter($0)
            writer.initialize()
            writer.marketSegmentID = 200
            writer.execInst = 2
        }
        #expect(orders.all.map(\.clOrdID.raw) == [2, 4])
    }

    /// Two orders of an instrument, one of its neighbour and one of another product, all accepted.
    private func fourOrders() -> OwnOrders {
        var orders = OwnOrders()
        let requests = [
            Self.request(), Self.request(execInst: .persistent), Self.request(instrument: 2002),
            Self.request(product: 100),
        ]
        for (index, request) in requests.enumerated() {
            let name = UInt64(index + 1)
            let number = UInt32(index + 3)
            orders.noteEntry(request, clOrdID: ClOrdID(raw: name), msgSeqNum: number)
            accept(&orders, name, number: number)
        }
        return orders
    }

    @Test("The end of a business day (10307) takes all orders, of a product or of all")
    func endOfDay() {
        func left(_ event: UInt8, _ product: Int32?) -> [UInt64] {
            var orders = fourOrders()
            tell(&orders, .tradingSessionStatusBroadcast) {
                let writer = TradingSessionStatusBroadcastWriter($0)
                writer.initialize()
                writer.tradSesEvent = event
                if let product { writer.marketSegmentID = product }
            }
            return orders.all.map(\.clOrdID.raw)
        }
        #expect(left(104, 200) == [4])
        #expect(left(104, nil) == [])
        #expect(left(101, nil) == [1, 2, 3, 4])
    }

    @Test("An order told again after a restart (10117) is known, whoever entered it")
    func restated() {
        var orders = fourOrders()
        func restate(_ name: UInt64, leaves: Int64, type: ExecType) {
            tell(&orders, .orderExecReportBroadcast) {
                let writer = OrderExecReportBroadcastWriter($0)
                writer.initialize()
                writer.lastFragment = 1
                writer.clOrdID = name
                writer.securityID = 2002
                writer.marketSegmentID = 200
                writer.price = Price(units: 7).raw
                writer.side = Side.sell.rawValue
                writer.execInst = ExecInst.persistent.rawValue
                writer.leavesQty = leaves * Quantity.unit
                writer.cumQty = 3 * Quantity.unit
                writer.ordStatus = OrdStatus.partiallyFilled.rawValue
                writer.execType = type.rawValue
                _ = writer.finish(noFills: 0)
            }
        }
        restate(2, leaves: 97, type: .restated)
        #expect(orders[ClOrdID(raw: 2)]?.leavesQty == Quantity(units: 97))
        #expect(orders[ClOrdID(raw: 2)]?.side == .buy)
        restate(50, leaves: 40, type: .restated)
        let adopted = orders[ClOrdID(raw: 50)]
        #expect(adopted?.instrument == 2002 && adopted?.product == 200)
        #expect(adopted?.side == .sell && adopted?.price == Price(units: 7))
        #expect(adopted?.leavesQty == Quantity(units: 40) && adopted?.cumQty == Quantity(units: 3))
        #expect(orders.all.first?.clOrdID.raw == 50)
        // A change by another session is no restatement.
        restate(51, leaves: 40, type: .replaced)
        #expect(orders[ClOrdID(raw: 51)] == nil)
    }

    @Test("An order whose entry is not answered is not among those that a halt took")
    func unanswered() {
        var orders = fourOrders()
        orders.noteEntry(Self.request(), clOrdID: ClOrdID(raw: 9), msgSeqNum: 9)
        tell(&orders, .deleteAllOrderQuoteEventBroadcast) {
            let writer = DeleteAllOrderQuoteEventBroadcastWriter($0)
            writer.initialize()
            writer.marketSegmentID = 200
            writer.execInst = 2
        }
        #expect(orders.all.map(\.clOrdID.raw) == [2, 4, 9])
        accept(&orders, 9, number: 9)
        #expect(orders[ClOrdID(raw: 9)]?.leavesQty == Quantity(units: 100))
    }
}
