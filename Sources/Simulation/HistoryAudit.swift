import Archive
import Domain
import Reports

/// Holds what everybody was told against the history that commands on disk make: nothing that was
/// acknowledged is missing from it, and nobody heard of what is not in it.
struct HistoryAudit {
    private struct Key: Hashable {
        var execID: UInt64
        var orderID: UInt64
    }

    private struct State: Equatable {
        var leavesQty: Int64
        var executed: Int64
    }

    /// What sessions were told of their orders.
    private var told: [Key: State] = [:]
    /// Transactions that anybody at all has heard of.
    private var heard: Set<UInt64> = []
    /// Entries that sessions sent, whatever became of them.
    private var sent: [EntryKey: OrderTerms] = [:]

    private struct EntryKey: Hashable {
        var session: UInt32
        var clOrdID: UInt64
    }

    mutating func tell(
        _ execID: UInt64, _ orderID: UInt64, leavesQty: Int64, executed: Int64
    ) {
        told[Key(execID: execID, orderID: orderID)] = State(
            leavesQty: leavesQty, executed: executed)
    }

    mutating func send(_ session: UInt32, _ clOrdID: UInt64, _ terms: OrderTerms) {
        sent[EntryKey(session: session, clOrdID: clOrdID)] = terms
    }

    /// What was promised no longer holds; nobody may make up orders all the same.
    mutating func forgetWhatWasTold() {
        told = [:]
        heard = []
    }

    mutating func hear(_ execIDs: Set<UInt64>) { heard.formUnion(execIDs) }

    func check(
        _ archive: ArchiveFolder, history: UInt64, _ market: ReferenceData, _ findings: Findings
    ) throws {
        var entered: [EntryKey: UInt64] = [:]
        var reader = try ArchiveReader(archive, history: history, after: 0)
        var states: [Key: State] = [:]
        var execIDs: Set<UInt64> = []
        while let archived = try reader.next() {
            execIDs.insert(archived.execID)
            guard case .event = archived.kind else { continue }
            let event = archived.record.event
            let key = Key(execID: event.execID.nanos, orderID: event.orderID.raw)
            guard !event.orderID.isNone else { continue }
            states[key] = State(
                leavesQty: event.leavesQty.raw, executed: event.cumQty.raw)
            if let entry = Self.entry(event, market) {
                let first = entered.updateValue(event.sequence, forKey: entry)
                findings.check(
                    "invention",
                    first ?? event.sequence == event.sequence
                        && sent[entry].map { Self.isSame(event, $0, market) } ?? false,
                    "command \(event.sequence) enters an order that session \(entry.session) did "
                        + "not send so: \(String(describing: sent[entry]))")
            }
        }
        for (key, state) in told {
            findings.check(
                "durability", states[key] == state,
                "a session was told at \(key.execID) of order \(key.orderID): \(state), kept is "
                    + String(describing: states[key]))
        }
        findings.check(
            "gate", heard.isSubset(of: execIDs),
            "somebody heard of \(heard.subtracting(execIDs).sorted().prefix(5)), of which nothing "
                + "is kept")
    }

    /// Whose entry an event tells of; nil when it tells of something else.
    private static func entry(_ event: Event, _ market: ReferenceData) -> EntryKey? {
        switch event.kind {
        case .orderAccepted: break
        case .aggressorExecuted where !event.flags.contains(.answersModify): break
        default: return nil
        }
        return EntryKey(
            session: market.sessions[event.session.index].id, clOrdID: event.clOrdID.raw)
    }

    private static func isSame(
        _ event: Event, _ terms: OrderTerms, _ market: ReferenceData
    ) -> Bool {
        event.side.rawValue == terms.side && event.orderQty.raw == terms.quantity
            && (terms.isMarket || event.price.raw == terms.price)
            && market.instruments[event.instrument.index].securityID == Int64(terms.instrument)
            && event.execInst.isPersistent == terms.isPersistent
    }
}
