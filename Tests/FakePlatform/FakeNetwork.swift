import Domain
import Platform

/// Connections in memory. Input lies in pieces as it arrived, and what was handed out is overwritten
/// as soon as the contract lets it become invalid.
package final class FakeNetwork: Network {
    package final class Peer {
        package var isOpen = true
        package var isPromoted = false
        /// Bytes of `input` that the gateway may be looking at.
        package var handedOut = 0
        /// Input as it arrived.
        package var pieces: [[UInt8]] = []
        /// Committed and not taken by the system.
        package var unsent: [UInt8] = []
        package var oldestUnsent = Timestamp.none
        /// What the client has received.
        package var received: [UInt8] = []
        /// The client takes nothing.
        package var isStalled = false
        package var closesAfterSending = false
        package var isClosed = false
        package var wasAborted = false
        package let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 8)
        package let output = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 1 << 16, alignment: 8)
        deinit {
            input.deallocate()
            output.deallocate()
        }
    }

    package let connectionCapacity: Int
    package let frameLengthMax = 1 << 16
    package var unsentBytesMax = 1 << 20
    package var peers: [Peer?]
    package var events: [NetworkEvent] = []
    package var isAccepting = true
    package var polls = 0

    private let clock: Clock

    package init(connectionCapacity: Int = 16, clock: Clock) {
        self.clock = clock
        self.connectionCapacity = connectionCapacity
        peers = Array(repeating: nil, count: connectionCapacity)
    }

    // MARK: The clients' side

    package func connect() -> ConnectionIndex {
        let index = peers.firstIndex { $0 == nil }!
        peers[index] = Peer()
        events.append(NetworkEvent(kind: .accepted, connection: ConnectionIndex(index)))
        return ConnectionIndex(index)
    }

    package func deliver(_ connection: ConnectionIndex, _ bytes: [UInt8]) {
        guard let peer = peers[connection.index], !bytes.isEmpty else { return }
        peer.pieces.append(bytes)
        events.append(NetworkEvent(kind: .received, connection: connection))
    }

    package func hangUp(_ connection: ConnectionIndex) {
        guard let peer = peers[connection.index], !peer.isClosed else { return }
        finish(connection, peer)
    }

    private func finish(_ connection: ConnectionIndex, _ peer: Peer) {
        peer.isClosed = true
        events.append(NetworkEvent(kind: .closed, connection: connection))
    }

    // MARK: Network

    package func poll() -> Int {
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

    package func pollOrSleep(nanos: UInt64) -> Int { poll() }
    package func wake() {}

    package func nextEvent() -> NetworkEvent? {
        guard !events.isEmpty else { return nil }
        let event = events.removeFirst()
        if event.kind == .closed { peers[event.connection.index] = nil }
        return event
    }

    package func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
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

    package func consume(_ connection: ConnectionIndex, _ count: Int) {
        let peer = peers[connection.index]!
        precondition(count <= peer.pieces[0].count, "consume what was unread")
        peer.pieces[0].removeFirst(count)
        if peer.pieces[0].isEmpty { peer.pieces.removeFirst() }
        scribble(peer)
    }

    package func promote(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        precondition(!peer.isPromoted, "a connection is promoted once")
        peer.isPromoted = true
        scribble(peer)
    }

    package func outputSpace(_ connection: ConnectionIndex, _ count: Int)
        -> UnsafeMutableRawPointer?
    {
        precondition(count <= frameLengthMax, "no more than a frame may be asked for")
        let peer = peers[connection.index]!
        precondition(!peer.closesAfterSending && !peer.wasAborted, "nobody writes after closing")
        guard peer.unsent.count + count <= unsentBytesMax else { return nil }
        UnsafeMutableRawBufferPointer(rebasing: peer.output[..<count])
            .initializeMemory(as: UInt8.self, repeating: 0xDD)
        return peer.output.baseAddress
    }

    package func commitOutput(_ connection: ConnectionIndex, _ count: Int) {
        let peer = peers[connection.index]!
        guard !peer.isClosed else { return }
        if peer.unsent.isEmpty { peer.oldestUnsent = clock.now() }
        peer.unsent += peer.output[..<count]
    }

    package func unsentBytes(_ connection: ConnectionIndex) -> Int {
        peers[connection.index]?.unsent.count ?? 0
    }

    package func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp {
        peers[connection.index]?.oldestUnsent ?? .none
    }

    package func closeAfterSending(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        precondition(!peer.closesAfterSending, "a connection is closed once")
        peer.closesAfterSending = true
        scribble(peer)
    }

    package func abort(_ connection: ConnectionIndex) {
        let peer = peers[connection.index]!
        peer.unsent = []
        peer.oldestUnsent = .none
        peer.wasAborted = true
        guard !peer.isClosed else { return }
        scribble(peer)
        finish(connection, peer)
    }

    package func stopAccepting() { isAccepting = false }
}
