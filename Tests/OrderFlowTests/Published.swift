import Client
import Domain
import Testing
import Wire

/// Messages as the drop copy sends them, for tests of those who listen.
enum Published {
    static func message(
        _ capacity: Int, _ write: (UnsafeMutableRawPointer) -> Int
    ) -> [UInt8] {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        defer { memory.deallocate() }
        let length = write(memory)
        return Array(UnsafeRawBufferPointer(start: memory, count: length))
    }

    static func orderReport(
        execID: UInt64, engineOut: UInt64, dropCopyIn: UInt64, dropCopyOut: UInt64, fills: Int = 0
    ) -> [UInt8] {
        message(OrderExecReportBroadcastWriter.lengthMax) {
            let writer = OrderExecReportBroadcastWriter($0)
            writer.initialize()
            writer.trdRegTSTimeOut = engineOut
            writer.notificationIn = dropCopyIn
            writer.sendingTime = dropCopyOut
            writer.applSubID = 3
            ApplMsgID(time: 0x1800_0000_0000_0000, index: 9).withBytes { writer.applMsgID = $0 }
            writer.applID = 5
            writer.applResendFlag = 0
            writer.lastFragment = 1
            writer.orderID = 77
            writer.execID = execID
            writer.leavesQty = Quantity(units: 4).raw
            writer.cumQty = Quantity(units: 6).raw
            writer.ordStatus = OrdStatus.partiallyFilled.rawValue
            writer.partyIDSessionID = 10001
            let length = writer.finish(noFills: fills)
            for index in 0..<fills {
                let fill = writer.fills(at: index)
                fill.initialize()
                fill.fillPx = 101 + Int64(index)
                fill.fillQty = Quantity(units: 3).raw
                fill.fillMatchID = UInt32(index + 1)
            }
            return length
        }
    }

    static func deletion(execID: UInt64) -> [UInt8] {
        message(DeleteOrderBroadcastWriter.fixedLength) {
            let writer = DeleteOrderBroadcastWriter($0)
            writer.initialize()
            writer.applID = 5
            writer.applResendFlag = 1
            writer.lastFragment = 1
            writer.execID = execID
            writer.ordStatus = OrdStatus.cancelled.rawValue
            writer.partyIDSessionID = 10001
            return DeleteOrderBroadcastWriter.fixedLength
        }
    }

    static func massDeletion(execID: UInt64) -> [UInt8] {
        message(DeleteAllOrderBroadcastWriter.lengthMax) {
            let writer = DeleteAllOrderBroadcastWriter($0)
            writer.initialize()
            writer.applID = 5
            writer.lastFragment = 0
            writer.massActionReportID = execID
            writer.targetPartyIDSessionID = 20001
            return writer.finish(noNotAffectedOrders: 0, noAffectedOrderRequests: 1)
        }
    }

    static func trade(execID: UInt64, number: UInt64) -> [UInt8] {
        message(TradeBroadcastWriter.fixedLength) {
            let writer = TradeBroadcastWriter($0)
            writer.initialize()
            writer.applID = 1
            writer.applSeqNum = number
            writer.sendingTime = 90
            writer.lastFragment = 1
            writer.transactTime = execID
            writer.lastPx = 500
            writer.lastQty = Quantity(units: 3).raw
            writer.leavesQty = 0
            writer.trdMatchID = 12
            return TradeBroadcastWriter.fixedLength
        }
    }

    static func gap(stream: UInt8, subscription: UInt32) -> [UInt8] {
        message(BroadcastErrorNotificationWriter.lengthMax) {
            let writer = BroadcastErrorNotificationWriter($0)
            writer.initialize()
            writer.refApplID = stream
            writer.refApplSubID = subscription
            writer.sessionStatus = 0
            return writer.setVarText("lost")
        }
    }

    static func logonResponse(_ msgSeqNum: UInt32) -> [UInt8] {
        message(LogonResponseWriter.fixedLength) {
            let writer = LogonResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            return LogonResponseWriter.fixedLength
        }
    }

    static func subscribeResponse(_ msgSeqNum: UInt32, subscription: UInt32) -> [UInt8] {
        message(SubscribeResponseWriter.fixedLength) {
            let writer = SubscribeResponseWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.applSubID = subscription
            return SubscribeResponseWriter.fixedLength
        }
    }

    static func reject(_ msgSeqNum: UInt32, _ text: StaticString) -> [UInt8] {
        message(RejectWriter.lengthMax) {
            let writer = RejectWriter($0)
            writer.initialize()
            writer.msgSeqNum = msgSeqNum
            writer.sessionRejectReason = 5
            writer.sessionStatus = 0
            return writer.setVarText(text)
        }
    }

    static func put(_ bytes: [UInt8], into stream: inout InboundStream) {
        let space = stream.space()
        space.copyBytes(from: bytes)
        stream.commit(bytes.count)
    }

    /// Lets a stream read one message.
    static func readOne(_ bytes: [UInt8], _ check: (Inbound) throws -> Void) throws {
        var stream = InboundStream()
        put(bytes, into: &stream)
        try check(try #require(try stream.next()))
    }

    /// Lets a stream read one published message.
    static func read(
        _ bytes: [UInt8], _ check: (ListenerMessage) throws -> Void
    ) throws {
        var stream = InboundStream()
        put(bytes, into: &stream)
        let inbound = try #require(try stream.next())
        try check(try #require(ListenerMessage(inbound)))
    }
}
