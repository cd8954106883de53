import Archive
import Domain
import Reports
import TestSupport
import Testing
import Wire

@testable import Retransmission

@Suite(.serialized) struct RecorderTests {
    @Test func `What the recorder was too slow for is told as a gap, once`() throws {
        let bench = try Bench(capacity: 256)
        for _ in 0..<50 { bench.publish(.orderAccepted, 0) }
        bench.step()
        // The ring goes round twice before it is looked at again.
        for _ in 0..<300 { bench.publish(.orderAccepted, 0) }
        bench.step()
        for _ in 0..<5 { bench.publish(.orderAccepted, 0) }
        let first = try #require(bench.asked(0))
        var messages = first.messages
        while let next = bench.asked(0, behind: messages.isEmpty ? .min : lastID(messages)),
            !next.messages.isEmpty
        {
            messages += next.messages
        }
        let gaps = messages.indices.filter {
            messages[$0].template == .broadcastErrorNotification
        }
        #expect(gaps == [50])
        let ids = messages.filter { $0.template == .orderExecReportBroadcast }.map(\.id.execID)
        #expect(ids == ids.sorted() && ids.last == Bench.execID(355))
        #expect(Array(ids[..<50]) == (1...50).map { Bench.execID($0) })
        // Behind the hole all is there.
        let behind = Array(ids[50...])
        #expect(behind.count > 60)
        #expect(behind == (UInt64(356 - behind.count)...355).map { Bench.execID($0) })
        // Nothing is missing behind the hole.
        let tail = try #require(
            bench.asked(0, behind: ApplMsgID(execID: behind[0], index: 0)))
        #expect(tail.messages.allSatisfy { $0.template == .orderExecReportBroadcast })
    }

    @Test func `What memory no longer holds is one gap in front`() throws {
        let bench = try Bench(store: ArchiveMemory(segmentBytes: 64 << 10, segmentCountMax: 2))
        for _ in 0..<2000 {
            bench.publish(.orderAccepted, 0)
            bench.step()
        }
        let first = try #require(bench.asked(0)).messages
        #expect(first[0].template == .broadcastErrorNotification)
        #expect(first.count == 100)
        #expect(first[1].id.execID > Bench.execID(500))
        let oldest = first[1].id
        let again = try #require(bench.asked(0, behind: oldest)).messages
        #expect(again[0].template == .orderExecReportBroadcast)
    }

    /// They are no part of session data, and all that a bounded memory has to know is that they were.
    @Test func `Lean orders take no place from what can be asked for again`() throws {
        let bench = try Bench(store: ArchiveMemory(segmentBytes: 64 << 10, segmentCountMax: 2))
        for number in 1...2000 {
            bench.publish(.orderAccepted, 0, isStandard: number % 400 == 1)
            bench.step()
        }
        let told = try #require(bench.asked(0)).messages
        #expect(told.map(\.template) == Array(repeating: .orderExecReportBroadcast, count: 5))
        #expect(told.map(\.id.execID) == [1, 401, 801, 1201, 1601].map { Bench.execID($0) })
    }

    private func lastID(_ messages: [Message]) -> ApplMsgID {
        messages.last { $0.template == .orderExecReportBroadcast }?.id ?? .min
    }
}
