import Containers
import Domain

extension PublicBookBuilder {
    /// The number of the last message that is in a product's books; nil before the first snapshot.
    public func lastMsgSeqNum(marketSegmentID: Int32) -> UInt32? {
        for index in 0..<productCountNow
        where products[index].marketSegmentID == marketSegmentID {
            return products[index].hasBase ? products[index].applied : nil
        }
        return nil
    }

    /// Audits everything in O(its size): levels sum their orders and lie in order, every order is
    /// found by its key, nothing is lost and nothing waits without need.
    public func checkInvariants() {
        var orders = 0
        for instrument in 0..<store.instrumentCount { orders += auditBook(instrument) }
        precondition(orders == store.orders.count, "an order is in no book")
        var packets = 0
        for product in 0..<productCountNow {
            packets += products[product].log.packets.count
            auditLog(product)
            var joining = 0
            for instrument in 0..<store.instrumentCount
            where store.instruments[instrument].product == product
                && !store.instruments[instrument].isJoined
            {
                joining += 1
            }
            precondition(joining == products[product].joiningCount, "joining books are miscounted")
        }
        precondition(packets == blocks.count, "a packet's block is lost")
        store.checkTables()
    }

    private func auditBook(_ instrument: Int) -> Int {
        var count = 0
        for side in [Side.buy, .sell] {
            var previousPrice: Int64?
            let levels =
                side == .buy
                ? store.instruments[instrument].bids.levels.count
                : store.instruments[instrument].asks.levels.count
            for index in 0..<levels {
                let level =
                    side == .buy
                    ? store.instruments[instrument].bids.levels[index]
                    : store.instruments[instrument].asks.levels[index]
                if let previousPrice {
                    precondition(
                        side == .buy ? previousPrice < level.price : previousPrice > level.price,
                        "levels run from worst to best")
                }
                previousPrice = level.price
                count += auditLevel(level, side, instrument)
            }
        }
        precondition(
            count == store.instruments[instrument].view.orderCount, "orders are miscounted")
        return count
    }

    private func auditLevel(_ level: LevelRecord, _ side: Side, _ instrument: Int) -> Int {
        var (count, sum) = (0, Int64(0))
        var (order, previous) = (level.first, noIndex)
        while order != noIndex {
            let record = store.orders[order]
            precondition(record.previous == previous, "links of a level disagree")
            precondition(
                record.price == level.price && record.side == side, "an order is misplaced")
            precondition(
                previous == noIndex || store.orders[previous].timePriority < record.timePriority,
                "orders of a level run by time")
            precondition(
                store.find(instrument, side, record.timePriority) == order,
                "an order is not found by its key")
            count += 1
            sum += record.quantity
            (previous, order) = (order, record.next)
        }
        precondition(previous == level.last, "a level's last order is another")
        precondition(count == level.count && count > 0, "a level counts its orders")
        precondition(sum == level.quantity, "a level sums its orders")
        return count
    }

    private func auditLog(_ product: Int) {
        for index in 0..<products[product].log.packets.count {
            let packet = products[product].log.packets[index]
            precondition(packet.first <= packet.last, "a waiting packet ends before it begins")
            guard index > 0 else { continue }
            precondition(
                products[product].log.packets[index - 1].last < packet.first,
                "waiting packets are in order")
        }
    }
}
