import Domain
import Platform
import Reports
import SimulatedPlatform

@testable import Archive

let history: UInt64 = 0xABCD_EF01

/// Small segments, so that a test has many.
func makeFolder(_ disk: SimulatedDisk) -> ArchiveFolder {
    ArchiveFolder(disk: disk, segmentBytes: 48 << 10)
}

func makeWriter(_ store: any ArchiveStore) throws -> ArchiveWriter {
    try ArchiveWriter(store, history: history, sessionCount: Transactions.sessionCount)
}

extension ArchiveWriter {
    mutating func append(_ events: [EventBytes]) throws {
        for event in events {
            try event.withRecord { record in try append(record) }
        }
    }
}

/// What a reader handed out, kept.
struct Read: Equatable {
    var kind: ArchivedRecord.Kind
    var sequence: UInt64
    var index: UInt64
    var endsTransaction: Bool
    var words: [UInt64]

    init(_ record: ArchivedRecord) {
        kind = record.kind
        sequence = record.sequence
        index = record.index
        endsTransaction = record.endsTransaction
        words = record.slots.isEmpty ? [] : Array(record.slots.bindMemory(to: UInt64.self))
    }

    init(_ kept: Kept) {
        kind = .event
        sequence = kept.sequence
        index = kept.index
        endsTransaction = kept.endsTransaction
        words = kept.event.words
    }
}

/// Everything a reader finds now.
func readAll(_ store: any ArchiveStore, after sequence: UInt64 = 0) throws -> [Read] {
    var reader = try ArchiveReader(store, history: history, after: sequence)
    return try readOn(&reader)
}

func readOn(_ reader: inout ArchiveReader) throws -> [Read] {
    var found: [Read] = []
    while let record = try reader.next() { found.append(Read(record)) }
    return found
}

extension [Read] {
    var events: [Read] { filter { $0.kind == .event } }
}

/// Asks for a session's data: the events, what is told as forgotten, and the last id.
func ask(
    _ reader: inout SessionDataReader, _ session: Int, behind begin: ApplMsgID = .min,
    upTo end: ApplMsgID = .max, through: UInt64 = .max, budget: Int = 4096
) throws -> (events: [Read], forgotten: ApplMsgID?, last: ApplMsgID?) {
    try reader.begin(
        SessionDataRequest(
            session: SessionIndex(session), behind: begin, upTo: end, through: through))
    var events: [Read] = []
    var forgotten: ApplMsgID?
    while true {
        switch try reader.step(budget: budget) {
        case .record(let record): events.append(Read(record))
        case .forgotten(let id): forgotten = id
        case .underWay: continue
        case .done: return (events, forgotten, reader.last)
        }
    }
}

/// The archive's files.
func bytes(of disk: SimulatedDisk) throws -> [String: [UInt8]] {
    var all: [String: [UInt8]] = [:]
    for name in try disk.names(in: "archive") {
        all[name] = disk.contents(of: "archive/\(name)")
    }
    return all
}
