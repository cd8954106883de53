import Client
import Domain
import Wire

/// What became of a session's requests that had no answer when the venue was killed.
struct InFlightOutcome {
    /// Requests without answer.
    var requests = 0
    /// Those that history shows were done.
    var done = 0
    /// Persistent orders that were restated.
    var restated = 0

    static func += (a: inout InFlightOutcome, b: InFlightOutcome) {
        a.requests += b.requests
        a.done += b.done
        a.restated += b.restated
    }
}

extension SessionLedger {
    /// The venue came back from a kill: `missed` is what its history has behind the last message that
    /// arrived. Judges that nothing told was undone, and learns what became of the rest.
    mutating func takeRestart(_ missed: [WireMessage]) -> InFlightOutcome {
        let cut = unanswered
        let answersAtKill = history.count
        for message in missed { takeMissed(message) }
        var outcome = judgeOrder(of: cut)
        outcome.restated = judgeRestatement(history[answersAtKill...].map(\.message))
        for index in open { settle(index) }
        forgetUnanswered()
        return outcome
    }

    /// Requests of a session are done in their order: none without those before it.
    private func judgeOrder(
        of requests: [(msgSeqNum: UInt32, request: Request)]
    ) -> InFlightOutcome {
        var outcome = InFlightOutcome(requests: requests.count)
        var skipped: String?
        for (number, request) in requests {
            let (isTold, isDone, words) = fate(of: request)
            // Only answers about standard orders can be had again; others say nothing by missing.
            if isDone {
                outcome.done += 1
                if let skipped { fail("request \(number) (\(words)) was done, but not \(skipped)") }
            } else if isTold {
                skipped = "request \(number) (\(words)) before it"
            }
        }
        return outcome
    }

    /// Whether history tells of such a request for certain, and whether it does.
    private func fate(of request: Request) -> (isTold: Bool, isDone: Bool, words: String) {
        switch request {
        case .entry(let index):
            let order = orders[index]
            return (order.request.isStandard, order.orderID != nil, "entry of \(order.name)")
        case .change(let index):
            let order = orders[index]
            if case .change(let name, _, _) = order.pending {
                // It may have been refused because the order had ended.
                return (false, false, "change to \(name)")
            }
            return (false, order.state == .live, "change of \(order.name)")
        case .deletion(let index):
            return (false, orders[index].wasWithdrawnAlone, "deletion of \(orders[index].name)")
        case .deletionOfAll(let product): return (false, false, "deletion of all in \(product)")
        }
    }

    /// Every persistent order that lives is restated once, no other is; the restatement has a
    /// beginning, and an end for each product.
    private func judgeRestatement(_ missed: [WireMessage]) -> Int {
        var restated: [UInt64: Int] = [:]
        var events: [UInt64: Int] = [:]
        for message in missed {
            if message.template == .tradingSessionStatusBroadcast {
                events[message.number("TradSesEvent") ?? 0, default: 0] += 1
            }
            if message.number("ExecType") == UInt64(ExecType.restated.rawValue) {
                restated[message.number("OrderID") ?? 0, default: 0] += 1
            }
        }
        if events[102] != 1 {
            fail("a market reset (10307, 102) is told \(events[102] ?? 0) times")
        }
        if events[103, default: 0] == 0 { fail("no end of the restatement (10307, 103) is told") }
        for index in open where orders[index].state == .live {
            let order = orders[index]
            let count = order.orderID.flatMap { restated.removeValue(forKey: $0) } ?? 0
            if !order.isPersistent {
                // A lean order may have gone by a request whose answer cannot be had again.
                guard !order.isUncertain else { continue }
                fail("the order \(order.name) is not persistent, but nobody withdrew it")
            } else if count > 1 || count == 0 && order.leavesBy == nil {
                fail("the persistent order \(order.name) was restated \(count) times")
            }
        }
        if let (id, _) = restated.first { fail("the order with OrderID \(id) is restated") }
        return open.count { orders[$0].state == .live && orders[$0].isPersistent }
    }

    /// What a request without answer was about is known from now on.
    private mutating func settle(_ index: Int) {
        let order = orders[index]
        switch order.state {
        case .asked: end(index)
        case .live where !order.isPersistent: end(index)
        default:
            orders[index].pending = nil
            orders[index].leavesBy = nil
        }
    }

    /// The venue was killed. Marks orders about which that leaves doubt: answers about changes and
    /// deletions of lean orders cannot be had again.
    mutating func noteKill() {
        for index in open {
            let order = orders[index]
            let isLost = order.pending != nil && !order.request.isStandard
            if isLost || order.leavesBy != nil { orders[index].isUncertain = true }
        }
    }

    /// A life of the venue is judged; what is left is known from here on.
    mutating func beginLife() {
        steps.removeAll()
        for index in open where orders[index].isUncertain {
            orders[index].isUncertain = false
            addStep(of: index, 0)
        }
    }

    /// Compares the whole history as it is sent again with what was told.
    func judgeHistory(_ all: [WireMessage]) {
        if all.count != history.count {
            fail("\(history.count) messages were told, \(all.count) are sent again")
        }
        for (told, message) in zip(history, all) {
            guard message.applMsgID == told.id else {
                return fail("sent again is \(message) in place of \(told.message)")
            }
            let names = message.differences(
                from: told.message, exceptions: ["ApplID", "NoOrderEvents"])
            if !names.isEmpty {
                fail("sent again with other \(names): \(message); told was \(told.message)")
            }
        }
    }
}
