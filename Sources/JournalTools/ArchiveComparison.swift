import Archive
import Domain
import Reports

/// Holds what commands do against what the archive says they did.
struct ArchiveComparison: ~Copyable {
    private var reader: ArchiveReader
    /// Events that are equal.
    private(set) var count = 0
    private var lastSequence: UInt64

    init(_ history: KeptHistory, after sequence: UInt64) throws {
        reader = try ArchiveReader(
            history.archive, history: history.identity.genesis, after: sequence)
        lastSequence = sequence
    }

    /// Takes an event as repeating its command made it.
    mutating func take(_ made: EventRecord) throws {
        // Listings repeat a state for readers that lost events, and are not kept.
        guard !made.isListing else { return }
        while true {
            guard let kept = try reader.next() else { throw shortfall(made.event.sequence) }
            lastSequence = kept.sequence
            switch kept.kind {
            case .nothing: continue
            case .hole:
                throw JournalToolError(
                    "the archive lacks commands \(kept.lostFrom) to \(kept.sequence)")
            case .event: break
            }
            guard kept.sequence == made.event.sequence, Self.areEqual(kept.record, made) else {
                throw JournalToolError(
                    "command \(made.event.sequence) did \(made.event.kind), and the archive has "
                        + "\(kept.record.event.kind) of command \(kept.sequence) there")
            }
            count += 1
            return
        }
    }

    /// All commands are repeated; returns what is wrong with what is left, if anything.
    mutating func finish() throws -> String? {
        while let kept = try reader.next() {
            guard kept.kind == .nothing else {
                return "the archive goes on with command \(kept.sequence), and the journal does not"
            }
        }
        return nil
    }

    private func shortfall(_ sequence: UInt64) -> JournalToolError {
        JournalToolError(
            "the archive ends with command \(lastSequence), before \(sequence): the next start of the "
                + "venue completes it")
    }

    /// Heads, context, fills and details, word by word but for bytes that mean nothing.
    private static func areEqual(_ a: EventRecord, _ b: EventRecord) -> Bool {
        let (first, second) = (SeenEvent(a), SeenEvent(b))
        return bytes(first.event) == bytes(second.event)
            && bytes(first.context) == bytes(second.context) && first.fills == second.fills
            && a.parties.map(bytes) == b.parties.map(bytes)
            && a.texts.map(bytes) == b.texts.map(bytes)
    }

    private static func bytes<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value) { [UInt8]($0) }
    }
}
