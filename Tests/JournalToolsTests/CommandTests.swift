import DataOutput
import Domain
import Foundation
import SQLiteFile
import TestSupport
import Testing

@testable import JournalTools

/// What each command says of one kept market, and that nothing is changed by asking.
@Suite struct CommandTests {
    private func expectUntouched(_ kept: KeptMarket, _ body: () throws -> Void) rethrows {
        let before = kept.contents
        try body()
        #expect(kept.contents == before)
    }

    @Test func verifyIsGoodAndTouchesNothing() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market, inRing: 3, snapshotsAt: [10, 20])
        try expectUntouched(kept) {
            let lines = try kept.printed { history, output in
                let isGood = try VerifyCommand().run(history, output)
                #expect(isGood)
            }
            let count = market.history.count
            #expect(lines[0].hasPrefix("good: \(count) commands in 1 segments, 2 snapshots, "))
            #expect(lines[1].hasPrefix("3 of them are in commands.ring"))
            #expect(lines[2].hasPrefix("the archive ends with command \(count - 3)"))
        }
    }

    @Test func verifyListsAllThatIsWrong() throws {
        let kept = try KeptMarket(ScriptedMarket.busy(), snapshotsAt: [10, 20])
        kept.disk.flipBit(of: "journal/00000001.journal", at: 4096 + 400, bit: 3)
        kept.disk.flipBit(of: "snapshots/00000000000000000020.snapshot", at: 500, bit: 1)
        let lines = try kept.printed(isJSON: true) { history, output in
            let isGood = try VerifyCommand().run(history, output)
            #expect(!isGood)
        }
        #expect(lines.count == 1)
        #expect(lines[0].contains("journal/00000001.journal"))
        #expect(lines[0].contains("offset"))
        #expect(lines[0].contains("snapshots/00000000000000000020.snapshot"))
        #expect(!lines[0].contains("snapshots/00000000000000000010.snapshot"))
    }

    @Test func verifyTellsDamageInTheLastSegmentOfTheArchive() throws {
        func verify(_ kept: KeptMarket) throws -> (isGood: Bool, lines: [String]) {
            var isGood = false
            let lines = try kept.printed { isGood = try VerifyCommand().run($0, $1) }
            return (isGood, lines)
        }
        let kept = try KeptMarket(ScriptedMarket.busy(), inRing: 3)
        let path = "archive/00000001.events"
        let bytes = try #require(kept.disk.contents(of: path))
        let last = try #require(bytes.lastIndex { $0 != 0 })
        // In the last record, as a kill may leave it.
        kept.disk.flipBit(of: path, at: last, bit: 1)
        let short = try verify(kept)
        #expect(short.isGood && short.lines.last?.contains("behind the archive's end") == true)
        kept.disk.flipBit(of: path, at: last, bit: 1)
        // And far before it, as only damage does, or a loss of power.
        kept.disk.flipBit(of: path, at: last / 2, bit: 1)
        let damaged = try verify(kept)
        #expect(!damaged.isGood && damaged.lines[0].contains("\(path) is damaged at offset "))
        kept.disk.cutPower()
        #expect(try verify(kept).isGood)
    }

    @Test func replayReachesTheSameStateFromAnywhere() throws {
        var market = ScriptedMarket.busy()
        let kept = try KeptMarket(market, inRing: 3, snapshotsAt: [10, 20])
        let hash = String(market.stateHash(), radix: 16)
        try expectUntouched(kept) {
            let short = try kept.printed { try ReplayCommand().run($0, $1) }
            #expect(short[0].contains("from the snapshot of command 20"))
            #expect(short[1] == "state \(hash)")
            let long = try kept.printed {
                try ReplayCommand(ignoresSnapshots: true).run($0, $1)
            }
            #expect(long[0].contains("from the beginning"))
            #expect(long[1] == "state \(hash)")
            #expect(long[2] == "2 snapshots on the way hold the same state")
        }
    }

    @Test func replayComparesWithTheArchive() throws {
        let kept = try KeptMarket(ScriptedMarket.busy())
        let lines = try kept.printed(isJSON: true) {
            try ReplayCommand(ignoresSnapshots: true, comparesArchive: true).run($0, $1)
        }
        #expect(lines[0].contains("\"events_equal\":"))
        // Of another history are events that the commands did not make.
        var other = ScriptedMarket()
        _ = other.enter(0, number: 1, .sell, 6, at: 100, execInst: .persistent)
        let foreign = try KeptMarket(other)
        let path = "archive/00000001.events"
        kept.disk.setContents(of: path, to: try #require(foreign.disk.contents(of: path)))
        #expect(throws: JournalToolError.self) {
            _ = try kept.printed {
                try ReplayCommand(ignoresSnapshots: true, comparesArchive: true).run($0, $1)
            }
        }
    }

    @Test func replayPassesADamagedSnapshotOver() throws {
        let kept = try KeptMarket(ScriptedMarket.busy(), snapshotsAt: [10, 20])
        kept.disk.flipBit(of: "snapshots/00000000000000000020.snapshot", at: 500, bit: 1)
        let lines = try kept.printed { try ReplayCommand().run($0, $1) }
        #expect(lines[0].contains("from the snapshot of command 10"))
    }

    @Test func dumpShowsWhatIsMeant() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market, inRing: 2)
        let all = try kept.printed { try DumpCommand().run($0, $1) }
        #expect(all.count == market.history.count)
        #expect(
            all[3]
                == "4 2026-11-21T06:00:04.000000000Z newOrder session 10001 trader 11 request 1: "
                + "sell 5 AAPL at 100.00, day, standard, persistent, ClOrdID 100")
        let part = try kept.printed {
            try DumpCommand(from: 4, through: 6, session: SessionIndex(0)).run($0, $1)
        }
        #expect(part == [all[3]])
        let order = try #require(market.history[3].events.first?.event.orderID)
        let life = try kept.printed(isJSON: true) {
            try DumpCommand(order: order, showsEvents: true).run($0, $1)
        }
        // Entered, traded, and a deletion that comes too late.
        #expect(life.count == 3)
        #expect(life[0].contains("\"kind\":\"newOrder\""))
        #expect(life[1].contains("\"kind\":\"restingExecuted\""))
        #expect(life[2].contains("\"reject_reason\":10000"))
    }

    @Test func explainTellsTheLifeOfAnOrder() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market, inRing: 2)
        let order = try #require(market.history[3].events.first?.event.orderID)
        let lines = try kept.printed { try ExplainCommand(order: order).run($0, $1) }
        #expect(lines.count == 2)
        #expect(
            lines[0].hasPrefix("2026-11-21T06:00:04.000000000Z (command 4) Entered by trader 11"))
        #expect(lines[1].contains("5 traded at its price 100.00"))
        #expect(throws: JournalToolError("no order 1 is in the journal")) {
            _ = try kept.printed { try ExplainCommand(order: OrderID(raw: 1)).run($0, $1) }
        }
    }

    @Test func statCounts() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market, snapshotsAt: [10])
        let lines = try kept.printed(isJSON: true) { try StatCommand().run($0, $1) }
        #expect(lines[0].contains("\"commands\":\(market.history.count)"))
        #expect(lines[0].contains("\"newOrder\":"))
        #expect(lines[0].contains("\"snapshot_sequences\":[10]"))
        let text = try kept.printed { try StatCommand().run($0, $1) }
        #expect(text.contains { $0.hasPrefix("snapshots of commands 10") })
    }

    @Test func exportHasARowForEachExecution() throws {
        let market = ScriptedMarket.busy()
        let kept = try KeptMarket(market)
        let fills = market.history.flatMap(\.events).reduce(0) { $0 + $1.fills.count }
        try Captured.path(".csv") { path in
            _ = try kept.printed {
                try ExportCommand(path: path, format: .csv).run($0, $1)
            }
            let rows = try String(contentsOfFile: path, encoding: .utf8)
                .split(separator: "\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
            #expect(rows.count == fills + 1)
            #expect(rows[0].count == ExportCommand.columns.count)
            let quantity = rows[0].firstIndex(of: "quantity") ?? 0
            let side = rows[0].firstIndex(of: "side") ?? 0
            var balance: [Substring: Int] = [:]
            for row in rows.dropFirst() {
                balance[row[side], default: 0] += Int(row[quantity]) ?? 0
            }
            #expect(balance["buy"] == balance["sell"])
            #expect(balance["buy"] == 10)
        }
    }

    @Test(.enabled(if: SQLiteFile.isAvailable, "needs libsqlite3-dev"))
    func exportToADatabase() throws {
        let kept = try KeptMarket(ScriptedMarket.busy())
        try Captured.path(".sqlite") { path in
            _ = try kept.printed {
                try ExportCommand(path: path, format: .sqlite).run($0, $1)
            }
            let file = try SQLiteFile(path: path)
            let query = try file.prepare(
                "SELECT sum(quantity), max(cum_qty) FROM executions WHERE side = 'sell'")
            try query.begin([])
            #expect(try query.next())
        }
    }

    @Test func aFolderWithoutHistoryIsASentence() {
        #expect(throws: JournalToolError.self) { try KeptHistory(on: SimulatedDiskOfNothing.disk) }
        #expect(throws: (any Error).self) { try KeptHistory(path: "/nowhere/at/all") }
    }
}
