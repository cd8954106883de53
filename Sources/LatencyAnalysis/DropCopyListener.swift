import Client
import Domain
import LinuxPlatform
import OrderFlow
import Platform
import Rings
import Synchronization

/// A back-office session of its own that notes when it hears of what.
///
/// Its thread waits in the system for the drop copy's bytes, so a message's time includes the thread's
/// waking up, as it would for any listener that does not spin.
final class DropCopyListener: @unchecked Sendable {
    // Unchecked: connection and producer are the thread's while it runs, the consumer is the caller's,
    // the rest is constant, atomic, or written before an atomic that says so.
    private let connection: ListenerConnection<TCPByteStream>
    private let clock: Clock
    private let spins: Bool
    @exclusivity(unchecked) private var producer: Ring<ListenerArrival>.Producer
    @exclusivity(unchecked) private var consumer: Ring<ListenerArrival>.Consumer
    private let dropped = Atomic<UInt64>(0)
    private let stops = Atomic<Bool>(false)
    private let hasFailed = Atomic<Bool>(false)
    private var failure = ""
    private let thread = MeasuringThread()
    private var droppedSeen: UInt64 = 0

    static let capacity = 1 << 16

    /// Connects, logs on and subscribes to listener data of all that the session may see.
    init(
        port: UInt16, session: UInt32, password: String, clock: Clock, spins: Bool
    ) throws(ToolError) {
        self.clock = clock
        self.spins = spins
        connection = ListenerConnection(
            session: session, password: password, stream: try TCPByteStream(port: port),
            clock: clock)
        var ends = Ring<ListenerArrival>.make(capacity: Self.capacity)
        producer = ends.takeProducer()
        consumer = ends.takeConsumer()
        try connection.logon()
        try connection.subscribe(to: .listenerData) { message in note(message) }
    }

    func start() throws(ToolError) {
        try thread.start("listener") { [self] in listen() }
    }

    /// Ends the thread and the session.
    func stop() {
        stops.store(true, ordering: .relaxed)
        thread.join()
        if !hasFailed.load(ordering: .acquiring) { try? connection.logout() }
    }

    /// What has been heard since the last call.
    func drain(_ note: (ListenerArrival) -> Void) -> Int {
        var count = 0
        while count < Self.capacity, let arrival = consumer.next() {
            note(arrival)
            count += 1
        }
        return count
    }

    /// Messages dropped since the last call.
    func takeDropped() -> UInt64 {
        let now = dropped.load(ordering: .relaxed)
        defer { droppedSeen = now }
        return now - droppedSeen
    }

    /// Why the thread ended by itself, if it did. Acquire: pairs with the release store in `listen`.
    var reasonOfEnd: String? { hasFailed.load(ordering: .acquiring) ? failure : nil }

    private func listen() {
        do throws(ToolError) {
            while !stops.load(ordering: .relaxed) {
                if !spins { connection.wait(nanos: 100_000_000) }
                try connection.receive { message throws(ToolError) in note(message) }
                try connection.keepAlive(now: clock.now())
            }
        } catch {
            failure = error.description
            hasFailed.store(true, ordering: .releasing)
        }
    }

    private func note(_ inbound: Inbound) {
        guard let message = ListenerMessage(inbound), message.kind != .gap, !message.isResent
        else { return }
        let arrival = ListenerArrival(
            execID: message.execID, engineOut: message.engineOut, dropCopyIn: message.dropCopyIn,
            dropCopyOut: message.dropCopyOut, listenerIn: clock.now())
        if !producer.tryPush(arrival) {
            dropped.store(dropped.load(ordering: .relaxed) + 1, ordering: .relaxed)
        }
    }
}
