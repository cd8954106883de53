import CommandLineTool
import Domain
import Engine
import Journaling
import LinuxPlatform

/// `apus-journal replay`: makes the state again and says which it is and how long that took.
struct ReplayCommand {
    /// Begin with the market's beginning, and not with the newest sound snapshot.
    var ignoresSnapshots = false
    /// Compare what happens with what the archive has.
    var comparesArchive = false

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let start = try begin(history)
        let sequence = start.lastSequence
        let last = try history.end(after: sequence).lastSequence
        let waiting = try history.snapshots.sequences().filter { $0 > sequence && $0 <= last }
        var walk = try ReplayWalk(history, from: start, through: last)
        var comparison = try comparesArchive ? ArchiveComparison(history, after: sequence) : nil
        var next = waiting[...]
        var compared = 0
        let begin = SystemClock.monotonicNanos()
        while let command = try walk.next() {
            if comparison != nil {
                try walk.take { try comparison?.take($0) }
            } else {
                walk.drop()
            }
            output.passed(command.sequence, of: last)
            guard command.sequence == next.first else { continue }
            next.removeFirst()
            compared += try compare(&walk, command.sequence, history) ? 1 : 0
        }
        let nanos = max(1, SystemClock.monotonicNanos() - begin)
        if let missing = try comparison?.finish() { throw JournalToolError(missing) }
        guard walk.lastSequence == last else {
            throw JournalToolError(
                "the journal ends at command \(walk.lastSequence) and not at \(last)")
        }
        report(
            output, from: sequence, through: last, nanos, hash: walk.stateHash(),
            snapshots: compared, events: comparison?.count)
    }

    /// The newest sound snapshot, or the market's beginning.
    private func begin(_ history: KeptHistory) throws -> Partition {
        for sequence in try history.snapshots.sequences().reversed() where !ignoresSnapshots {
            do {
                return try history.restore(sequence)
            } catch {
                printError(
                    "apus-journal: \(SnapshotLibrary.path(of: sequence)) is not used: \(error)")
            }
        }
        return Partition(history.partition)
    }

    /// Whether a snapshot on the way is sound; its state has to be the one just made.
    private func compare(
        _ walk: inout ReplayWalk, _ sequence: UInt64, _ history: KeptHistory
    ) throws -> Bool {
        let path = SnapshotLibrary.path(of: sequence)
        guard let header = try? history.snapshots.verify(sequence) else {
            printError("apus-journal: \(path) is damaged")
            return false
        }
        guard header.stateHash == walk.stateHash() else {
            throw JournalToolError(
                "the commands up to \(sequence) lead to another state than \(path) holds")
        }
        return true
    }

    private func report(
        _ output: ToolOutput, from first: UInt64, through last: UInt64, _ nanos: UInt64,
        hash: UInt64, snapshots: Int, events: Int?
    ) {
        let count = last - first
        let rate = Double(count) / (Double(nanos) / 1e9)
        let text = String(hash, radix: 16)
        guard !output.isJSON else {
            return output.object {
                $0.field("snapshot", first == 0 ? nil : first)
                $0.field("sequence", last)
                $0.field("commands", count)
                $0.field("seconds", Double(nanos) / 1e9, decimals: 6)
                $0.field("commands_per_second", rate, decimals: 0)
                $0.field("state_hash", text)
                $0.field("snapshots_equal", snapshots)
                $0.field("events_equal", events)
            }
        }
        let source =
            first == 0 ? "the beginning" : "the snapshot of command \(formatGrouped(first))"
        output.add(
            "\(formatGrouped(count)) commands from \(source) to \(formatGrouped(last)) in "
                + "\(formatNanos(nanos)), \(formatGrouped(Int(rate))) a second")
        output.add("state \(text)")
        if snapshots > 0 { output.add("\(snapshots) snapshots on the way hold the same state") }
        if let events {
            output.add("\(formatGrouped(events)) events are those of the archive")
        }
    }
}
