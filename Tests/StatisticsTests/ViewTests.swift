import CommandLineTool
import Foundation
import Testing

@testable import Statistics

@Suite struct ViewTests {
    @Test func aSnapshotIsTables() {
        #expect(
            SnapshotView(snapshot: .sample(), earlier: nil).text == """
                venue demo, process 4711, up 1 min 0 s

                threads
                  thread   work   cycles    busy  sleeps  stalls  longest   lately
                  orders  1,200  300,000  25.0 %     180       2  4.20 ms  87.0 µs

                rings
                  ring    slots  backlog   fill  largest  capacity
                  events  2,400       16  1.6 %      640     1,024

                pools
                  pool    in use    fill  capacity
                  orders     250  25.0 %     1,000

                counters
                  counter                          total
                  engine.commands{kind=new_order}  1,200
                  engine.event_ring_waits              0

                now
                  gauge               value
                  engine.trade_sides     42

                dropcopy counters
                  counter            total
                  dropcopy.messages  2,400

                """)
    }

    @Test func withAnEarlierOneItHasRates() {
        let view = SnapshotView(
            snapshot: .sample(seconds: 62, orders: 1_300, deletes: 1),
            earlier: .sample(seconds: 60), showsZeroes: true)
        let rows = view.text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        func row(_ name: String) -> [Substring] { rows.first { $0.first == name[...] } ?? [] }
        #expect(
            row("orders") == [
                "orders", "50", "5,000", "25.0", "%", "3.0", "2", "4.20", "ms", "87.0", "µs",
            ])
        #expect(row("events") == ["events", "100", "16", "1.6", "%", "640", "1,024"])
        #expect(row("engine.commands{kind=new_order}").dropFirst() == ["50", "1,300"])
        #expect(row("engine.commands{kind=delete_order}").dropFirst() == ["0.5", "1"])
        #expect(row("dropcopy.messages").dropFirst() == ["0", "2,400"])
    }

    @Test func aProgramStartedAnewCountsFromThere() {
        var earlier = Snapshot.sample(seconds: 60)
        earlier.programs[1].samples[0].value = 9_999
        let view = SnapshotView(snapshot: .sample(seconds: 61), earlier: earlier)
        #expect(view.text.contains("dropcopy.messages       2,400  2,400"))
    }

    @Test func jsonHasEveryCounterByItsName() throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(Snapshot.sample().json.utf8))
        let object = try #require(parsed as? [String: Any])
        #expect(object["venue"] as? String == "demo")
        #expect(object["process"] as? Int == 4711)
        #expect(object["time_nanos"] as? Int == 61_000_000_000)
        let programs = try #require(object["programs"] as? [String: [String: Int]])
        #expect(programs["venue"]?.count == 17)
        #expect(programs["venue"]?["engine.commands{kind=new_order}"] == 1_200)
        #expect(programs["dropcopy"] == ["dropcopy.messages": 2_400])
        #expect(!Snapshot.sample().json.contains("\n"))
    }

    @Test func aFrameOverwritesTheLastOne() {
        #expect(
            Screen.frame("abcdef\n\ngh\n", rows: 10, columns: 4)
                == "\u{1B}[Habcd\u{1B}[K\n\u{1B}[K\ngh\u{1B}[K\n\u{1B}[J")
        // As many rows as there are, less the one the cursor is left in.
        #expect(
            Screen.frame("a\nb\nc\n", rows: 3, columns: 80)
                == "\u{1B}[Ha\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
    }

    @Test func explainsEveryFamilyOnce() {
        let lines = StatJob.explanation(.sample()).split(separator: "\n")
        #expect(lines.count == 1 + 17)
        #expect(
            lines.contains {
                $0.hasPrefix("engine.commands{kind}") && $0.hasSuffix("engine.commands.")
            })
    }

    @Test(arguments: [
        (["--json", "--prometheus"], "exclude each other"),
        (["--watch", "--prometheus"], "--watch goes with"),
        (["--watch", "--explain"], "--watch goes with"),
        (["--interval", "1s"], "--interval goes with --watch"),
        (["--watch", "--interval", "1ns"], "--interval is \"1ns\""),
    ])
    func argumentsThatDoNotFitAreRefused(words: [String], answer: String) throws {
        guard case .run(let arguments) = try StatTool.tool.parse(words) else {
            Issue.record("not run")
            return
        }
        #expect {
            _ = try StatJob(arguments)
        } throws: {
            "\($0)".contains(answer)
        }
    }
}
