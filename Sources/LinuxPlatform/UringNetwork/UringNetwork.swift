import CLinux
import Domain
import Glibc
import Platform

/// A network that could not be set up.
public typealias NetworkError = SystemError

/// Stream connections over io_uring: one ring, entered at most once per duty cycle.
///
/// Two calls go past the ring, because they are the faster way: output is sent at once as far as the
/// socket has room, and when all of the last arrivals were one connection's, it is read first and the
/// ring entered afterwards.
///
/// Made on any thread; the first `poll` binds it to the thread that calls it, and from then on all but
/// `wake` must come from there.
///
/// A connection first reads into 4 KiB of its own, which bounds what a stranger can make us hold, and
/// a message longer than that never completes. After `promote` the kernel fills two large buffers in
/// turn by one standing receive; they are mapped twice, one behind the other, so that unread input
/// is always in one piece.
///
/// A peer that closes its writing side has closed. Its last input comes first (`received`), `closed`
/// follows at once; the input stays readable until the `poll` after `closed` was taken, and output
/// that is unsent by then is dropped.
///
/// A connection closed from here is drained: what is committed is sent, our end announced, and
/// input thrown away until the peer's end comes too, so that no reset overtakes the last message. A
/// peer that takes nothing for 5 s, or stays for 1 to 1.5 s after our end, is reset.
public final class UringNetwork: Network {
    public struct Configuration: Sendable {
        /// IPv4 address to listen on, in dots.
        public var address = "127.0.0.1"
        /// Port to listen on; 0 takes any that is free.
        public var port: UInt16 = 0
        /// How many connections may be open at once.
        public var connectionCapacity = 1024
        /// How many of them may read at full speed at once.
        public var promotedCapacity = 512
        /// Largest piece of output, in bytes.
        public var frameLengthMax = 16 << 10
        /// Bound of unread input a connection, in bytes.
        public var unreadBytesMax = 256 << 10
        /// Bound of unsent output a connection, in bytes.
        public var unsentBytesMax = 1 << 20
        /// Touch the input buffers at start, rather than when a session first needs them.
        public var touchesBuffers = false

        /// What the kernel is taken to lack, for tests of what is used instead.
        package var withoutIncrementalBuffers = false
        package var withoutDeferredWork = false
        package var withoutCooperativeWork = false

        public init() {}
    }

    public let connectionCapacity: Int
    public let frameLengthMax: Int
    /// The port listened on.
    public let port: UInt16
    /// One sentence per feature that the system lacks, and what is used instead.
    public let report: [String]

    /// All state, outside the object: reading a class's stored properties costs checks and reference
    /// counts that a pointer does not.
    private let core: UnsafeMutablePointer<UringCore>
    private let wakeDescriptor: Int32
    /// For the connections, and for what else there is beside them.
    private let descriptors: DescriptorReservation

    public init(configuration: Configuration, clock: Clock) throws(NetworkError) {
        let descriptors = DescriptorReservation(configuration.connectionCapacity + 256)
        let listener = try Listener(address: configuration.address, port: configuration.port)
        var report: [String] = []
        let core = UnsafeMutablePointer<UringCore>.allocate(capacity: 1)
        do throws(NetworkError) {
            core.initialize(
                to: try UringCore(
                    configuration, listener: listener.descriptor,
                    descriptorLimit: descriptors.limit, clock: clock, report: &report))
        } catch {
            core.deallocate()
            _ = Glibc.close(listener.descriptor)
            throw error
        }
        self.core = core
        self.descriptors = descriptors
        self.report = report
        port = listener.port
        connectionCapacity = core.pointee.connectionCapacity
        frameLengthMax = configuration.frameLengthMax
        wakeDescriptor = core.pointee.wakeDescriptor
    }

    deinit {
        core.pointee.free()
        core.deinitialize(count: 1)
        core.deallocate()
    }

    // MARK: The duty cycle

    public func poll() -> Int { core.pointee.poll() }

    public func pollOrSleep(nanos: UInt64) -> Int { core.pointee.pollOrSleep(nanos: nanos) }

    public func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }

    public func nextEvent() -> NetworkEvent? { core.pointee.nextEvent() }

    public func stopAccepting() { core.pointee.stopAccepting() }

    // MARK: Input

    public func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
        core.pointee.unread(index(connection))
    }

    public func consume(_ connection: ConnectionIndex, _ count: Int) {
        core.pointee.consume(index(connection), count)
    }

    public func promote(_ connection: ConnectionIndex) { core.pointee.promote(index(connection)) }

    // MARK: Output

    public func outputSpace(
        _ connection: ConnectionIndex, _ count: Int
    ) -> UnsafeMutableRawPointer? {
        core.pointee.outputSpace(index(connection), count)
    }

    public func commitOutput(_ connection: ConnectionIndex, _ count: Int) {
        core.pointee.commitOutput(index(connection), count)
    }

    public func unsentBytes(_ connection: ConnectionIndex) -> Int {
        core.pointee.unsentBytes(index(connection))
    }

    public func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp {
        core.pointee.oldestUnsent(index(connection))
    }

    // MARK: Closing

    public func closeAfterSending(_ connection: ConnectionIndex) {
        core.pointee.closeAfterSending(index(connection))
    }

    public func abort(_ connection: ConnectionIndex) { core.pointee.abort(index(connection)) }

    // MARK: Figures

    /// How often what happened, since the start.
    public var counters: UringCounters { core.pointee.counters }

    private func index(_ connection: ConnectionIndex) -> Int {
        precondition(
            UInt32(bitPattern: connection.raw) < UInt32(connectionCapacity),
            "a connection's index comes from an event")
        return connection.index
    }
}

/// How often what happened in a network, since its start.
public struct UringCounters: Equatable, Sendable {
    public var accepted: UInt64 = 0
    /// Closed on arrival, because the table was full.
    public var refused: UInt64 = 0
    /// Times the ring was entered.
    public var enters: UInt64 = 0
    /// Calls of `send` past the ring.
    public var sends: UInt64 = 0
    /// Calls of `recv` past the ring.
    public var reads: UInt64 = 0
    /// Times a standing receive ended because both buffers were full.
    public var starved: UInt64 = 0
    /// Times a session had to go on reading into its small buffer.
    public var promotionsRefused: UInt64 = 0
    /// Completions for a connection that is no more. Zero, unless there is a fault here.
    public var stale: UInt64 = 0
}
