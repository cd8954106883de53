import Client
import Domain
import Platform
import Wire

@testable import OrderFlow

/// A venue without network or threads: a naive book behind the wire's messages.
///
/// Streams made by `stream(for:)` reach it; what a client sends is answered at once. It can be told
/// to make one mistake, which the replay must find.
final class FakeVenue {
    enum Mistake: Equatable {
        case none
        /// The n-th execution (from 0) fills the second order of the book instead of the first.
        case wrongOrder(execution: Int)
        /// The n-th execution is reported to the resting side at another price.
        case wrongPrice(execution: Int)
        /// The n-th execution is reported to the aggressor at another price.
        case aggressorPrice(execution: Int)
        /// The n-th new order is accepted and forgotten.
        case lostOrder(order: Int)
        /// The n-th execution is not reported to the resting side.
        case silence(execution: Int)
        /// Cancels of unknown orders are accepted.
        case neverRejects
        /// A resting order's execution is reported twice.
        case doubleReport(execution: Int)
    }

    struct Order {
        var clOrdID: UInt64
        var orderID: UInt64
        var session: UInt32
        var side: Side
        var price: Int64
        var total: Int64
        var cum: Int64 = 0
    }

    private let mistake: Mistake
    private(set) var book = NaiveBook()
    /// Orders by the number they have in the book; ClOrdIDs lead there.
    private var orders: [Int64: Order] = [:]
    private var numbers: [UInt64: Int64] = [:]
    private var lastNumber: Int64 = 0
    private var enteredCount = 0
    private var executionCount = 0
    private var execID: UInt64 = 1_000
    /// Where each session's messages go.
    private var sinks: [UInt32: (UnsafeRawBufferPointer) -> Void] = [:]
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 32 * 1024, alignment: 64)
    /// Requests received, as templates.
    private(set) var requestCount = 0

    init(mistake: Mistake = .none) { self.mistake = mistake }

    deinit { scratch.deallocate() }

    func stream(for session: UInt32, seed: UInt64) -> FakeStream {
        let stream = FakeStream(venue: self, session: session, seed: seed)
        sinks[session] = { [unowned stream] in stream.arrive($0) }
        return stream
    }

    /// Sends a session's messages elsewhere from now on.
    func attach(_ session: UInt32, _ sink: @escaping (UnsafeRawBufferPointer) -> Void) {
        sinks[session] = sink
    }

    func handle(_ template: TemplateID, _ base: UnsafeRawPointer, _ session: UInt32) {
        requestCount += 1
        precondition(
            template.firstViolation(in: base, length: Int(FrameHeader(base).bodyLen)) == nil,
            "Requests are complete.")
        let number = FrameHeader(base).msgSeqNum
        switch template {
        case .logonRequest:
            let writer = LogonResponseWriter(scratch)
            writer.initialize()
            writer.msgSeqNum = number
            reply(LogonResponseWriter.fixedLength, session)
        case .userLoginRequest:
            let writer = UserLoginResponseWriter(scratch)
            writer.initialize()
            writer.msgSeqNum = number
            reply(UserLoginResponseWriter.fixedLength, session)
        case .logoutRequest:
            let writer = LogoutResponseWriter(scratch)
            writer.initialize()
            writer.msgSeqNum = number
            reply(LogoutResponseWriter.fixedLength, session)
        case .newOrderSingleShortRequest:
            let view = NewOrderSingleShortRequestView(base)
            enter(
                session, number, view.clOrdID, view.side, view.price, view.orderQty,
                view.timeInForce)
        case .newOrderSingleRequest:
            let view = NewOrderSingleRequestView(base)
            enter(
                session, number, view.clOrdID, view.side, view.price, view.orderQty,
                view.timeInForce)
        case .modifyOrderSingleShortRequest:
            let view = ModifyOrderSingleShortRequestView(base)
            modify(session, number, view.origClOrdID, view.orderQty)
        case .modifyOrderSingleRequest:
            let view = ModifyOrderSingleRequestView(base)
            modify(session, number, view.origClOrdID, view.orderQty)
        case .deleteOrderSingleRequest:
            delete(session, number, DeleteOrderSingleRequestView(base).origClOrdID)
        case .deleteAllOrderRequest:
            deleteAll(session, number)
        case .heartbeat: break
        default: preconditionFailure("The fake venue does not know \(template).")
        }
    }

    private func enter(
        _ session: UInt32, _ number: UInt32, _ clOrdID: UInt64, _ side: UInt8, _ price: Int64,
        _ quantity: Int64, _ timeInForce: UInt8
    ) {
        let side = Side(rawValue: side)!
        lastNumber += 1
        execID += 1
        let order = Order(
            clOrdID: clOrdID, orderID: UInt64(lastNumber) * 7919, session: session, side: side,
            price: price, total: quantity)
        var fills: [NaiveBook.Fill] = []
        if mistake == .wrongOrder(execution: executionCount), timeInForce == 3,
            book.orders(side.opposite).count > 1
        {
            let second = book.orders(side.opposite)[1]
            let traded = min(second.size, quantity)
            book.reduce(second.orderID, by: traded)
            fills = [.init(orderID: second.orderID, price: second.price, size: traded)]
        } else {
            fills = book.take(side.opposite, limit: price, size: quantity)
        }
        let traded = fills.reduce(0) { $0 + $1.size }
        let rests = timeInForce != 3 && traded < quantity
        if fills.isEmpty {
            accepted(order, number, rests: rests)
        } else {
            executed(order, number, fills, rests: rests)
            executionCount += 1
        }
        guard rests else { return }
        enteredCount += 1
        if mistake == .lostOrder(order: enteredCount - 1) { return }
        var resting = order
        resting.cum = traded
        orders[lastNumber] = resting
        numbers[clOrdID] = lastNumber
        book.add(lastNumber, side, price: price, size: quantity - traded)
    }

    private func accepted(_ order: Order, _ number: UInt32, rests: Bool) {
        let writer = NewOrderResponseWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        writer.orderID = order.orderID
        writer.clOrdID = order.clOrdID
        writer.execID = execID
        writer.leavesQty = rests ? order.total : 0
        writer.cxlQty = rests ? 0 : order.total
        writer.ordStatus = (rests ? OrdStatus.new : .cancelled).rawValue
        reply(writer.finish(), order.session)
    }

    private func executed(
        _ order: Order, _ number: UInt32, _ fills: [NaiveBook.Fill], rests: Bool
    ) {
        var levels: [(price: Int64, size: Int64)] = []
        for fill in fills {
            report(fill)
            if levels.last?.price == fill.price {
                levels[levels.count - 1].size += fill.size
            } else {
                levels.append((fill.price, fill.size))
            }
        }
        let traded = fills.reduce(0) { $0 + $1.size }
        if mistake == .aggressorPrice(execution: executionCount) { levels[0].price += 1_000_000 }
        let writer = OrderExecResponseWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        writer.orderID = order.orderID
        writer.clOrdID = order.clOrdID
        writer.execID = execID
        writer.leavesQty = rests ? order.total - traded : 0
        writer.cumQty = traded
        writer.ordStatus =
            (traded == order.total
            ? OrdStatus.filled : rests ? .partiallyFilled : .cancelled).rawValue
        let length = writer.finish(noFills: levels.count)
        for (index, level) in levels.enumerated() {
            let entry = writer.fills(at: index)
            entry.initialize()
            entry.fillPx = level.price
            entry.fillQty = level.size
        }
        reply(length, order.session)
    }

    /// Tells a resting order's owner.
    private func report(_ fill: NaiveBook.Fill) {
        guard var order = orders[fill.orderID] else { return }
        order.cum += fill.size
        let leaves = order.total - order.cum
        orders[fill.orderID] = leaves > 0 ? order : nil
        if leaves == 0 { numbers[order.clOrdID] = nil }
        if mistake == .silence(execution: executionCount) { return }
        let writer = OrderExecNotificationWriter(scratch)
        writer.initialize()
        writer.lastFragment = 1
        writer.orderID = order.orderID
        writer.clOrdID = order.clOrdID
        writer.execID = execID
        writer.leavesQty = leaves
        writer.cumQty = order.cum
        writer.ordStatus = (leaves == 0 ? OrdStatus.filled : .partiallyFilled).rawValue
        let length = writer.finish(noFills: 1)
        let entry = writer.fills(at: 0)
        entry.initialize()
        entry.fillPx =
            fill.price + (mistake == .wrongPrice(execution: executionCount) ? 1_000_000 : 0)
        entry.fillQty = fill.size
        reply(length, order.session)
        if mistake == .doubleReport(execution: executionCount) { reply(length, order.session) }
    }

    private func modify(_ session: UInt32, _ number: UInt32, _ name: UInt64, _ total: Int64) {
        execID += 1
        guard let key = numbers[name], var order = orders[key] else {
            return refuse(session, number, acceptAs: name)
        }
        let leaves = max(0, total - order.cum)
        book.reduce(key, by: order.total - order.cum - leaves)
        order.total = total
        orders[key] = leaves > 0 ? order : nil
        if leaves == 0 { numbers[name] = nil }
        let writer = ModifyOrderResponseWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        writer.orderID = order.orderID
        writer.clOrdID = name
        writer.origClOrdID = name
        writer.leavesQty = leaves
        writer.cumQty = order.cum
        writer.ordStatus = (leaves > 0 ? OrdStatus.new : .cancelled).rawValue
        reply(writer.finish(), session)
    }

    private func delete(_ session: UInt32, _ number: UInt32, _ name: UInt64) {
        execID += 1
        guard let key = numbers[name], let order = orders[key] else {
            return refuse(session, number, acceptAs: name)
        }
        book.delete(key)
        orders[key] = nil
        numbers[name] = nil
        deleted(order, session, number)
    }

    private func deleted(_ order: Order, _ session: UInt32, _ number: UInt32) {
        let writer = DeleteOrderResponseWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        writer.orderID = order.orderID
        writer.origClOrdID = order.clOrdID
        writer.cumQty = order.cum
        writer.ordStatus = OrdStatus.cancelled.rawValue
        reply(DeleteOrderResponseWriter.fixedLength, session)
    }

    private func deleteAll(_ session: UInt32, _ number: UInt32) {
        for (key, order) in orders where order.session == session {
            book.delete(key)
            orders[key] = nil
            numbers[order.clOrdID] = nil
        }
        let writer = DeleteAllOrderNRResponseWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        reply(DeleteAllOrderNRResponseWriter.fixedLength, session)
    }

    private func refuse(_ session: UInt32, _ number: UInt32, acceptAs name: UInt64) {
        if mistake == .neverRejects {
            return deleted(
                Order(
                    clOrdID: name, orderID: 1, session: session, side: .buy, price: 0, total: 0),
                session, number)
        }
        let writer = RejectWriter(scratch)
        writer.initialize()
        writer.msgSeqNum = number
        writer.lastFragment = 1
        writer.sessionRejectReason = RejectReason.orderNotFound.rawValue
        writer.sessionStatus = 0
        reply(writer.setVarText("order not found"), session)
    }

    private func reply(_ length: Int, _ session: UInt32) {
        sinks[session]?(UnsafeRawBufferPointer(start: scratch, count: length))
    }
}

/// One client's end of a connection to the fake venue; bytes arrive in pieces of random length.
final class FakeStream: ByteStream {
    private let venue: FakeVenue
    private let session: UInt32
    private var random: SplitMix
    private var received: [UInt8] = []
    private var sent: [UInt8] = []
    private(set) var isClosed = false

    init(venue: FakeVenue, session: UInt32, seed: UInt64) {
        self.venue = venue
        self.session = session
        random = SplitMix(seed: seed)
    }

    fileprivate func arrive(_ bytes: UnsafeRawBufferPointer) { received.append(contentsOf: bytes) }

    func send(_ bytes: UnsafeRawBufferPointer) throws(ToolError) -> Int {
        let count = min(bytes.count, 1 + random.below(4096))
        sent.append(contentsOf: bytes[0..<count])
        sent.withUnsafeBytes { all in
            var offset = 0
            while case .frame(let template, let length) = Framing.judge(
                UnsafeRawBufferPointer(rebasing: all[offset...]))
            {
                venue.handle(template, all.baseAddress! + offset, session)
                offset += length
            }
            consumed = offset
        }
        sent.removeFirst(consumed)
        return count
    }
    private var consumed = 0

    func receive(into space: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = min(received.count, space.count, random.below(2048))
        if count == 0 { return 0 }
        received.withUnsafeBytes { space.copyMemory(from: .init(rebasing: $0[0..<count])) }
        received.removeFirst(count)
        return count
    }

    func wait(nanos: Int) {}

    func close() { isClosed = true }
}
