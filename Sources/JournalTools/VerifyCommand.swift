import Archive
import CommandLineTool
import Domain
import Engine
import Journaling
import LinuxPlatform

/// `apus-journal verify`: reads every byte that is kept and lists all that is wrong with it.
struct VerifyCommand {
    struct Problem: Equatable {
        /// File or folder.
        var part: String
        var sentence: String
    }

    /// Returns whether nothing is wrong.
    func run(_ history: KeptHistory, _ output: ToolOutput) throws -> Bool {
        var problems: [Problem] = []
        var findings = Journal.Findings()
        output.progress.show("reading the journal")
        do {
            findings = try Journal.examine(disk: history.disk, identity: history.identity)
        } catch {
            problems.append(Problem(part: "journal", sentence: "\(error)"))
            problems += laterSegments(history)
        }
        var end = findings.end.lastSequence
        if problems.isEmpty {
            do {
                end = try history.end().lastSequence
            } catch {
                problems.append(Problem(part: "commands.ring", sentence: "\(error)"))
            }
        }
        let snapshots = verifySnapshots(history, through: end, &problems, output)
        let archive = verifyArchive(history, through: end, &problems, output)
        if let rest = archive.rest, !archive.restMayBeTorn {
            problems.append(
                Problem(
                    part: rest.path,
                    sentence:
                        "\(rest.path) is damaged at offset \(rest.offset): the \(rest.byteCount) bytes "
                        + "from there on do not go on from what is before them; the next start makes "
                        + "them anew from the journal"))
        }
        report(findings, end: end, snapshots: snapshots, archive, problems, output)
        return problems.isEmpty
    }

    /// Damage in one segment hides what is wrong with those behind it, so each is looked at alone.
    private func laterSegments(_ history: KeptHistory) -> [Problem] {
        var problems: [Problem] = []
        for (path, first) in Self.segments(Journal.folder, ".journal", history).dropFirst() {
            do {
                _ = try Journal.examine(
                    disk: history.disk, identity: history.identity, from: first)
            } catch {
                let problem = Problem(part: path, sentence: "\(error)")
                if problem.sentence.contains(path) { problems.append(problem) }
            }
        }
        return problems
    }

    /// Segments of a folder and their first commands, which journal and archive have at one offset.
    private static func segments(
        _ folder: String, _ ending: String, _ history: KeptHistory
    ) -> [(path: String, first: UInt64)] {
        let names = (try? history.disk.names(in: folder)) ?? []
        return names.filter { $0.hasSuffix(ending) }.compactMap { name in
            let path = "\(folder)/\(name)"
            return withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { word in
                guard let file = try? history.disk.open(path, writable: false),
                    (try? file.read(at: 40, into: word)) == 8
                else { return nil }
                let first = UInt64(littleEndian: word.load(as: UInt64.self))
                return first > 0 ? (path, first) : nil
            }
        }
    }

    private func verifySnapshots(
        _ history: KeptHistory, through last: UInt64, _ problems: inout [Problem],
        _ output: ToolOutput
    ) -> Int {
        var sound = 0
        for sequence in (try? history.snapshots.sequences()) ?? [] {
            let path = SnapshotLibrary.path(of: sequence)
            output.progress.show("reading \(path)")
            do {
                _ = try history.snapshots.verify(sequence)
                _ = try history.restore(sequence)
                sound += 1
            } catch {
                problems.append(Problem(part: path, sentence: "\(path): \(error)"))
            }
        }
        return sound
    }

    /// What was found of the archive.
    private struct ArchiveFindings {
        /// Events.
        var count = 0
        /// The last command.
        var end: UInt64 = 0
        /// Behind its end.
        var rest: ArchiveRest?
        /// It is what a kill may leave, a record cut short; or the machine was started again since, and a
        /// loss of power may leave any part of a write.
        var restMayBeTorn = false
    }

    /// Every record's checksum, and that the archive is not ahead of the journal.
    private func verifyArchive(
        _ history: KeptHistory, through last: UInt64, _ problems: inout [Problem],
        _ output: ToolOutput
    ) -> ArchiveFindings {
        var findings = ArchiveFindings()
        var sequence: UInt64 = 0
        // Behind damage, reading goes on with the next segment.
        var starts = Self.segments(ArchiveFolder.folder, ".events", history).map(\.first)[...]
        while let start = starts.popFirst() {
            guard start > sequence || start == 1 else { continue }
            do {
                var reader = try ArchiveReader(
                    history.archive, history: history.identity.genesis, after: start - 1)
                while let record = try next(&reader, &findings.rest) {
                    if record.kind == .event { findings.count += 1 }
                    if record.kind == .hole {
                        let sentence =
                            "the archive lacks commands \(record.lostFrom) to \(record.sequence)"
                        problems.append(Problem(part: ArchiveFolder.folder, sentence: sentence))
                    }
                    sequence = record.sequence
                    output.passed(sequence, of: max(last, sequence))
                }
                break
            } catch {
                problems.append(Problem(part: ArchiveFolder.folder, sentence: "\(error)"))
            }
        }
        if sequence > last {
            problems.append(
                Problem(
                    part: ArchiveFolder.folder,
                    sentence:
                        "the archive goes on to command \(sequence), and the journal ends with "
                        + "\(last)"))
        }
        findings.end = sequence
        if let rest = findings.rest {
            findings.restMayBeTorn =
                rest.mayBeCutRecord || (try? CommandLog.outlivedMachine(history.disk)) ?? true
        }
        return findings
    }

    /// The next record; at the end what lies behind it. A venue that runs may be writing that: then it is
    /// another one a moment later.
    private func next(
        _ reader: inout ArchiveReader, _ rest: inout ArchiveRest?
    ) throws -> ArchivedRecord? {
        var before: ArchiveRest?
        while true {
            if let record = try reader.next() { return record }
            rest = try reader.rest()
            guard rest != nil, rest != before else { return nil }
            before = rest
            Nap.nanos(100_000_000)
        }
    }

    private func report(
        _ findings: Journal.Findings, end: UInt64, snapshots: Int,
        _ archive: ArchiveFindings, _ problems: [Problem], _ output: ToolOutput
    ) {
        guard !output.isJSON else {
            return output.object { json in
                json.field("commands", end)
                json.field("segments", findings.paths.count)
                json.field("in_ring", end - min(end, findings.end.lastSequence))
                json.field("torn_bytes", findings.tornByteCount)
                json.field("snapshots", snapshots)
                json.field("events", archive.count)
                json.field("archive_behind", end - min(end, archive.end))
                json.field("archive_torn_bytes", archive.rest?.byteCount ?? 0)
                json.array("problems") { json in
                    for problem in problems {
                        json.object {
                            $0.field("part", problem.part)
                            $0.field("problem", problem.sentence)
                        }
                    }
                }
            }
        }
        for problem in problems { output.add("\(problem.part): \(problem.sentence)") }
        guard problems.isEmpty else {
            return output.add("\(problems.count) problem\(problems.count == 1 ? "" : "s")")
        }
        output.add(
            "good: \(formatGrouped(end)) commands in \(findings.paths.count) segments, "
                + "\(snapshots) snapshots, \(formatGrouped(archive.count)) events")
        if end > findings.end.lastSequence {
            output.add(
                "\(formatGrouped(end - findings.end.lastSequence)) of them are in commands.ring, "
                    + "where a venue that was killed, or runs, has them")
        }
        if archive.end < end {
            output.add(
                "the archive ends with command \(formatGrouped(archive.end)): a venue that runs, or "
                    + "the next start, completes it")
        }
        if let rest = archive.rest {
            output.add(
                "\(rest.byteCount) bytes behind the archive's end are of a write that was cut short, or "
                    + "damaged; the next start makes them anew")
        }
        if findings.tornByteCount > 0 {
            output.add(
                "\(findings.tornByteCount) bytes behind the end are of a write that was cut short; "
                    + "they do not count")
        }
    }
}
