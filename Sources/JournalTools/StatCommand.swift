import CommandLineTool
import DataOutput
import Domain
import Journaling
import Platform

/// `apus-journal stat`: what is kept, in numbers.
struct StatCommand {
    private struct Counts {
        var byKind: [String: Int] = [:]
        var bySession: [UInt32: Int] = [:]
        var first = Timestamp.none
        var last = Timestamp.none
        var total = 0
    }

    func run(_ history: KeptHistory, _ output: ToolOutput) throws {
        let end = try history.end()
        let counts = try count(history, through: end.lastSequence, output)
        let parts = try ["journal", "snapshots", "archive"].map { part in
            (part, try Self.size(of: part, on: history.disk))
        }
        let snapshots = try history.snapshots.sequences()
        guard !output.isJSON else {
            return output.object { json in
                json.field("genesis", String(history.identity.genesis, radix: 16))
                json.field("rules_version", history.identity.rulesVersion)
                json.field("commands", counts.total)
                json.field("last_sequence", end.lastSequence)
                json.field("first_time", counts.first.isNone ? nil : counts.first.nanos)
                json.field("last_time", counts.last.isNone ? nil : counts.last.nanos)
                json.object("kinds") { json in
                    for (kind, count) in counts.byKind.sorted(by: { $0.key < $1.key }) {
                        json.field(kind, count)
                    }
                }
                json.object("requests_by_session") { json in
                    for (session, count) in counts.bySession.sorted(by: { $0.key < $1.key }) {
                        json.field("\(session)", count)
                    }
                }
                for (part, size) in parts {
                    json.object(part) {
                        $0.field("files", size.files)
                        $0.field("bytes", size.bytes)
                    }
                }
                json.array("snapshot_sequences") { json in
                    for sequence in snapshots { json.value(sequence) }
                }
            }
        }
        show(counts, end, parts, snapshots, history, output)
    }

    private func show(
        _ counts: Counts, _ end: JournalEnd, _ parts: [(String, (files: Int, bytes: Int))],
        _ snapshots: [UInt64], _ history: KeptHistory, _ output: ToolOutput
    ) {
        output.add(
            "history \(String(history.identity.genesis, radix: 16)), engine rules "
                + "\(history.identity.rulesVersion)")
        output.add(
            "\(formatGrouped(end.lastSequence)) commands from \(NumberText.exactMoment(counts.first)) "
                + "to \(NumberText.exactMoment(counts.last))")
        var table = TextTable([("kind", .left), ("commands", .right)])
        for (kind, count) in counts.byKind.sorted(by: { $0.value > $1.value }) {
            table.add([kind, formatGrouped(count)])
        }
        output.add(table.text)
        var sessions = TextTable([("session", .left), ("commands", .right)])
        for (session, count) in counts.bySession.sorted(by: { $0.key < $1.key }) {
            sessions.add(["\(session)", formatGrouped(count)])
        }
        output.add(sessions.text)
        for (part, size) in parts {
            output.add("\(part): \(size.files) files, \(formatGrouped(size.bytes)) bytes")
        }
        if !snapshots.isEmpty {
            output.add(
                "snapshots of commands "
                    + snapshots.map { formatGrouped($0) }.joined(separator: "; "))
        }
    }

    private func count(
        _ history: KeptHistory, through last: UInt64, _ output: ToolOutput
    ) throws -> Counts {
        var counts = Counts()
        guard last > 0 else { return counts }
        var reader = try history.commands(from: 1)
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        while try reader.next(through: last, &command, &details) {
            counts.total += 1
            counts.byKind["\(command.kind)", default: 0] += 1
            if let session = history.names.sessionID(command.session) {
                counts.bySession[session, default: 0] += 1
            }
            if counts.first.isNone { counts.first = command.timeIn }
            counts.last = command.timeIn
            output.passed(command.sequence, of: last)
        }
        return counts
    }

    private static func size(
        of folder: String, on disk: any Disk
    ) throws -> (files: Int, bytes: Int) {
        let names = try disk.names(in: folder)
        return try names.reduce((0, 0)) { sum, name in
            let file = try disk.open("\(folder)/\(name)", writable: false)
            return (sum.0 + 1, sum.1 + file.byteCount)
        }
    }
}
