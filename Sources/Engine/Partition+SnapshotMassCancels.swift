import Containers
import Domain

extension Partition {
    mutating func takeMassCancels(_ reader: inout SnapshotReader) throws {
        let count = try reader.takeCount(upTo: massCancels.capacity, "mass cancels")
        for _ in 0..<count {
            let cancel = try takeMassCancel(&reader)
            let slot = massCancels.allocate()
            massCancels[slot] = cancel
            for product in 0..<products.count {
                massCancelHits[hitsRow(slot, product)].bits = try reader.take()
            }
            _ = massCancelQueue.push(slot)
        }
        try judgeMassCancels()
    }

    private func takeMassCancel(_ reader: inout SnapshotReader) throws -> MassCancel {
        var cancel = MassCancel()
        cancel.isRequested = try reader.takeFlag()
        let operation = try reader.take(UInt8.self)
        cancel.operation = operation == 0 ? nil : MarketStateAction(rawValue: operation)
        let side = Side(rawValue: try reader.take())
        cancel.onlyOneSide = try reader.takeFlag()
        cancel.onlyNonPersistent = try reader.takeFlag()
        cancel.restates = try reader.takeFlag()
        cancel.reason = MassActionReason(rawValue: try reader.take())
        cancel.session = SessionIndex(raw: try reader.take())
        cancel.sessionInstanceID = try reader.take()
        cancel.msgSeqNum = try reader.take()
        cancel.requestTime = Timestamp(nanos: try reader.take())
        cancel.timeIn = Timestamp(nanos: try reader.take())
        cancel.target = SessionIndex(raw: try reader.take())
        cancel.trader = TraderID(raw: try reader.take())
        cancel.enteringTrader = TraderID(raw: try reader.take())
        cancel.product = ProductIndex(raw: try reader.take())
        cancel.instrument = InstrumentIndex(raw: try reader.take())
        cancel.price = Price(raw: try reader.take())
        cancel.throughSequence = try reader.take()
        cancel.cursor = Int32(bitPattern: try reader.take())
        cancel.reportCursor = try reader.takeCount(upTo: products.count, "products reported on")
        guard let side, operation == 0 || cancel.operation != nil else {
            throw PartitionSnapshotError("a mass cancel has codes that are none")
        }
        cancel.side = side
        try judge(cancel)
        return cancel
    }

    private func judge(_ cancel: MassCancel) throws {
        // A restatement that is done with all sessions is behind the last.
        let targetEnd = cancel.restates ? sessions.count + 1 : sessions.count
        guard cancel.session.index < sessions.count, cancel.target.index < targetEnd,
            cancel.product.isNone || cancel.product.index < products.count,
            cancel.instrument.isNone || cancel.instrument.index < instruments.count,
            cancel.throughSequence <= lastSequence
        else { throw PartitionSnapshotError("a mass cancel is of something that is not there") }
        guard !cancel.isRequested || cancel.operation == .endOfDay || !cancel.product.isNone else {
            throw PartitionSnapshotError("a mass cancel names no product")
        }
        let deletes = cancel.operation == .halt || cancel.operation == .endOfDay
        guard cancel.operation == nil || cancel.isRequested && deletes else {
            throw PartitionSnapshotError("a market operation nobody asked for")
        }
        guard !cancel.restates || !cancel.isRequested && cancel.reportCursor == 0 else {
            throw PartitionSnapshotError("a restatement that is a mass cancel too")
        }
        guard cancel.cursor != noIndex else { return }
        guard cancel.cursor >= 0, Int(cancel.cursor) < books.orders.capacity,
            books.orders[cancel.cursor].session == cancel.target,
            !books.orders[cancel.cursor].orderID.isNone
        else { throw PartitionSnapshotError("a mass cancel goes on at no order of its session") }
    }

    /// Whatever cannot be refused must still find a place: every loss, a market operation and a
    /// restatement. What keeps the places free is that each session waits for one loss only, but for
    /// the one that is being reported, and that requests stay below.
    private func judgeMassCancels() throws {
        var losses = Set<UInt32>()
        var operations = 0
        var restatements = 0
        for position in 0..<massCancelQueue.count {
            let cancel = massCancels[massCancelQueue[position]]
            if cancel.operation != nil {
                operations += 1
            } else if cancel.restates {
                restatements += 1
            } else if cancel.isRequested {
                guard position < massCancels.capacity - massCancelReserve else {
                    throw PartitionSnapshotError("too many mass cancels were asked for")
                }
            } else if cancel.reportCursor == 0 {
                guard losses.insert(cancel.session.raw).inserted else {
                    throw PartitionSnapshotError("a session waits for two losses")
                }
            }
            guard cancel.reportCursor == 0 || position == 0 && !cancel.isRequested else {
                throw PartitionSnapshotError("a mass cancel reports before its turn")
            }
        }
        guard operations <= 1, restatements <= 1 else {
            throw PartitionSnapshotError("two market operations or restatements are under way")
        }
    }
}
