import Domain
import Reports
import SessionServer

// From the history to those who subscribed.
extension DropCopyAgent {
    /// Gives every listener its turn; who has room and is behind gets the next messages. Whoever is
    /// first in one cycle is last in the next.
    mutating func serveListeners() -> Int {
        guard hasBacklog || servedVersion != history.version else { return 0 }
        servedVersion = history.version
        hasBacklog = false
        var left = configuration.messagesPerCycle
        dropEmptyTurns()
        guard !turns.isEmpty else { return 0 }
        firstTurn = (firstTurn + 1) % turns.count
        let sendingTime = clock.now().nanos
        for position in turns.indices {
            let turn = (firstTurn + position) % turns.count
            serve(SessionIndex(Int(turns[turn])), sendingTime: sendingTime, &left)
        }
        return configuration.messagesPerCycle - left
    }

    private mutating func dropEmptyTurns() {
        var kept = 0
        for index in turns.indices where listeners[Int(turns[index])].count > 0 {
            turns[kept] = turns[index]
            kept += 1
        }
        turns.removeLast(turns.count - kept)
    }

    private mutating func serve(
        _ session: SessionIndex, sendingTime: UInt64, _ left: inout Int
    ) {
        let instance = listeners[session.index].sessionInstanceID
        for index in 0..<listeners[session.index].count {
            let connection = port.connection(of: session, instance: instance)
            guard connection >= 0 else { return }
            let subscription = listeners[session.index][index]
            guard let place = place(of: subscription) else {
                counters.listenersLeftBehind += 1
                return port.cutSlowConsumer(connection)
            }
            listeners[session.index][index].cursor = place
            listeners[session.index][index].awaitsFirst =
                subscription.awaitsFirst && history.log(of: subscription.view).end == 0
            let end = send(
                listeners[session.index][index], to: connection, sendingTime: sendingTime, &left)
            listeners[session.index][index].cursor = end
            if end < history.log(of: subscription.view).end { hasBacklog = true }
        }
    }

    /// Where a subscription goes on; nil when that is forgotten.
    private func place(of subscription: Subscription) -> UInt64? {
        let log = history.log(of: subscription.view)
        let place = subscription.awaitsFirst ? log.start : subscription.cursor
        return place >= log.first ? place : nil
    }

    /// Sends what is next, as far as there is room. Returns the place after it.
    private mutating func send(
        _ subscription: Subscription, to connection: Int, sendingTime: UInt64, _ left: inout Int
    ) -> UInt64 {
        let view = subscription.view
        let log = history.log(of: view)
        let end = min(log.end, subscription.cursor + UInt64(configuration.messagesPerTurn))
        var delivery = Delivery(
            applID: view.stream.rawValue, partitionID: port.reference.partitionID,
            sendingTime: sendingTime)
        delivery.applSubID = subscription.applSubID
        var place = subscription.cursor
        while place < end, left > 0, port.unsentBytes(connection) < configuration.liveBytesMax {
            let entry = HistoryEntry(raw: log[place])
            let length = encoder.length(of: entry, view.stream, in: history)
            guard let space = port.spaceIfRoom(connection, length) else { break }
            let written = encoder.write(
                entry, at: place, view, to: space, delivery, in: history, port.reference)
            port.commit(connection, written)
            counters.messagesSent += 1
            if history.isGap(entry) { counters.gapsSent += 1 }
            place += 1
            left -= 1
        }
        return place
    }

    /// The old life of the venue is over, and these would still have to hear of it.
    mutating func cutThoseBehind() {
        for turn in turns {
            let session = SessionIndex(Int(turn))
            let listener = listeners[session.index]
            let connection = port.connection(of: session, instance: listener.sessionInstanceID)
            guard connection >= 0 else { continue }
            for index in 0..<listener.count
            where listener[index].cursor < history.log(of: listener[index].view).end {
                counters.listenersLeftBehind += 1
                port.cutSlowConsumer(connection)
                break
            }
        }
        hasBacklog = false
    }
}
