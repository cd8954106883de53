import Domain
import Reports
import Wire

// The index as streams: places in order, and what is found there.
extension History {
    func log(of view: StreamView) -> EntryLog {
        switch (view.stream, view.scope) {
        case (.listenerData, .session(let session)): sessionLogs[session]
        case (.listenerData, .unit(let unit)): unitLogs[unit]
        case (.listenerData, .all): allLog
        case (.trade, .unit(let unit)): unitTrades[unit]
        case (.trade, .all): allTrades
        case (.trade, .session): preconditionFailure("trades have no scope of one session")
        }
    }

    /// ApplSeqNum of a place in a stream of trades.
    func number(of place: UInt64, in view: StreamView) -> UInt64 {
        log(of: view).number(of: place)
    }

    /// ApplMsgID of an entry of listener data.
    func id(of entry: HistoryEntry, in view: StreamView) -> ApplMsgID {
        let ids = ids(of: entry)
        return view.readsAllUnits ? ids.ofAll : ids.ofUnit
    }

    /// The first place of listener data behind this id.
    func place(behind id: ApplMsgID, in view: StreamView) -> UInt64 {
        let log = log(of: view)
        var (low, high) = (log.first, log.end)
        while low < high {
            let middle = low + (high - low) / 2
            if self.id(of: HistoryEntry(raw: log[middle]), in: view) > id {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    /// ApplMsgID of the last message of listener data there was, also if it is forgotten.
    func lastID(in view: StreamView) -> ApplMsgID? {
        let log = log(of: view)
        if !log.isEmpty { return id(of: HistoryEntry(raw: log[log.end - 1]), in: view) }
        return log.lastForgotten.map { view.readsAllUnits ? $0.ofAll : $0.ofUnit }
    }

    /// ApplMsgID of the message of listener data before this place, also if it is forgotten.
    func lastID(before place: UInt64, in view: StreamView) -> ApplMsgID? {
        let log = log(of: view)
        if place > log.first { return id(of: HistoryEntry(raw: log[place - 1]), in: view) }
        return log.lastForgotten.map { view.readsAllUnits ? $0.ofAll : $0.ofUnit }
    }

    /// True when a message of listener data is in a range that ends with this id. A hole is when it
    /// begins there: what was asked for may be in it.
    func begins(_ entry: HistoryEntry, notBehind last: ApplMsgID, in view: StreamView) -> Bool {
        let record = record(at: entry)
        guard record.kind == .hole else { return id(of: entry, in: view) <= last }
        return record.execIDBefore < last.execID
    }

    /// True when a gap message stands for what was here.
    func isGap(_ entry: HistoryEntry) -> Bool { entry.isLost || record(at: entry).kind == .hole }

    /// The event at an entry; nil when it is a gap.
    func event(at entry: HistoryEntry) -> EventRecord? {
        guard !entry.isLost else { return nil }
        let record = record(at: entry)
        return record.kind == .event ? EventRecord(record.body) : nil
    }
}
