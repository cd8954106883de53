import Archive
import Domain
import Platform
import Reports
import Rings
import Runtime
import Streams
import TestSupport
import Wire

@testable import Retransmission
@testable import SessionServer

/// The clock of these tests, which are steps of one thread.
enum TestClock {
    nonisolated(unsafe) static var nanos: UInt64 = 1_800_000_000_000_000_000
    static var clock: Clock { Clock { TestClock.nanos } }
}

/// An event ring, what records it, and what answers from it.
final class Bench {
    static let history: UInt64 = 77
    var ring: BroadcastRing<Event>.Ends
    var producer: BroadcastRing<Event>.Producer
    var recorder: EventRecorder
    var agent: RetransmissionAgent
    var desk: RetransmissionDesk
    let archived = SequenceCounter()
    private(set) var sequence: UInt64 = 0
    private var pending: [(event: Event, context: EventContext, fills: [Fill])] = []

    init(capacity: Int = 4096, store: ArchiveMemory = ArchiveMemory()) throws {
        ring = BroadcastRing<Event>.make(capacity: capacity, gatingConsumers: 0)
        producer = ring.takeProducer()
        var link = RetransmissionLink(sessionCount: Self.reference.sessions.count)
        desk = link.takeDesk()
        recorder = try EventRecorder(
            events: .init(of: ring, from: .oldest), store: store, history: Self.history,
            sessionCount: Self.reference.sessions.count, archived: archived)
        agent = RetransmissionAgent(
            link: &link, store: store, history: Self.history, referenceData: Self.reference,
            archived: archived, clock: TestClock.clock, portDoorbell: .silent())
    }

    static func execID(_ sequence: UInt64) -> UInt64 { 1_767_603_600_000_000_000 + sequence * 10 }

    // MARK: Events

    /// One more event of the transaction under way.
    func add(
        _ kind: Event.Kind, _ session: Int, isStandard: Bool = true, flags: Event.Flags = [],
        fills: Int = 0, announced: TradSesEvent = .endOfDayService
    ) {
        var event = Event(kind: kind)
        event.flags = flags
        if isStandard { event.flags.insert(.standard) }
        event.sequence = sequence + 1
        event.execID = Timestamp(nanos: Self.execID(sequence + 1))
        event.timeIn = event.execID
        event.requestTime = event.execID
        event.instrument = InstrumentIndex(0)
        event.trader = TraderID(raw: 11)
        event.orderID = OrderID(raw: sequence + 1)
        event.clOrdID = ClOrdID(raw: 5)
        event.price = Price(units: 100)
        event.orderQty = Quantity(units: 1000)
        event.leavesQty = Quantity(units: 900)
        event.cumQty = Quantity(units: 100)
        if kind == .massCancelled || kind == .massCancelReported {
            event.massActionReason = .sessionLoss
        } else if kind == .ordersDeletedByMarket {
            event.massActionReason = .productHalt
        } else if kind == .tradingSessionEvent {
            event.tradSesEvent = announced
            event.tradeDate = 2026_01_05
        }
        var context = EventContext()
        context.product = ProductIndex(0)
        context.messageIndex = UInt32(pending.count * 2)
        context.tradingCapacity = 5
        if kind != .tradingSessionEvent {
            event.session = SessionIndex(session)
            context.unit = UnitIndex(session == 2 ? 1 : 0)
            context.ownerSession = SessionIndex(session)
            context.enteringTrader = TraderID(raw: 11)
        }
        var fill = Fill()
        fill.price = Price(units: 100)
        fill.quantity = Quantity(units: 1)
        if kind == .restingExecuted { context.fill = fill }
        context.fillCount = UInt16(fills)
        event.flags.insert(.hasContext)
        pending.append((event, context, [Fill](repeating: fill, count: fills)))
    }

    func publish() {
        var slot = 0
        sequence += 1
        for index in pending.indices {
            var (event, context, fills) = pending[index]
            let fillSlots = (fills.count + 3) / 4
            event.slotCount = UInt8(2 + fillSlots)
            if index == pending.count - 1 { event.flags.insert(.endOfTransaction) }
            precondition(producer.hasRoom(for: slot + Int(event.slotCount)))
            producer.write(event, at: slot)
            producer.write(context, at: slot + 1)
            for fillSlot in 0..<fillSlots {
                var four = FillSlot()
                for lane in 0..<4 where fillSlot * 4 + lane < fills.count {
                    four.fills[lane] = fills[fillSlot * 4 + lane]
                }
                producer.write(four, at: slot + 2 + fillSlot)
            }
            slot += Int(event.slotCount)
        }
        producer.publish(slot)
        pending.removeAll()
    }

    /// A transaction of one event.
    func publish(_ kind: Event.Kind, _ session: Int, isStandard: Bool = true) {
        add(kind, session, isStandard: isStandard)
        publish()
    }

    // MARK: Asking

    func step() {
        TestClock.nanos += 1000
        let now = Timestamp(nanos: TestClock.nanos)
        _ = recorder.doWork(now: now)
        _ = agent.doWork(now: now)
    }

    @discardableResult
    func ask(
        _ session: Int, behind begin: ApplMsgID = .min, upTo end: ApplMsgID = .max,
        through: UInt64? = nil
    ) -> Bool {
        let request = PortRequest(
            kind: .application, template: .retransmitMEMessageRequest,
            frame: UnsafeRawPointer(bitPattern: 8)!, connection: 0,
            session: SessionIndex(session), sessionInstanceID: 1, msgSeqNum: 9, applSubID: 0,
            receivedAt: Timestamp(nanos: TestClock.nanos))
        return desk.ask(
            RetransmissionRequest(
                request, behind: begin, upTo: end, through: through ?? sequence))
    }

    /// An answer with its messages.
    func answer() -> (answer: RetransmissionAnswer, messages: [Message])? {
        for _ in 0..<2000 {
            step()
            guard let answer = desk.next() else { continue }
            var bytes = Array(desk.messages(of: answer))
            desk.giveBack(answer)
            return (answer, Message.takeAll(from: &bytes))
        }
        return nil
    }

    func asked(
        _ session: Int, behind begin: ApplMsgID = .min, upTo end: ApplMsgID = .max
    ) -> (answer: RetransmissionAnswer, messages: [Message])? {
        ask(session, behind: begin, upTo: end)
        return answer()
    }

    /// Two sessions of unit 1, one of unit 2.
    static let reference = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "APUS",
        products: [
            Product(
                marketSegmentID: 100, name: "ALPHA", tick: Price(raw: 50_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 100_000))
        ],
        instruments: [
            Instrument(securityID: 1001, name: "ALPHA DEC", product: ProductIndex(0))
        ],
        units: [
            BusinessUnit(id: 1, name: "UNIT1", traders: []),
            BusinessUnit(id: 2, name: "UNIT2", traders: []),
        ],
        sessions: [(10001, 0), (10002, 0), (20001, 1)].map { (id: Int, unit: Int) in
            SessionDefinition(
                id: UInt32(id), kind: .trading, unit: UnitIndex(unit), passwordHash: "")
        })
}

extension Message {
    var id: ApplMsgID {
        rawField("ApplMsgID").withUnsafeBytes { ApplMsgID($0) } ?? .min
    }
}
