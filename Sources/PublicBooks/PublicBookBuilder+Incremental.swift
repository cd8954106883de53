import Containers
import Domain

// Numbers of the incremental channel: what comes next is applied, what comes early waits, what is
// missing makes the product's books stale.
extension PublicBookBuilder {
    mutating func takeIncremental(_ packet: FeedPacket, _ product: Int) {
        if isRestart(packet, product) { restart(product, at: packet.transactTime) }
        products[product].newestTime = max(products[product].newestTime, packet.transactTime)
        if let heartbeat = packet.heartbeat, heartbeat != .max {
            products[product].known = max(products[product].known, heartbeat)
        }
        guard packet.isNumbered else {
            // A heartbeat alone: what it says of the end may be what is missing.
            updateGap(product)
            return
        }
        products[product].known = max(products[product].known, packet.last)
        guard !products[product].hasBase || packet.last > products[product].applied else {
            counters.duplicates += 1
            return
        }
        if products[product].hasBase, packet.isComplete, !products[product].hasGap,
            packet.first == products[product].applied &+ 1, products[product].log.packets.isEmpty,
            !products[product].keepsPackets
        {
            apply(packet.bytes, product)
            endTransaction()
            products[product].applied = packet.last
            return
        }
        keep(packet, product)
        drain(product)
        updateGap(product)
    }

    /// Numbers that fall while time goes on are those of a venue that began again. One whose clock was
    /// set back is told by its first packet, which is too old to have been on its way since.
    private func isRestart(_ packet: FeedPacket, _ product: Int) -> Bool {
        let (known, newest) = (products[product].known, products[product].newestTime)
        let falls =
            packet.isNumbered ? packet.first <= known : (packet.heartbeat ?? known) < known
        if falls, packet.transactTime > newest { return true }
        return packet.isReset && packet.applSeqNum == 1
            && packet.transactTime < newest - min(newest, Self.delayNanosMax)
    }

    /// No datagram comes this much later than those sent after it.
    private static var delayNanosMax: UInt64 { 1_000_000_000 }

    /// The venue that these books were of is gone.
    private mutating func restart(_ product: Int, at time: UInt64) {
        counters.restarts += 1
        dropPackets(product, through: .max)
        products[product].hasBase = false
        products[product].applied = 0
        products[product].known = 0
        products[product].hasGap = false
        products[product].hasSeenCycle = false
        products[product].newestTime = time
        products[product].epochTime = time
        products[product].snapshotTime = 0
        products[product].snapshotSeqNum = 0
        products[product].named = 0
        products[product].cycle = nil
        products[product].assembly = nil
        for instrument in 0..<store.instrumentCount
        where store.instruments[instrument].product == product {
            unjoin(instrument)
            store.removeAll(instrument)
            store.instruments[instrument].top = TopOfBook()
            store.instruments[instrument].view.statistics = PublicStatistics()
            touch(instrument)
        }
        endTransaction()
        updateConditions(product)
    }

    private mutating func keep(_ packet: FeedPacket, _ product: Int) {
        var block = blocks.allocate()
        if block == noIndex {
            hit(.packets)
            // Books about to join wait for a newer snapshot instead.
            dropPackets(product, through: products[product].applied)
            block = blocks.allocate()
        }
        if block == noIndex {
            // All of it is for nothing then: the next snapshot is behind it.
            dropPackets(product, through: .max)
            block = blocks.allocate()
        }
        guard block != noIndex, let start = packet.bytes.baseAddress else { return }
        let insertion = products[product].log.insert(
            LoggedPacket(
                first: packet.first, last: packet.last, isComplete: packet.isComplete,
                block: block, length: packet.bytes.count))
        switch insertion {
        case .inserted:
            blocks.address(of: block).copyMemory(from: start, byteCount: packet.bytes.count)
            return
        case .duplicate: counters.duplicates += 1
        case .overlapping: counters.malformed += 1
        }
        blocks.free(block)
    }

    /// Forgets waiting packets whose messages are all numbered up to `number`.
    mutating func dropPackets(_ product: Int, through number: UInt32) {
        var count = 0
        while count < products[product].log.packets.count,
            products[product].log.packets[count].last <= number
        {
            blocks.free(products[product].log.packets[count].block)
            count += 1
        }
        products[product].log.removeFirst(count)
    }

    func waitingBytes(_ product: Int, at index: Int) -> UnsafeRawBufferPointer {
        let packet = products[product].log.packets[index]
        return UnsafeRawBufferPointer(
            start: blocks.address(of: packet.block), count: packet.length)
    }

    /// Applies the whole transactions that are next.
    mutating func drain(_ product: Int) {
        guard products[product].hasBase else { return }
        let applied = products[product].applied
        let end = products[product].log.run(after: applied).completeEnd
        if end > applied {
            var index = products[product].log.position(of: applied &+ 1)
            while index < products[product].log.packets.count,
                products[product].log.packets[index].last <= end
            {
                apply(waitingBytes(product, at: index), product)
                if products[product].log.packets[index].isComplete { endTransaction() }
                index += 1
            }
            products[product].applied = end
        }
        if !products[product].keepsPackets {
            dropPackets(product, through: products[product].applied)
        }
    }

    /// Judges anew whether something is missing.
    mutating func updateGap(_ product: Int) {
        guard products[product].hasBase else { return }
        let end = products[product].log.run(after: products[product].applied).end
        let hasGap = products[product].known > end
        guard hasGap != products[product].hasGap else { return }
        products[product].hasGap = hasGap
        if hasGap { counters.gaps += 1 } else { counters.closedByLatePackets += 1 }
        updateConditions(product)
    }

    /// A book is no longer what the feed tells: it waits for a snapshot.
    mutating func unjoin(_ instrument: Int) {
        guard store.instruments[instrument].isJoined else { return }
        store.instruments[instrument].isJoined = false
        products[store.instruments[instrument].product].joiningCount += 1
    }

    /// Tells every instrument of a product how far it can be trusted.
    mutating func updateConditions(_ product: Int) {
        let isWhole = products[product].hasBase && !products[product].hasGap
        for instrument in 0..<store.instrumentCount
        where store.instruments[instrument].product == product {
            let condition: BookCondition
            if store.instruments[instrument].isJoined, isWhole {
                condition = .live
            } else {
                condition = store.instruments[instrument].wasJoined ? .stale : .joining
            }
            guard condition != store.instruments[instrument].view.condition else { continue }
            store.instruments[instrument].view.condition = condition
            var event = PublicEvent(
                condition == .live ? .live : .stale, instrument: Int32(instrument),
                marketSegmentID: products[product].marketSegmentID, time: .none)
            if condition == .live {
                event.time = store.instruments[instrument].joinedAt
                store.instruments[instrument].joinedAt = .none
            }
            events.append(event)
        }
    }
}
