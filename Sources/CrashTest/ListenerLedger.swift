import Client
import Domain
import Wire

/// All that one back office heard on the drop copy, over all lives of the venue and of the publisher.
struct ListenerLedger {
    let office: UInt32
    private let verdict: Verdict
    /// Listener data, in the order of its numbers.
    private(set) var data: [(id: ApplMsgID, message: WireMessage)] = []
    /// Trades; the number of each is its place from 1.
    private(set) var trades: [WireMessage] = []
    private(set) var liveCount = 0
    private(set) var resentCount = 0

    init(office: UInt32, verdict: Verdict) {
        self.office = office
        self.verdict = verdict
    }

    var lastID: ApplMsgID? { data.last?.id }

    /// Takes a message as it is published, or sent again.
    mutating func take(_ message: WireMessage) {
        if message.isResent { resentCount += 1 } else { liveCount += 1 }
        switch message.template {
        case .tradeBroadcast: takeTrade(message)
        case .heartbeatNotification: break
        case .broadcastErrorNotification: fail("a message is lost for good: \(message)")
        default:
            guard let id = message.applMsgID else { return fail("unexpected: \(message)") }
            takeData(message, id)
        }
    }

    private mutating func takeTrade(_ message: WireMessage) {
        let number = Int(clamping: message.number("ApplSeqNum") ?? 0)
        if number == trades.count + 1 {
            trades.append(message)
        } else if number > 0, number <= trades.count {
            // Asked for and published at the same time.
            compare(message, trades[number - 1])
        } else {
            fail("trade \(number) came after trade \(trades.count)")
        }
    }

    private mutating func takeData(_ message: WireMessage, _ id: ApplMsgID) {
        guard let lastID, id <= lastID else { return data.append((id, message)) }
        guard let known = find(id) else {
            return fail("heard later than \(lastID), and not at its time: \(message)")
        }
        compare(message, known)
    }

    private func find(_ id: ApplMsgID) -> WireMessage? {
        var (low, high) = (0, data.count)
        while low < high {
            let middle = (low + high) / 2
            if data[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < data.count && data[low].id == id ? data[low].message : nil
    }

    private func compare(_ message: WireMessage, _ known: WireMessage) {
        let names = message.differences(from: known)
        if !names.isEmpty {
            fail("told twice with other \(names): \(message); before was \(known)")
        }
        // Each is published once; a second time it is sent on request.
        if !message.isResent, !known.isResent {
            fail("published twice: \(message)")
        }
    }

    /// Compares all that can be asked for at the end with what was heard.
    func judgeHistory(data all: [WireMessage], trades allTrades: [WireMessage]) {
        if all.count != data.count || allTrades.count != trades.count {
            fail(
                "\(data.count) messages and \(trades.count) trades were heard, \(all.count) and "
                    + "\(allTrades.count) are sent again")
        }
        for (heard, message) in zip(data, all) {
            guard message.applMsgID == heard.id else {
                return fail("sent again is \(message) in place of \(heard.message)")
            }
            compare(message, heard.message)
        }
        for (heard, message) in zip(trades, allTrades) { compare(message, heard) }
    }

    private func fail(_ sentence: @autoclosure () -> String) {
        verdict.fail("office \(office): \(sentence())")
    }
}
