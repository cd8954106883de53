import Domain
import Platform

/// What a simulated network does to connections. Chances are per million looks at a connection.
public struct NetworkFaults: Sendable, Equatable {
    /// How long bytes travel, in nanoseconds.
    public var delayNanos: ClosedRange<UInt64> = 0...0
    /// Pieces that one send arrives in at most.
    public var piecesMax = 1
    /// What arrived in pieces is shown as one.
    public var joins = 0
    /// The connection breaks, and what is on its way is lost.
    public var resets = 0
    /// Bytes that a system takes for a peer that does not read them.
    public var windowBytes = 64 << 10

    public init() {}
}

/// Connections between a venue and clients of the same simulation.
///
/// Bytes arrive in order, in pieces and at moments that the seed decides. What the venue was shown is
/// overwritten as soon as the contract of `Network` lets it become invalid, so that nobody gets away
/// with looking at it later.
public final class SimulatedNetwork: Network {
    public let connectionCapacity: Int
    public let frameLengthMax = 32 << 10
    public var faults = NetworkFaults()
    /// Every byte that the venue committed, in order.
    public private(set) var outputHash = ContentHash()
    public private(set) var outputBytes = 0
    /// Told when the venue is done with input: which client's, and how many bytes since it connected.
    public var onConsume: ((SimulatedSocket, Int) -> Void)?

    let clock: SimulatedClock
    var random: SeededRandom
    private let unreadBytesMax: Int
    private let unsentBytesMax: Int
    private var places: [SimulatedSocket?]
    private var arriving: [SimulatedSocket] = []
    private var events: [NetworkEvent] = []
    private var isAccepting = true
    private var socketCount = 0

    public init(
        seed: UInt64, clock: SimulatedClock, connectionCapacity: Int = 64,
        unreadBytesMax: Int = 160 << 10, unsentBytesMax: Int = 160 << 10
    ) {
        random = SeededRandom(seed: seed)
        self.clock = clock
        self.connectionCapacity = connectionCapacity
        self.unreadBytesMax = unreadBytesMax
        self.unsentBytesMax = unsentBytesMax
        places = Array(repeating: nil, count: connectionCapacity)
    }

    // MARK: The clients' side

    /// A connection on its way; it is accepted, or closed for want of room.
    public func connect() -> SimulatedSocket {
        socketCount += 1
        let socket = SimulatedSocket(
            number: socketCount, network: self, inputCapacity: unreadBytesMax,
            outputCapacity: frameLengthMax)
        socket.acceptedAt = clock.nanos + random.pick(faults.delayNanos)
        arriving.append(socket)
        return socket
    }

    /// Every connection ends: the process at the venue's end is gone.
    public func breakAll() {
        for socket in places.compactMap({ $0 }) + arriving { socket.breakOff() }
        arriving = []
        isAccepting = false
    }

    /// A client is gone and the venue has not noticed yet.
    public var hasUnnoticedEnds: Bool {
        places.contains { $0.map { !$0.isClosed && $0.isGone } ?? false }
    }

    // MARK: Network

    public func poll() -> Int {
        let now = clock.nanos
        accept(now)
        // Who comes first is as good as arbitrary, so that nobody is by his number.
        let start = random.below(connectionCapacity)
        for offset in 0..<connectionCapacity {
            guard let socket = places[(start + offset) % connectionCapacity], !socket.isClosed
            else { continue }
            pass(socket, now)
        }
        return events.count
    }

    private func accept(_ now: UInt64) {
        guard isAccepting, !arriving.isEmpty else { return }
        let due = arriving.filter { $0.acceptedAt <= now }
        arriving.removeAll { $0.acceptedAt <= now }
        for socket in due {
            guard let place = places.firstIndex(where: { $0 == nil }) else {
                socket.breakOff()
                continue
            }
            places[place] = socket
            socket.connection = ConnectionIndex(place)
            events.append(NetworkEvent(kind: .accepted, connection: socket.connection))
        }
    }

    private func pass(_ socket: SimulatedSocket, _ now: UInt64) {
        if random.chance(perMillion: faults.resets) { socket.breakOff() }
        if socket.isBroken { return finish(socket) }
        if socket.takeInput(now, joins: random.chance(perMillion: faults.joins)) {
            events.append(NetworkEvent(kind: .received, connection: socket.connection))
        }
        if socket.hasClientClosed(now) { return finish(socket) }
        let hadWaiting = socket.hasWaited
        if socket.takeOutput(window: faults.windowBytes), hadWaiting, !socket.isClosing {
            events.append(NetworkEvent(kind: .sent, connection: socket.connection))
        }
        if socket.isClosing, socket.unsentCount == 0 {
            socket.sayGoodbye()
            finish(socket)
        }
    }

    private func finish(_ socket: SimulatedSocket) {
        socket.isClosed = true
        events.append(NetworkEvent(kind: .closed, connection: socket.connection))
    }

    public func pollOrSleep(nanos: UInt64) -> Int { poll() }

    public func wake() {}

    public func nextEvent() -> NetworkEvent? {
        guard !events.isEmpty else { return nil }
        let event = events.removeFirst()
        if event.kind == .closed { places[event.connection.index] = nil }
        return event
    }

    private subscript(connection: ConnectionIndex) -> SimulatedSocket {
        guard let socket = places[connection.index] else {
            preconditionFailure("a venue uses connections that there are")
        }
        return socket
    }

    public func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
        precondition(atLeast <= frameLengthMax, "no more than a frame may be asked for")
        // A connection may have closed since it was noted that it has input.
        guard let socket = places[connection.index], !socket.isClosed, !socket.isClosing else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return socket.unread(atLeast: atLeast)
    }

    public func consume(_ connection: ConnectionIndex, _ count: Int) {
        let socket = self[connection]
        socket.consume(count)
        onConsume?(socket, socket.consumedBytes)
    }

    public func promote(_ connection: ConnectionIndex) {
        precondition(!self[connection].isPromoted, "a connection is promoted once")
        self[connection].isPromoted = true
    }

    public func outputSpace(
        _ connection: ConnectionIndex, _ count: Int
    ) -> UnsafeMutableRawPointer? {
        precondition(count <= frameLengthMax, "no more than a frame may be asked for")
        let socket = self[connection]
        precondition(!socket.isClosing && !socket.wasAborted, "nobody writes after closing")
        guard socket.unsentCount + count <= unsentBytesMax else { return nil }
        return socket.outputSpace(count)
    }

    public func commitOutput(_ connection: ConnectionIndex, _ count: Int) {
        let socket = self[connection]
        guard !socket.isClosed else { return }
        let bytes = socket.commit(count)
        outputHash.add(UInt64(socket.number))
        outputHash.add(bytes)
        outputBytes += count
    }

    public func unsentBytes(_ connection: ConnectionIndex) -> Int {
        places[connection.index]?.unsentCount ?? 0
    }

    public func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp {
        places[connection.index]?.oldestUnsent ?? .none
    }

    public func closeAfterSending(_ connection: ConnectionIndex) {
        precondition(!self[connection].isClosing, "a connection is closed once")
        self[connection].isClosing = true
    }

    public func abort(_ connection: ConnectionIndex) {
        let socket = self[connection]
        socket.wasAborted = true
        guard !socket.isClosed else { return }
        socket.breakOff()
        finish(socket)
    }

    public func stopAccepting() { isAccepting = false }
}

/// A number that tells two sequences of bytes apart.
public struct ContentHash: Equatable, Sendable {
    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    public mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 29
    }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        while offset < bytes.count {
            add(UInt64(bytes[offset]))
            offset += 1
        }
    }
}
