import CApusMatching
import Containers
import Domain
import Engine
import Rings

/// A partition with what the C interface needs around it: sequencer, event ring and callback.
///
/// It lies where an `apus_engine *` points. One thread at a time uses it.
struct EmbeddedEngine: ~Copyable {
    var partition: Partition
    private var events: BroadcastRing<Event>.Producer
    var made: BroadcastRing<Event>.GatingConsumer
    private var sequencer = Sequencer()
    /// What no request of this interface has.
    private let details = OrderDetails()
    /// Which sessions are started: their instance, or 0.
    let sessions: FixedTable<UInt32>
    let sessionCount: UInt32
    /// The product of each instrument.
    let products: FixedTable<ProductIndex>
    let instrumentCount: UInt32
    let productCount: UInt32

    /// What keeps every call from being carried out, if anything does.
    private(set) var obstacle = APUS_OK
    /// Fills of the record at hand that were told.
    var fillsTold = 0
    private(set) var callback: apus_event_callback?
    private(set) var callbackContext: UnsafeMutableRawPointer?
    /// What a callback is handed.
    let outbox = FixedTable<apus_event>(count: 64) { _ in apus_event() }

    init(_ configuration: PartitionConfiguration, eventCapacity: Int) {
        let reference = configuration.referenceData
        partition = Partition(configuration)
        var capacity = 1
        while capacity < max(eventCapacity, partition.eventSlotsPerCommandMax) { capacity *= 2 }
        var ends = BroadcastRing<Event>.make(capacity: capacity, gatingConsumers: 1)
        events = ends.takeProducer()
        made = ends.takeGatingConsumer()
        sessions = FixedTable(count: reference.sessions.count) { _ in 0 }
        sessionCount = UInt32(reference.sessions.count)
        products = FixedTable(reference.instruments.map(\.product))
        instrumentCount = UInt32(reference.instruments.count)
        productCount = UInt32(reference.products.count)
        for session in 0..<reference.sessions.count {
            let status = startSession(UInt32(session), time: 0)
            precondition(
                status == APUS_OK, "a new engine has room for what a session's start makes")
            made.release(made.available())
        }
    }

    var eventCapacity: Int { events.capacity }

    /// Whether the next command will find room for its events.
    @inline(__always)
    mutating func hasRoom() -> Bool { events.hasRoom(for: partition.eventSlotsPerCommandMax) }

    /// Gives a command its place in the history and applies it, to its end if there is room for its
    /// events.
    @inline(__always)
    mutating func submit(_ command: inout Command) {
        sequencer.stamp(&command, at: command.requestTime)
        partition.apply(command, details, into: &events)
        partition.publish(&events)
        if partition.isUnfinished { goOn() }
    }

    /// Goes on with a command that makes more events than there was room for.
    @inline(never)
    mutating func goOn() {
        while partition.isUnfinished {
            guard hasRoom() else {
                obstacle = APUS_EVENTS_WAITING
                return
            }
            if partition.isSuspended {
                partition.resume(into: &events)
            } else {
                var slice = Command(kind: .continueMassCancel)
                sequencer.stamp(&slice, at: .zero)
                partition.apply(slice, details, into: &events)
            }
            partition.publish(&events)
        }
        obstacle = APUS_OK
    }

    // MARK: Callback

    mutating func setCallback(
        _ callback: apus_event_callback?, _ context: UnsafeMutableRawPointer?
    ) -> apus_status {
        guard obstacle == APUS_OK else { return obstacle }
        guard made.available() == 0 else { return APUS_EVENTS_WAITING }
        self.callback = callback
        callbackContext = context
        return APUS_OK
    }

    /// Tells the callback of an engine all there is to tell. Nobody has access to the engine while the
    /// callback runs.
    static func tell(_ engine: UnsafeMutablePointer<EmbeddedEngine>) {
        guard let callback = engine.pointee.callback else { return }
        while true {
            let outbox = engine.pointee.outbox.address(of: 0)
            let count = engine.pointee.take(into: outbox, capacity: engine.pointee.outbox.count)
            guard count > 0 else { return }
            let obstacle = engine.pointee.obstacle
            engine.pointee.obstacle = APUS_WITHIN_CALLBACK
            callback(engine.pointee.callbackContext, outbox, count)
            engine.pointee.obstacle = obstacle
        }
    }
}
