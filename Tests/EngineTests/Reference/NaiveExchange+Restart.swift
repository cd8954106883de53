import Domain

extension NaiveExchange {
    mutating func restart() {
        if businessDay == 0, command.date != .max { businessDay = command.date }
        for index in massCancels.indices { massCancels[index].cause.sessionInstanceID = 0 }
        for session in sessionInstances.indices where sessionInstances[session] != 0 {
            lose(SessionIndex(session), .sessionLoss)
        }
        massCancels.removeAll { $0.cause.kind == .restart }
        massCancels.append(
            NaiveMassCancel(
                cause: command, beganAt: execID, target: SessionIndex(0), trader: .none))
        announce(102, .none)
    }

    /// One slice: so many slots of events, and as many sessions looked at, in all.
    mutating func workOnRestatement(_ restatement: NaiveMassCancel) {
        var restatement = restatement
        let first = events.count
        guard restatement.target.index < sessionOrders.count else {
            for product in referenceData.products.indices {
                announce(103, ProductIndex(product), messageIndex: UInt32(product) * 2)
            }
            return stamp(from: first, as: restatement)
        }
        var done = 0
        while done < massCancelSlice, restatement.target.index < sessionOrders.count {
            let examined = restatement.examinedThrough
            let next = sessionOrders[restatement.target.index].compactMap { order($0) }
                .first { $0.entryTime > examined }
            if let next, next.entryTime < restatement.beganAt {
                restatement.examinedThrough = next.entryTime
                var told = notifying(next.session, about(next, .orderRestated))
                told.head.flags.formUnion([.rested, .rests])
                told.head.execType = .restated
                told.head.restatementReason = .bookRestatement
                told.context?.previousPrice = next.price
                told.context?.previousLeavesQty = next.leavesQty
                told.context?.previousTimePriority = next.timePriority
                say(told)
                done += told.slotCount
                continue
            }
            restatement.target = SessionIndex(restatement.target.index + 1)
            restatement.examinedThrough = .zero
            done += 1
        }
        massCancels.insert(restatement, at: 0)
        say(applied())
        stamp(from: first, as: restatement)
    }

    /// What is told in slices has the stamps of what began it.
    private mutating func stamp(from first: Int, as restatement: NaiveMassCancel) {
        for index in first..<events.count {
            events[index].head.timeIn = restatement.cause.timeIn
            events[index].head.requestTime = .none
        }
    }
}
