import Domain

/// A stream connection's number: its place in the network's table, used again after close.
@frozen public struct ConnectionIndex: Hashable, BitwiseCopyable, Sendable {
    public var raw: Int32
    @inlinable public init(raw: Int32) { self.raw = raw }
    @inlinable public init(_ index: Int) { raw = Int32(truncatingIfNeeded: index) }
    @inlinable public static var none: ConnectionIndex { ConnectionIndex(raw: -1) }
    @inlinable public var index: Int { Int(raw) }
}

/// Something that happened to a connection, as `Network.nextEvent` reports it.
@frozen public struct NetworkEvent: BitwiseCopyable, Sendable {
    @frozen public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A peer connected. The connection reads until its first buffer is full.
        case accepted
        /// There is unread input that was not there before.
        case received
        /// The peer closed, the connection broke, or it was closed from here and all is done: the
        /// index may come back with the next `accepted`. Exactly one per `accepted`, the last event.
        case closed
        /// Output that waited was taken by the system.
        case sent
    }

    public var kind: Kind
    public var connection: ConnectionIndex

    @inlinable public init(kind: Kind, connection: ConnectionIndex) {
        self.kind = kind
        self.connection = connection
    }
}

/// Stream connections as the gateway sees them: bytes in, bytes out, and nothing that blocks.
///
/// One thread uses a network; only `wake` may be called from others. A duty cycle is: `poll`, then
/// `nextEvent` until it is nil, work, and what was committed leaves with the next `poll`. The real
/// body is io_uring, the simulated one a seed.
///
/// Bounds: input is kept at most `unreadBytesMax` a connection (then the peer is not read from until
/// some is consumed), output at most `unsentBytesMax` (then `outputSpace` answers nil).
public protocol Network: AnyObject {
    /// How many connections may be open at once; more are closed on arrival and counted.
    var connectionCapacity: Int { get }

    /// Largest contiguous piece of output and of assembled input, in bytes.
    var frameLengthMax: Int { get }

    /// Hands what was committed to the system and collects what happened since the last call.
    /// Never blocks. Returns how many events wait in `nextEvent`.
    func poll() -> Int

    /// Does `poll`, and if nothing has happened sleeps until something does, `wake` is called, or
    /// `nanos` have passed.
    func pollOrSleep(nanos: UInt64) -> Int

    /// Ends a `pollOrSleep` under way, or the next one. Callable from any thread.
    func wake()

    /// The oldest event not yet taken.
    func nextEvent() -> NetworkEvent?

    /// The unread input at hand in one piece: all of it, or up to where a buffer ends. When that piece
    /// is shorter than `atLeast` (at most `frameLengthMax`) but more has arrived behind it, the
    /// two are joined. Valid until `consume`, `poll` or `close` for this connection.
    func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer

    /// Forgets the first `count` bytes of unread input.
    func consume(_ connection: ConnectionIndex, _ count: Int)

    /// The session is known: from here on the connection reads at full speed into buffers of its own.
    func promote(_ connection: ConnectionIndex)

    /// Room for `count` bytes of output in one piece, or nil when the connection's bound is reached.
    /// The bytes count when `commitOutput` says so; a second call before that gives the same place.
    func outputSpace(_ connection: ConnectionIndex, _ count: Int) -> UnsafeMutableRawPointer?

    /// The first `count` bytes of the last `outputSpace` are complete and leave with the next `poll`.
    func commitOutput(_ connection: ConnectionIndex, _ count: Int)

    /// Committed bytes that the system has not taken yet.
    func unsentBytes(_ connection: ConnectionIndex) -> Int

    /// When the oldest committed byte not yet taken was committed; `Timestamp.none` when all is sent.
    func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp

    /// Sends what is committed, then closes. Input is no longer read. `closed` follows.
    func closeAfterSending(_ connection: ConnectionIndex)

    /// Drops what is unsent and closes now. `closed` follows.
    func abort(_ connection: ConnectionIndex)

    /// Takes no further connections; open ones go on.
    func stopAccepting()
}
