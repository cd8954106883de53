import Archive
import Domain
import PublicBooks
import TestSupport
import Testing
import Wire

@testable import Exchange

/// A venue that is taken away, as its clients find it afterwards.
@Suite("What was acknowledged survives") struct RecoveryTests {
    #if DEBUG
        private static let momentStride = 5
    #else
        private static let momentStride = 1
    #endif

    /// A persistent standard order.
    private func persistent(_ clOrdID: UInt64, side: UInt8 = 2, price: Int64 = 100) -> (
        UInt32
    ) -> [UInt8] {
        {
            Frames.order($0, clOrdID: clOrdID) {
                $0.side = side
                $0.price = price * 1_0000_0000
            }
        }
    }

    private func delete(_ clOrdID: UInt64) -> (UInt32) -> [UInt8] {
        {
            Frames.delete($0) {
                $0.orderID = Null.u64
                $0.clOrdID = clOrdID + 1_000_000
                $0.origClOrdID = clOrdID
            }
        }
    }

    @Test(
        "Persistent orders stay with their names, others go, and numbers go on",
        arguments: [DurabilitySettings.Mode.async, .sync])
    func persistence(mode: DurabilitySettings.Mode) throws {
        let market = try KeptMarket(mode: mode)
        var client = market.trading()
        let stays = client.exchange(persistent(1))
        #expect(stays.map(\.template) == [.newOrderResponse])
        let goes = client.exchange { Frames.shortOrder($0, clOrdID: 2) { $0.price = 99_0000_0000 } }
        #expect(goes.map(\.template) == [.newOrderNRResponse])
        let execID = goes[0].field("ExecID")

        try market.kill()
        #expect(market.report.contains { $0.hasPrefix("recovered ") })
        client = market.trading()
        let gone = client.exchange(delete(2))
        #expect(gone.first?.field("SessionRejectReason") == 10000)
        let found = client.exchange(delete(1))
        #expect(found.map(\.template) == [.deleteOrderResponse])
        #expect(found[0].field("OrderID") == stays[0].field("OrderID"))
        #expect(found[0].field("CxlQty") == 5_0000)
        #expect(found[0].field("ExecID") > execID)
    }

    @Test("A venue without a folder begins anew")
    func nothingKept() throws {
        let market = try KeptMarket { $0.durability = DurabilitySettings() }
        var client = market.trading()
        #expect(client.exchange(persistent(1)).map(\.template) == [.newOrderResponse])
        try market.kill()
        client = market.trading()
        #expect(client.exchange(delete(1)).first?.template == .reject)
    }

    @Test("In sync nobody hears of what is not on stable storage")
    func gate() throws {
        let market = try KeptMarket(mode: .sync)
        let client = market.trading()
        market.disk.faults.writeNanos = 50_000_000...50_000_000
        client.send(persistent(1)(3))
        // 25 microseconds a step.
        for _ in 0..<1_000 { market.step() }
        #expect(client.take().isEmpty)
        for _ in 0..<5_000 { market.step() }
        #expect(client.take().map(\.template) == [.newOrderResponse])
    }

    @Test("In async nobody waits for the disk")
    func noGate() throws {
        let market = try KeptMarket(mode: .async)
        let client = market.trading()
        market.disk.faults.writeNanos = 50_000_000...50_000_000
        client.send(persistent(1)(3))
        for _ in 0..<20 { market.step() }
        #expect(client.take().map(\.template) == [.newOrderResponse])
        try market.kill()
        #expect(market.trading().exchange(delete(1)).first?.template == .deleteOrderResponse)
    }

    @Test(
        "Whenever the process ends, what was acknowledged is there and nothing else is",
        arguments: [DurabilitySettings.Mode.async, .sync], [false, true])
    func anyMoment(mode: DurabilitySettings.Mode, isPowerCut: Bool) throws {
        // Without power `async` promises less.
        guard mode == .sync || !isPowerCut else { return }
        for moment in stride(from: 0, to: 60, by: Self.momentStride) {
            let market = try KeptMarket(mode: mode, seed: UInt64(moment))
            market.disk.faults.writeNanos = 0...300_000
            let client = market.trading()
            for name: UInt64 in 1...8 {
                client.send(persistent(name)(client.nextMsgSeqNum))
                client.nextMsgSeqNum += 1
            }
            client.send(delete(1)(client.nextMsgSeqNum))
            for _ in 0..<moment { market.step() }
            let told = client.take()
            let entered = told.filter { $0.template == .newOrderResponse }.map {
                $0.field("ClOrdID")
            }
            let wasDeleted = told.contains { $0.template == .deleteOrderResponse }
            if isPowerCut { try market.cutPower() } else { try market.kill() }

            let again = market.trading()
            for name: UInt64 in 1...8 {
                let answer = again.exchange(delete(name)).first
                if name == 1, wasDeleted {
                    #expect(answer?.template == .reject, "moment \(moment)")
                } else if entered.contains(name), name != 1 {
                    #expect(answer?.template == .deleteOrderResponse, "moment \(moment), \(name)")
                }
            }
            // A name that was never used names nothing.
            #expect(again.exchange(delete(77)).first?.template == .reject)
        }
    }

    @Test("Each life goes on from the last, over kills, losses of power and clean ends")
    func manyLives() throws {
        let market = try KeptMarket(mode: .sync, seed: 5)
        var live: [UInt64] = []
        var lastExecID: UInt64 = 0
        for life: UInt64 in 1...12 {
            let client = market.trading()
            for name in live.prefix(live.count / 2) {
                let answer = client.exchange(delete(name))
                #expect(answer.map(\.template) == [.deleteOrderResponse], "life \(life)")
            }
            live.removeFirst(live.count / 2)
            for place: UInt64 in 0..<6 {
                let name = life * 100 + place
                let answer = client.exchange(persistent(name))
                #expect(answer.map(\.template) == [.newOrderResponse])
                let execID = answer.first?.field("ExecID") ?? 0
                #expect(execID > lastExecID)
                lastExecID = execID
                live.append(name)
            }
            switch life % 3 {
            case 0: try market.kill()
            case 1: try market.cutPower()
            default:
                market.stop()
                try market.start()
                #expect(market.report.contains { $0.contains("from the snapshot") })
            }
        }
    }

    @Test("A snapshot counts when the journal up to it cannot be lost any more, and not before")
    func snapshotOfWhatIsKept() throws {
        var snapshots = 0
        for seed: UInt64 in 1...30 {
            let market = try KeptMarket(mode: .async, seed: seed) {
                $0.durability.snapshotEveryCommands = 20
                $0.durability.syncIntervalMillis = 1000
            }
            var finished: Set<String> {
                get throws {
                    Set(try market.disk.names(in: "snapshots").filter { $0.hasSuffix(".snapshot") })
                }
            }
            let client = market.trading()
            for name: UInt64 in 1...40 { _ = client.exchange(persistent(name)) }
            #expect(try finished.isEmpty, "the journal was not synced yet")
            // Longer than between two syncs in some runs.
            for _ in 0..<30_000 + 1_000 * seed { market.step() }
            let taken = try finished
            snapshots += taken.count
            try market.cutPower()
            #expect(try finished.isSuperset(of: taken), "what they are of was lost")
        }
        #expect(snapshots > 0)
    }

    @Test("A snapshot of what a disk lost all the same is never believed, not even later")
    func snapshotOfALostFuture() throws {
        let market = try KeptMarket(mode: .async) { $0.durability.segmentMebibytes = 1 }
        let path = "journal/00000001.journal"
        var client = market.trading()
        for name: UInt64 in 1...20 { _ = client.exchange(persistent(name)) }
        let earlier = try #require(market.disk.contents(of: path))
        for name: UInt64 in 21...40 { _ = client.exchange(persistent(name)) }
        market.stop()
        let snapshot = try #require(market.disk.names(in: "snapshots").last)
        market.disk.setContents(of: path, to: earlier)
        try market.disk.remove("commands.ring")
        try market.start()
        #expect(try !market.disk.names(in: "snapshots").contains(snapshot))
        // Other orders get the sequences of those that are gone.
        client = market.trading()
        var orderIDs: [UInt64: UInt64] = [:]
        for name: UInt64 in 101...160 {
            orderIDs[name] = client.exchange(persistent(name)).first?.field("OrderID")
        }
        try market.kill()
        client = market.trading()
        for (name, orderID) in orderIDs {
            #expect(client.exchange(delete(name)).first?.field("OrderID") == orderID)
        }
    }

    @Test("Time priority and open quantity are those from before")
    func priority() throws {
        let market = try KeptMarket()
        let client = market.trading()
        for name: UInt64 in 1...3 { _ = client.exchange(persistent(name)) }
        // A reduction keeps the place.
        let reduced = client.exchange {
            Frames.modify($0, clOrdID: 11) {
                $0.orderID = Null.u64
                $0.origClOrdID = 1
                $0.price = 100_0000_0000
                $0.orderQty = 2_0000
            }
        }
        #expect(reduced.map(\.template) == [.modifyOrderResponse])
        try market.kill()
        let buyer = market.trading(20001, trader: 21)
        let answer = buyer.exchange {
            Frames.shortOrder($0, trader: 21, clOrdID: 9) {
                $0.side = 1
                $0.orderQty = 4_0000
                $0.timeInForce = 3
            }
        }
        #expect(answer.map(\.template) == [.orderExecResponse])
        let seller = market.trading()
        #expect(seller.exchange(delete(11)).first?.template == .reject)
        #expect(seller.exchange(delete(2)).first?.field("CxlQty") == 3_0000)
        #expect(seller.exchange(delete(3)).first?.field("CxlQty") == 5_0000)
    }

    @Test("The public feed never shows empty books after a restart, and then what there is")
    func publicFeed() throws {
        let market = try KeptMarket()
        let client = market.trading()
        _ = client.exchange(persistent(1))
        _ = client.exchange(persistent(2, side: 1, price: 90))
        var builder = PublicBookBuilder()
        func follow() {
            for packet in market.datagrams.take() {
                packet.bytes.withUnsafeBytes { builder.take($0, from: packet.channel) }
                guard let index = builder.index(of: 1001),
                    builder.instrument(index).condition == .live
                else { continue }
                // Orders came one by one in the first life, and stay in the next.
                hasSold = hasSold || builder.levelCount(index, .sell) == 1
                #expect(!hasSold || builder.levelCount(index, .sell) == 1)
            }
        }
        var hasSold = false
        func pass() {
            for _ in 0..<2_000 { market.step() }
            follow()
        }
        pass()
        #expect(hasSold)
        try market.kill()
        pass()
        let found = builder.index(of: 1001)
        let index = try #require(found)
        #expect(builder.instrument(index).condition == .live)
        #expect(builder.levelCount(index, .sell) == 1 && builder.levelCount(index, .buy) == 1)
    }

    @Test("A halt outlives the process")
    func halts() throws {
        let market = try KeptMarket()
        let operations = market.trading(90000, trader: nil)
        let halted = operations.exchange { Frames.marketState($0, action: 1) }
        #expect(halted.contains { $0.template == .deleteAllOrderNRResponse })
        try market.kill()
        let client = market.trading()
        let refused = client.exchange(persistent(1)).first
        #expect(refused?.field("SessionRejectReason") == 10011)
    }

    @Test("A damaged snapshot is named and passed over")
    func damagedSnapshot() throws {
        let market = try KeptMarket()
        for round: UInt64 in 1...3 {
            _ = market.trading().exchange(persistent(round))
            market.stop()
            try market.start()
        }
        let newest = try #require(market.disk.names(in: "snapshots").last)
        market.stop()
        let path = "snapshots/" + (try #require(market.disk.names(in: "snapshots").last))
        #expect(path != "snapshots/" + newest)
        market.disk.flipBit(of: path, at: 300, bit: 3)
        try market.start()
        #expect(market.report.contains { $0.contains(path) })
        let client = market.trading()
        for name: UInt64 in 1...3 {
            #expect(client.exchange(delete(name)).first?.template == .deleteOrderResponse)
        }
    }

    @Test("A folder of another market, or without its identity, is refused with a reason")
    func refusals() throws {
        let market = try KeptMarket()
        _ = market.trading().exchange(persistent(1))
        market.stop()
        market.configuration.limits.orderCapacity = 8192
        do {
            try market.start()
            Issue.record("another market went on")
        } catch {
            #expect("\(error)".contains("another market"))
        }
        // Passwords may change.
        market.configuration.limits.orderCapacity = 4096
        market.configuration.market.sessions[0].passwordHash = "other"
        try market.start()
        market.stop()
        try market.disk.remove("genesis")
        do {
            try market.start()
            Issue.record("a history without its identity went on")
        } catch {
            #expect("\(error)".contains("genesis"))
        }
    }

    @Test("A journal that is damaged before its end stops the start and names the place")
    func damagedJournal() throws {
        let market = try KeptMarket()
        let client = market.trading()
        for name: UInt64 in 1...20 { _ = client.exchange(persistent(name)) }
        try market.kill()
        market.disk.kill()
        for name in try market.disk.names(in: "snapshots") {
            try market.disk.remove("snapshots/" + name)
        }
        let path = "journal/" + (try #require(market.disk.names(in: "journal").first))
        market.disk.flipBit(of: path, at: 4096 + 300, bit: 1)
        do {
            try market.start()
            Issue.record("a damaged journal went on")
        } catch {
            #expect("\(error)".contains(path))
        }
    }

    @Test("A full disk refuses entries and lets deletions through, and forgets nothing")
    func fullDisk() throws {
        let market = try KeptMarket()
        var client = market.trading()
        #expect(client.exchange(persistent(1)).map(\.template) == [.newOrderResponse])
        market.disk.faults.capacity = 0
        // Fills the segments that are prepared.
        var name: UInt64 = 2
        var refusal: Message?
        while refusal == nil, name < 100_000 {
            for _ in 0..<50 {
                client.send(persistent(name)(client.nextMsgSeqNum))
                client.send(delete(name)(client.nextMsgSeqNum + 1))
                client.nextMsgSeqNum += 2
                name += 1
            }
            market.settle()
            refusal = client.take().first {
                $0.template == .reject && $0.field("SessionRejectReason") == 102
            }
        }
        #expect(refusal?.text.contains("durably") == true)
        #expect(client.exchange(delete(1)).map(\.template) == [.deleteOrderResponse])
        #expect(client.exchange(persistent(name)).first?.field("SessionRejectReason") == 102)
        market.disk.faults.capacity = .max
        market.clock.advance(nanos: 2_000_000_000)
        market.settle()
        #expect(client.exchange(persistent(name)).map(\.template) == [.newOrderResponse])
        try market.kill()
        client = market.trading()
        #expect(client.exchange(delete(1)).first?.template == .reject)
        #expect(client.exchange(delete(name)).map(\.template) == [.deleteOrderResponse])
    }
    /// What the system forgot after a failed sync, and calls written, is made again from the journal.
    @Test(
        "An archive that the disk refuses is whole again when it takes it, and the market never waits"
    )
    func refusedArchive() throws {
        for seed in 1...4 {
            let market = try KeptMarket(seed: UInt64(seed))
            let client = market.trading()
            var execIDs: Set<UInt64> = []
            func trade(_ names: ClosedRange<UInt64>) {
                for name in names {
                    let answer = client.exchange(persistent(name))
                    #expect(answer.map(\.template) == [.newOrderResponse])
                    execIDs.insert(answer[0].field("ExecID"))
                    market.clock.advance(nanos: 100_000_000)
                }
            }
            trade(1...20)
            market.disk.faults.errorsIn = "archive/"
            market.disk.faults.syncErrors = 1_000_000
            trade(21...60)
            #expect(
                market.venue?.notices.take().contains { $0.contains("wait for the disk") } == true)
            market.disk.faults = .none
            trade(61...80)
            market.clock.advance(nanos: 70_000_000_000)
            market.settle()
            market.clock.advance(nanos: 2_000_000_000)
            market.settle()
            #expect(market.venue?.notices.take() == [])
            // Not started again, which would make good what is missing.
            market.disk.cutPower()
            let genesis = try #require(try DataDirectory.readGenesis(market.disk)).genesis
            var reader = try ArchiveReader(
                ArchiveFolder(disk: market.disk), history: genesis, after: 0)
            var kept: Set<UInt64> = []
            while let record = try reader.next() { kept.insert(record.execID) }
            #expect(execIDs.count == 80 && execIDs.isSubset(of: kept))
        }
    }
}
