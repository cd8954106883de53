import Testing
import Wire

/// The shared headers lie in every message where the message's own accessors look for them.
@Suite struct HeaderTests {
    private func message(
        _ length: Int, _ body: (UnsafeMutableRawPointer) -> Void
    ) {
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
        defer { space.deallocate() }
        body(space.baseAddress!)
    }

    @Test func `A broadcast numbered by ApplMsgID`() {
        message(OrderExecReportBroadcastWriter.fixedLength) { space in
            OrderExecReportBroadcastWriter(space).initialize()
            let header = RBCHeaderMEWriter(ofMessage: space)
            header.trdRegTSTimeOut = 1
            header.notificationIn = 2
            header.sendingTime = 3
            header.applSubID = 4
            header.partitionID = 5
            header.applID = 6
            header.lastFragment = 1
            let view = OrderExecReportBroadcastView(space)
            #expect(view.trdRegTSTimeOut == 1 && view.notificationIn == 2)
            #expect(view.sendingTime == 3 && view.applSubID == 4 && view.partitionID == 5)
            #expect(view.applID == 6 && view.lastFragment == 1 && view.orderID == Null.u64)
        }
    }

    @Test func `A broadcast numbered by ApplSeqNum`() {
        message(TradeBroadcastWriter.fixedLength) { space in
            TradeBroadcastWriter(space).initialize()
            let header = RBCHeaderWriter(ofMessage: space)
            header.sendingTime = 1
            header.applSeqNum = 2
            header.applSubID = 3
            header.applResendFlag = 1
            let view = TradeBroadcastView(space)
            #expect(view.sendingTime == 1 && view.applSeqNum == 2 && view.applSubID == 3)
            #expect(view.applResendFlag == 1)
        }
    }

    @Test func `Answers of the engine and of the session layer`() {
        message(OrderExecResponseWriter.fixedLength) { space in
            OrderExecResponseWriter(space).initialize()
            let header = ResponseHeaderMEWriter(ofMessage: space)
            header.requestTime = 1
            header.msgSeqNum = 2
            header.lastFragment = 0
            let view = OrderExecResponseView(space)
            #expect(view.requestTime == 1 && view.msgSeqNum == 2 && view.lastFragment == 0)
        }
        message(RejectWriter.fixedLength) { space in
            RejectWriter(space).initialize()
            NRResponseHeaderMEWriter(ofMessage: space).responseIn = 7
            #expect(RejectView(space).responseIn == 7)
        }
        message(RetransmitResponseWriter.fixedLength) { space in
            RetransmitResponseWriter(space).initialize()
            ResponseHeaderWriter(ofMessage: space).msgSeqNum = 9
            #expect(RetransmitResponseView(space).msgSeqNum == 9)
        }
        message(HeartbeatNotificationWriter.fixedLength) { space in
            HeartbeatNotificationWriter(space).initialize()
            NotifHeaderWriter(ofMessage: space).sendingTime = 8
            #expect(HeartbeatNotificationView(space).sendingTime == 8)
        }
    }
}
