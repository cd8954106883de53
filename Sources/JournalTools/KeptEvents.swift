import Archive
import Domain
import Reports

/// Events as the archive has them, in order.
struct KeptEvents: ~Copyable {
    private var reader: ArchiveReader

    /// Begins behind a command.
    init(_ history: KeptHistory, after sequence: UInt64 = 0) throws {
        reader = try ArchiveReader(
            history.archive, history: history.identity.genesis, after: sequence)
    }

    /// The next event, valid until the next call; nil at the end. What is lost is an error.
    mutating func next() throws -> EventRecord? {
        while let found = try reader.next() {
            switch found.kind {
            case .event: return found.record
            case .nothing: continue
            case .hole:
                throw JournalToolError(
                    "the archive lacks commands \(found.lostFrom) to \(found.sequence)")
            }
        }
        return nil
    }
}

extension MarketNames {
    /// The wire's numbers of what an event names by position.
    func reportNames(of record: EventRecord) -> ReportNames {
        let instrument = self.instrument(record.event.instrument)
        let product = product(instrument?.product ?? record.context.product)
        let unit = unit(of: record.ownerSession)
        return ReportNames(
            securityID: instrument?.securityID, marketSegmentID: product?.marketSegmentID ?? .min,
            sessionID: sessionID(record.ownerSession) ?? .max, unitID: unit?.id ?? .max)
    }
}
