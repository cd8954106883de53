import Domain
import Platform

/// A clock that stands still until a test moves it. One for all: the gateway's tests run serially.
enum FakeClock {
    nonisolated(unsafe) static var nanos: UInt64 = 0
    static let start: UInt64 = 1_700_000_000_000_000_000

    static func advance(millis: UInt64) { nanos += millis * 1_000_000 }
    static var clock: Clock { Clock { FakeClock.nanos } }
}

/// Connections in memory. Input lies in pieces as it arrived, and what was handed out is overwritten
/// as soon as the contract lets it become invalid.
final class FakeNetwork: Network {
    final class Peer {
        var isOpen = true
        var isPromoted = false
        /// Bytes of `input` that the gateway may be looking at.
        var handedOut = 0
        /// Input as it arrived.
        var pieces: [[UInt8]] = []
        /// Committed and not taken by the system.
        var unsent: [UInt8] = []
        var oldestUnsent = Timestamp.none
        /// What the client has received.
        var received: [UInt8] = []
        /// The client takes nothing.
        var isStalled = false
        var closesAfterSending = false
        var isClosed = false
        var wasAborted = false
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 8)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        deinit {
            input.deallocate()
            output.deallocate()
        }
    }

    let connectionCapacity: Int
    let frameLengthMax = 1 << 16
    var unsentBytesMax = 1 << 20
    var peers: [Peer?]
    var events: [NetworkEvent] = []
    var isAccepting = true
    var polls = 0

    init(connectionCapacity: Int = 16) {
        self.connectionCapacity = connectionCapacity
        peers = Array(repeating: nil, count: connectionCapacity)
    }

    // MARK: The clients' side

    func connect() -> ConnectionIndex {
        let index = peers.firstIndex { $0 == nil }!
        peers[index] = Peer()
        events.append(NetworkEvent(kind: .accepted, connection: ConnectionIndex(index)))
        return ConnectionIndex(index)
    }

    func deliver(_ connection: ConnectionIndex, _ bytes: [UInt8]) {
        guard let peer = peers[connection.index], !bytes.isEmpty else { return }
        peer.pieces.append(bytes)
        events.append(NetworkEvent(kind: .received, connection: connection))
    }

    func hangUp(_ connection: ConnectionIndex) {
        guard let peer = peers[connection.index], !peer.isClosed else { return }
        finish(connection, peer)
    }

    private func finish(_ connection: ConnectionIndex, _ peer: Peer) {
        peer.isClosed = true
        events.append(NetworkEvent(kind: .closed, connection: connection))
    }

    // MARK: Network

    func poll() -> Int {
        polls += 1
        for (index, peer) in peers.enumerated() {
            guard let peer, !peer.isClosed else { continue }
            scribble(peer)
            if !peer.isStalled {
                peer.received += peer.unsent
                peer.unsent = []
                peer.oldestUnsent = .none
            }
            if peer.closesAfterSending, peer.unsent.isEmpty { finish(ConnectionIndex(index), peer) }
        }
        return events.count
    }

    private func scribble(_ peer: Peer) {
        let stale = UnsafeMutableRawBufferPointer(rebasing: peer.input[..<peer.handedOut])
        stale.initializeMemory(as: UInt8.self, repeating: 0xDD)
        peer.handedOut = 0
    }

    func pollOrSleep(nanos: UInt64) -> Int { poll() }
    func wake() {}

    func nextEvent() -> NetworkEvent? {
        guard !events.isEmpty else { return nil }
        let event = events.removeFirst()
        if event.kind == .closed { peers[event.connection.index] = nil }
        return event
    }

    func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
        precondition(atLeast <= frameLengthMax, "no more than a frame may be asked for")
        guard let peer = peers[connection.index], !peer.isClosed, !peer.closesAfterSending else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        while peer.pieces.count > 1, peer.pieces[0].count < atLeast {
            peer.pieces[0] += peer.pieces.remove(at: 1)
        }
        let piece = peer.pieces.first ?? []
        peer.input.copyBytes(from: piece)
        peer.handedOut = piece.count
        return UnsafeRawBufferPointer(rebasing: peer.input[..<piece.count])
    }

    func consume(_ connection: ConnectionIndex, _ count: Int) {
        let peer = peers[connection.index]!
        precondition(count <= peer.pieces[0].count, "consume what was unread")
        peer.pieces[0].removeFirst(count)
        if peer.pieces[0].isEmpty { peer.pieces.removeFirst() }
        scribble(peer)
    }

    func promote(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        precondition(!peer.isPromoted, "a connection is promoted once")
        peer.isPromoted = true
        scribble(peer)
    }

    func outputSpace(_ connection: ConnectionIndex, _ count: Int) -> UnsafeMutableRawPointer? {
        precondition(count <= frameLengthMax, "no more than a frame may be asked for")
        let peer = peers[connection.index]!
        precondition(!peer.closesAfterSending && !peer.wasAborted, "nobody writes after closing")
        guard peer.unsent.count + count <= unsentBytesMax else { return nil }
        UnsafeMutableRawBufferPointer(rebasing: peer.output[..<count])
            .initializeMemory(as: UInt8.self, repeating: 0xDD)
        return peer.output.baseAddress
    }

    func commitOutput(_ connection: ConnectionIndex, _ count: Int) {
        let peer = peers[connection.index]!
        guard !peer.isClosed else { return }
        if peer.unsent.isEmpty { peer.oldestUnsent = Timestamp(nanos: FakeClock.nanos) }
        peer.unsent += peer.output[..<count]
    }

    func unsentBytes(_ connection: ConnectionIndex) -> Int {
        peers[connection.index]?.unsent.count ?? 0
    }

    func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp {
        peers[connection.index]?.oldestUnsent ?? .none
    }

    func closeAfterSending(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        precondition(!peer.closesAfterSending, "a connection is closed once")
        peer.closesAfterSending = true
        scribble(peer)
    }

    func abort(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        peer.unsent = []
        peer.oldestUnsent = .none
        peer.wasAborted = true
        guard !peer.isClosed else { return }
        scribble(peer)
        finish(connection, peer)
    }

    func stopAccepting() { isAccepting = false }
}
