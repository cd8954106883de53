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
            label: "capture", template: .orderExecResponse,
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
}
