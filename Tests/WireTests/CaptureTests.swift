import Foundation
import TestSupport
import Testing
import Wire

/// Packets recorded from a real exchange.
@Suite(
    .enabled(
        if: TestFiles.captures != nil,
        "There are no recorded packets beside APUS_DATA, so none can be decoded."))
struct CaptureTests {
    private func frames(_ name: String) throws -> [[UInt8]] {
        let folder = try #require(TestFiles.captures)
        return PacketCapture.payloads(
            of: try [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
    }

    @Test func `An execution of release 10.0 decodes in full`() throws {
        let frame = try #require(try frames("eti-10.0-OrderExecResponse.pcap").first)
        try frame.withUnsafeBytes { buffer in
            #expect(
                Framing.judgeResponse(buffer)
                    == .frame(template: .orderExecResponse, length: frame.count))
            let view = OrderExecResponseView(try #require(buffer.baseAddress))
            #expect(view.orderID == 1_675_978_913_005_000_005)
            #expect(view.msgSeqNum == 3)
            #expect(view.partitionID == 1)
            #expect(view.applID == ETI.ApplID.sessionData.rawValue)
            #expect(view.lastFragment == ETI.LastFragment.lastMessage.rawValue)
            #expect(view.marketSegmentID == 675)
            #expect(view.fills(at: 0).fillMatchID == 0x0500_0002)
            #expect(view.fills(at: 0).fillExecID == 0x0500_0190)
            let times = [
                view.requestTime, view.trdRegTSTimeIn, view.execID, view.trdRegTSTimeOut,
                view.responseIn, view.sendingTime,
            ]
            #expect(times == times.sorted())
            #expect((94_050..<94_150).contains(view.trdRegTSTimeIn - view.requestTime))
        }
        // Written again from its fields, the frame is the same but for its padding: the exchange
        // left old bytes there, we write zeros.
        let fields = describe(frame)
        let sample = Sample(
            label: "capture", template: .eti(.orderExecResponse),
            values: fields.map { (path: $0.path, raw: $0.raw) })
        let written = sample.written().bytes
        #expect(written.count == frame.count)
        for field in fields {
            let range = field.offset..<field.offset + field.raw.count
            #expect(written[range] == frame[range], "\(field.path)")
        }
        #expect(describe(written) == fields)
    }

    @Test func `A heartbeat of release 6.1 is a heartbeat`() throws {
        let frame = try #require(try frames("eti-6.1-Heartbeat.pcap").first { !$0.isEmpty })
        frame.withUnsafeBytes {
            #expect(Framing.judge($0) == .frame(template: .heartbeat, length: 16))
        }
    }

    @Test func `A login answer of release 6.1 repeats number 2`() throws {
        let frame = try #require(
            try frames("eti-6.1-UserLoginResponse.pcap").first { !$0.isEmpty })
        try frame.withUnsafeBytes { buffer in
            #expect(
                Framing.judgeResponse(buffer) == .frame(template: .userLoginResponse, length: 32))
            let view = UserLoginResponseView(try #require(buffer.baseAddress))
            #expect(view.msgSeqNum == 2)
            #expect(view.sendingTime >= view.requestTime)
        }
    }

    @Test func `A request for retransmission of release 6.1 is one`() throws {
        let frame = try #require(
            try frames("eti-6.1-RetransmitMeMessageRequest.pcap").first { !$0.isEmpty })
        frame.withUnsafeBytes {
            #expect(
                Framing.judge($0)
                    == .frame(template: .retransmitMEMessageRequest, length: frame.count))
            #expect(FrameHeader($0.baseAddress!).msgSeqNum == 3)
        }
    }

    /// A recorded packet of an older release, its header renumbered to that of ours: the fields of
    /// the header have not moved since, only its template.
    private func packet(_ name: String) throws -> [UInt8] {
        var bytes = try #require(try frames(name).first)
        bytes.withUnsafeBytes {
            #expect(EOBIDatagram($0) == nil, "a packet of another release is not for us")
        }
        bytes.replaceSubrange(
            2..<4, with: littleEndian(Int(EOBITemplateID.packetHeader.rawValue), size: 2))
        return bytes
    }

    @Test(arguments: [
        ("eobi-3.0-Heartbeat.pcap", 7194, 3166), ("eobi-6.0-Heartbeat.pcap", 12399, 348),
    ])
    func `A heartbeat of the public feed decodes in full`(
        _ name: String, _ product: Int32, _ lastMsgSeqNumProcessed: UInt32
    ) throws {
        try packet(name).withUnsafeBytes { buffer in
            var datagram = try #require(EOBIDatagram(buffer))
            #expect(datagram.packet.marketSegmentID == product)
            #expect(datagram.packet.partitionID == 6)
            #expect(datagram.packet.msgSeqNum == Null.u32)
            #expect(
                datagram.packet.completionIndicator == EOBI.CompletionIndicator.complete.rawValue)
            guard case .known(.heartbeat, let base) = datagram.next() else {
                Issue.record("there is no heartbeat")
                return
            }
            #expect(EOBIHeartbeatView(base).msgSeqNum == Null.u32)
            #expect(EOBIHeartbeatView(base).lastMsgSeqNumProcessed == lastMsgSeqNumProcessed)
            #expect(datagram.next() == nil)
        }
    }

    @Test func `The snapshot of a product of release 6.0 opens as ours`() throws {
        try packet("eobi-6.0-ProductSummary.pcap").withUnsafeBytes { buffer in
            var datagram = try #require(EOBIDatagram(buffer))
            guard case .known(.productSummary, let base) = datagram.next() else {
                Issue.record("there is no summary of the product")
                return
            }
            let summary = EOBIProductSummaryView(base)
            #expect(summary.lastMsgSeqNumProcessed == 26)
            #expect(summary.tradingSessionID == EOBI.TradingSessionID.day.rawValue)
            #expect(summary.tradingSessionSubID == EOBI.TradingSessionSubID.continuous.rawValue)
            #expect(summary.tradSesStatus == EOBI.TradSesStatus.open.rawValue)
            #expect(summary.marketCondition == Null.u8)
            #expect(summary.fastMarketIndicator == EOBI.FastMarketIndicator.no.rawValue)
            // The summary of an instrument was shorter then, so nothing of it must be believed.
            guard case .malformed(let offset) = datagram.next() else {
                Issue.record("a summary of another length was taken")
                return
            }
            #expect(offset == EOBIPacketHeaderView.length + EOBIProductSummaryView.length)
            #expect(datagram.next() == nil)
        }
    }
}
