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

    mutating func tell(
        _ execID: UInt64, _ orderID: UInt64, leavesQty: Int64, executed: Int64
    ) {
        told[Key(execID: execID, orderID: orderID)] = State(
            leavesQty: leavesQty, executed: executed)
    }

    mutating func hear(_ execIDs: Set<UInt64>) { heard.formUnion(execIDs) }

    func check(
        _ archive: ArchiveFolder, history: UInt64, _ findings: Findings
    ) throws {
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
}
