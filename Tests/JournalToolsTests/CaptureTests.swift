import Domain
import Foundation
import Reports
import TestSupport
import Testing
import Wire

@testable import JournalTools

/// What sessions were told, as a capture.
@Suite struct CaptureTests {
    private func capture(
        _ kept: KeptMarket, session: SessionIndex? = nil, day: UInt32? = nil, trades: Bool = false,
        _ body: (String) throws -> Void
    ) throws {
        try Captured.path(".pcap") { path in
            _ = try kept.printed {
                try CaptureCommand(
                    path: path, session: session, day: day, includesTrades: trades
                ).run($0, $1)
            }
            try body(path)
        }
    }

    private func messages(_ path: String) throws -> [[UInt8]] {
        PacketCapture.payloads(of: [UInt8](try Data(contentsOf: URL(filePath: path))))
    }

    private func template(_ message: [UInt8]) -> UInt16 {
        UInt16(message[4]) | UInt16(message[5]) << 8
    }

    @Test func everyMessageOfTheHistoryIsThere() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market)
        let events = market.history.flatMap(\.events)
        let executions = events.reduce(0) { $0 + $1.fills.count }
        try capture(kept, trades: true) { path in
            let messages = try messages(path)
            let reports = messages.filter {
                template($0) == TemplateID.orderExecReportBroadcast.rawValue
            }
            // All orders here are standard ones, so every accepted, changed and traded one is told.
            let told = events.filter {
                switch $0.event.kind {
                case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted,
                    .restingExecuted:
                    true
                default: false
                }
            }
            #expect(reports.count == told.count)
            #expect(
                messages.count { template($0) == TemplateID.tradeBroadcast.rawValue } == executions)
            #expect(
                messages.contains { template($0) == TemplateID.deleteAllOrderBroadcast.rawValue })
        }
    }

    @Test func oneSessionAndOneDay() throws {
        let kept = try KeptMarket(ScriptedMarket.busy())
        try capture(kept, session: SessionIndex(1)) { path in
            for message in try messages(path)
            where template(message) == TemplateID.orderExecReportBroadcast.rawValue {
                message.withUnsafeBytes {
                    let view = OrderExecReportBroadcastView($0.baseAddress!)
                    #expect(view.partyIDSessionID == 20001)
                    #expect(view.applResendFlag == 1)
                }
            }
        }
        for (day, isThere) in [(20_261_121, true), (20_261_122, false)] as [(UInt32, Bool)] {
            try capture(kept, day: day) { path in
                let found = try messages(path)
                #expect(found.isEmpty != isThere)
            }
        }
    }

    @Test(
        .enabled(if: TestFiles.program("tshark") != nil, "tshark is not installed"))
    func anotherProgramReadsIt() throws {
        let tshark = try #require(TestFiles.program("tshark"))
        let kept = try KeptMarket(ScriptedMarket.busy())
        try capture(kept, trades: true) { path in
            let dissected = try Dissector.dissect(
                path: path, ports: [CaptureCommand.orderPort, CaptureCommand.dropCopyPort],
                with: tshark)
            let count = try messages(path).count
            #expect(dissected.count == count)
            #expect(dissected.allSatisfy { $0.alarms.isEmpty && $0.unnamed.isEmpty })
        }
    }
}
