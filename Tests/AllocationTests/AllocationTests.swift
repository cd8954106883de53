import CAllocationCount
import Domain
import Engine
import Exchange
import FakePlatform
import Glibc
import LinuxPlatform
import Platform
import Rings
import Runtime
import Telemetry
import Testing
import Wire

/// From frame to answer nothing is allocated once everything is warm.
///
/// Each test does its work once to warm up, and counts the second time. Counted per thread where one
/// thread does all, so that other tests do not matter.
@Suite(
    .serialized,
    .enabled(
        if: allocationcount_is_active(),
        "allocations cannot be counted under a sanitizer, which has an allocator of its own"))
struct AllocationTests {
    /// What the calling thread allocates meanwhile.
    static func allocations(_ body: () -> Void) -> UInt64 {
        let before = allocationcount_thread()
        body()
        return allocationcount_thread() - before
    }

    /// Expects none of an optimised build; an unoptimised one keeps values on the heap that an
    /// optimised one does not, so there the work is only done.
    static func expectNone(
        _ count: UInt64, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        if isOptimised { #expect(count == 0, sourceLocation: sourceLocation) }
    }

    /// `swift test -c release -Xswiftc -enable-testing`.
    static let isOptimised: Bool = {
        var isOptimised = true
        assert(
            {
                isOptimised = false
                return true
            }())
        return isOptimised
    }()

    @Test func counterCounts() {
        let count = Self.allocations {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
            memory.storeBytes(of: 1, as: UInt8.self)
            memory.deallocate()
        }
        #expect(count >= 1)
    }

    // MARK: Parts

    @Test func ringsDoNotAllocate() {
        var ends = Ring<Command>.make(capacity: 64)
        var producer = ends.takeProducer()
        var consumer = ends.takeConsumer()
        func run() {
            for _ in 0..<1_000 {
                precondition(producer.hasRoom(for: 1))
                producer.write(Command(kind: .newOrder), at: 0)
                producer.publish(1)
                precondition(consumer.available() == 1)
                precondition(consumer[0].kind == .newOrder)
                consumer.release(1)
            }
        }
        run()
        Self.expectNone(Self.allocations(run))
    }

    @Test func histogramDoesNotAllocate() {
        var histogram = LatencyHistogram()
        func run() { for value: UInt64 in 0..<10_000 { histogram.record(value * 977) } }
        run()
        Self.expectNone(Self.allocations(run))
    }

    /// A packet with what most packets have, and the message of most entries, written and read.
    @Test func packetsOfThePublicFeedDoNotAllocate() {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_400, alignment: 8)
        defer { room.deallocate() }
        var ordersRead = 0
        var statesRead = 0
        func run() {
            for round in 1...1_000 {
                let length = writePacket(UInt32(round), room.baseAddress!)
                let bytes = UnsafeRawBufferPointer(rebasing: room[..<length])
                guard var datagram = EOBIDatagram(bytes) else { return }
                while let message = datagram.next() {
                    switch message {
                    case .known(.orderAdd, let base):
                        if EOBIOrderAddView(base).orderDetails.price == Int64(round) {
                            ordersRead += 1
                        }
                    case .known(.massInstrumentStateChange, let base):
                        let view = EOBIMassInstrumentStateChangeView(base)
                        for index in 0..<view.relatedSymCount
                        where view.relatedSym(at: index).securityID == Int64(index) {
                            statesRead += 1
                        }
                    default: break
                    }
                }
            }
        }
        run()
        Self.expectNone(Self.allocations(run))
        #expect(ordersRead == 2 * 1_000 && statesRead == 2 * 24 * 1_000)
    }

    private func writePacket(_ round: UInt32, _ room: UnsafeMutableRawPointer) -> Int {
        var length = EOBIPacketHeaderWriter.length
        let packet = EOBIPacketHeaderWriter(room)
        packet.initialize()
        packet.applSeqNum = round
        let add = EOBIOrderAddWriter(room + length)
        add.initialize()
        add.msgSeqNum = 2 * round
        add.orderDetails.price = Int64(round)
        length += EOBIOrderAddWriter.length
        let states = EOBIMassInstrumentStateChangeWriter(room + length)
        states.initialize()
        states.msgSeqNum = 2 * round + 1
        states.noRelatedSym = 24
        for index in 0..<24 {
            let state = states.relatedSym(at: index)
            state.initialize()
            state.securityID = Int64(index)
        }
        return length + EOBIMassInstrumentStateChangeWriter.length
    }

    // MARK: The engine

    @Test(arguments: [false, true])
    func partitionDoesNotAllocate(isStandard: Bool) {
        var engine = BareEngine(isStandard: isStandard)
        engine.run()
        Self.expectNone(Self.allocations { engine.run() })
        let (trades, hasOrders) = (engine.trades, engine.hasOrders)
        #expect(trades > 0)
        #expect(!hasOrders)
    }

    // MARK: Gateway and engine

    @Test(arguments: [false, true])
    func venueInMemoryDoesNotAllocate(isStandard: Bool) throws {
        let market = try MemoryMarket(isStandard: isStandard)
        market.run(rounds: 20)
        let answered = market.answered
        let published = market.packetsPublished
        Self.expectNone(Self.allocations { market.run(rounds: 200) })
        #expect(market.packetsPublished - published >= 200, "the public was told")
        #expect(market.answered - answered >= 200 * 12, "everything was answered")
        #expect(market.rejects > 0, "rejects were among it")
    }

    // MARK: Everything

    @Test func venueOverSocketsDoesNotAllocate() throws {
        let mark = UInt32.random(in: 1 ... .max)
        let venue = try LiveVenue(.automatic, .laptop, mark: mark)
        try venue.run(sends: 20)
        let before = allocationcount_marked(mark)
        #expect(before > 0, "the venue's threads are counted")
        let answered = venue.answered
        try venue.run(sends: 300)
        Self.expectNone(allocationcount_marked(mark) - before)
        #expect(venue.answered - answered == 300 * 18)
        #expect(venue.rejects > 0)
    }

    /// Under `spin` the engine's thread asks nothing of the system, while thousands of orders pass.
    @Test(
        .enabled(
            if: usableCores >= 2, "the plan \"dedicated\" needs two cores, and this process has one"
        ),
        .enabled(
            if: clockIsUserSpace,
            "the system's clock is read by system calls here (see current_clocksource)"),
        .enabled(
            if: systemcalls_work(), "this kernel has no syscall user dispatch (Linux 5.11, x86-64)")
    )
    func spinningEngineMakesNoSystemCalls() throws {
        let venue = try LiveVenue(
            .dedicated, .latency, mark: .random(in: 1 ... .max), watchesEngine: true)
        try venue.run(sends: 5)
        systemcalls_forbid(true)
        defer { systemcalls_forbid(false) }
        try venue.run(sends: 100)
        let (count, last) = (systemcalls_count(), systemcalls_last())
        #expect(count == 0, "the engine made system call \(last)")
    }

    private static var usableCores: Int { (try? CoreSet.usable().count) ?? 1 }

    private static var clockIsUserSpace: Bool {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
        guard let file = fopen(path, "r") else { return true }
        defer { fclose(file) }
        var name = [CChar](repeating: 0, count: 64)
        guard fgets(&name, 64, file) != nil else { return true }
        let text = String(
            decoding: name.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init), as: UTF8.self)
        return text == "tsc" || text == "kvm-clock" || text == "arch_sys_counter"
    }
}

/// A partition and its ring, fed with every kind of command.
struct BareEngine: ~Copyable {
    private var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    private var consumer: BroadcastRing<Event>.GatingConsumer
    private var sequence: UInt64 = 0
    private let isStandard: Bool
    private(set) var trades = 0
    private var resting = 0

    init(isStandard: Bool) {
        self.isStandard = isStandard
        partition = Partition(
            PartitionConfiguration(
                referenceData: DemonstrationMarket.referenceData, orderCapacity: 4096,
                detailsCapacity: 4096, pageCapacity: 256))
        var ends = BroadcastRing<Event>.make(capacity: 4096, gatingConsumers: 1)
        events = ends.takeProducer()
        consumer = ends.takeGatingConsumer()
        apply(command(.sessionStarted))
    }

    var hasOrders: Bool { resting != 0 }

    /// New, modified, deleted, matched and mass-cancelled orders.
    mutating func run() {
        for round in 0..<200 {
            for number in 0..<8 {
                apply(order(UInt64(number + 1), .buy, price: 100 + Int64(number)))
            }
            var change = order(1, .buy, price: 99)
            change.kind = .modifyOrder
            change.origClOrdID = change.clOrdID
            apply(change)
            var deletion = command(.deleteOrder)
            deletion.origClOrdID = ClOrdID(raw: 2)
            deletion.instrument = InstrumentIndex(2)
            apply(deletion)
            // Trades with two levels and rests.
            var sell = order(20 + UInt64(round % 2), .sell, price: 106)
            sell.quantity = Quantity(units: 20)
            apply(sell)
            // Finds nothing to refuse but its name.
            apply(order(3, .buy, price: 90))
            var cancel = command(.deleteAllOrders)
            cancel.product = ProductIndex(1)
            apply(cancel)
            while partition.hasMassCancelPending { apply(command(.continueMassCancel)) }
        }
    }

    private func command(_ kind: Command.Kind) -> Command {
        var command = Command(kind: kind)
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.msgSeqNum = 1
        command.trader = TraderID(raw: 11)
        return command
    }

    private func order(_ clOrdID: UInt64, _ side: Side, price: Int64) -> Command {
        var order = command(.newOrder)
        order.instrument = InstrumentIndex(2)
        order.product = ProductIndex(1)
        order.clOrdID = ClOrdID(raw: clOrdID)
        order.price = Price(units: price)
        order.quantity = Quantity(units: 10)
        order.attributes = OrderAttributes(
            side: side, execInst: isStandard ? .persistent : .nonPersistent,
            isStandard: isStandard)
        if isStandard { order.flags = [.hasParties, .hasTexts] }
        return order
    }

    private mutating func apply(_ original: Command) {
        var command = original
        sequence += 1
        command.sequence = sequence
        command.requestTime = Timestamp(nanos: sequence * 100)
        command.timeIn = command.requestTime
        partition.apply(command, OrderDetails(), into: &events)
        partition.publish(&events)
        drain()
        while partition.isSuspended {
            partition.resume(into: &events)
            partition.publish(&events)
            drain()
        }
    }

    private mutating func drain() {
        while consumer.available() > 0 {
            let event = consumer[0]
            switch event.kind {
            case .orderAccepted: if event.flags.contains(.rests) { resting += 1 }
            case .restingExecuted:
                trades += 1
                if event.leavesQty.raw == 0 { resting -= 1 }
            case .aggressorExecuted: if event.leavesQty.raw > 0 { resting += 1 }
            case .orderDeleted, .orderRemoved, .orderDeletedByOther: resting -= 1
            default: break
            }
            consumer.release(Int(event.slotCount))
        }
    }
}

/// Counts datagrams, which go nowhere.
private final class CountedDatagrams: DatagramSender {
    private(set) var count = 0

    func send(_ datagrams: UnsafeBufferPointer<Datagram>) -> Int {
        count += datagrams.count
        return 0
    }
}

/// A whole venue in one thread, and two participants in memory.
final class MemoryMarket {
    private let network = MemoryNetwork()
    private let datagrams = CountedDatagrams()
    private let venue: Venue
    private var buyer = Requests(trader: 11)
    private var seller = Requests(trader: 21)
    private let buyerConnection = ConnectionIndex(0)
    private let sellerConnection = ConnectionIndex(1)
    private let isStandard: Bool
    private var now: UInt64 = 1_700_000_000_000_000_000
    private(set) var answered = 0
    private(set) var rejects = 0
    private var clOrdID: UInt64 = 0

    var packetsPublished: Int { datagrams.count }

    init(isStandard: Bool) throws {
        self.isStandard = isStandard
        var configuration = Configuration.demonstration
        configuration.limits.orderCapacity = 4096
        venue = try Venue(
            configuration, plan: .stepped,
            environment: VenueEnvironment(
                network: network, clock: Clock { 1_700_000_000_000_000_000 },
                processor: .indifferent, verifyPassword: { _, _ in true }, usableCores: [0],
                makeSleeper: { preconditionFailure("nobody sleeps") }, orderIDKey: 1,
                datagrams: datagrams))
        network.connect(buyerConnection)
        network.connect(sellerConnection)
        buy { $0.logOn(session: 10001, password: "apus-1", into: $1) }
        sell { $0.logOn(session: 20001, password: "apus-2", into: $1) }
        settle()
        buy { $0.logIn(password: "apus-11", into: $1) }
        sell { $0.logIn(password: "apus-21", into: $1) }
        settle()
        guard answered == 4, rejects == 0 else {
            throw ThreadPlan.PlanError(description: "the logons were refused")
        }
    }

    private func buy(_ write: (inout Requests, UnsafeMutableRawPointer) -> Int) {
        network.deliver(buyerConnection, write(&buyer, network.inputSpace(buyerConnection)))
    }

    private func sell(_ write: (inout Requests, UnsafeMutableRawPointer) -> Int) {
        network.deliver(sellerConnection, write(&seller, network.inputSpace(sellerConnection)))
    }

    /// Twelve requests a round: orders, changes, deletions, trades, rejects and a mass cancel.
    func run(rounds: Int) {
        let isStandard = isStandard
        for _ in 0..<rounds {
            let first = clOrdID
            clOrdID += 10
            for number in 1...4 {
                let price = Int64(100 + number) * 100_000_000
                buy {
                    $0.order(
                        first + UInt64(number), price: price, isStandard: isStandard, into: $1)
                }
            }
            settle()
            buy { $0.modify(first + 1, price: 99_00000000, isStandard: isStandard, into: $1) }
            buy { $0.delete(first + 2, into: $1) }
            sell {
                $0.order(
                    first, side: 2, price: 103_00000000, isStandard: isStandard, into: $1)
            }
            sell { $0.order(first + 1, side: 2, isIOC: true, into: $1) }
            settle()
            // Refused by the engine, then by the gateway for each of two reasons.
            buy { $0.delete(first + 2, into: $1) }
            buy { $0.order(first + 5, price: 100_00000001, into: $1) }
            buy { $0.order(first + 6, instrument: 4, into: $1) }
            buy { $0.deleteAll(into: $1) }
            settle()
        }
    }

    private func settle() {
        var idle = 0
        while idle < 3 {
            now += 1_000
            idle = venue.step(now: Timestamp(nanos: now)) == 0 ? idle + 1 : 0
        }
        network.takeOutput(buyerConnection) { count($0) }
        network.takeOutput(sellerConnection) { count($0) }
    }

    private func count(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < bytes.count {
            let header = FrameHeader(bytes.baseAddress! + offset)
            if header.templateID == TemplateID.reject.rawValue { rejects += 1 }
            // Notifications of the other side's doings are no answers, but more does not hurt here.
            answered += 1
            offset += Int(header.bodyLen)
        }
    }
}
