import Domain
import Platform

/// Connections in memory that was all taken at the start: for those who count what a venue allocates or
/// executes, and want nothing of that from what is around it.
package final class MemoryNetwork: Network {
    struct Peer {
        var isOpen = false
        var receivedIsPending = false
        var inputStart = 0
        var inputEnd = 0
        var outputEnd = 0
    }

    static let bufferLength = 1 << 18

    package let connectionCapacity: Int
    package let frameLengthMax = 1 << 15
    private let peers: UnsafeMutablePointer<Peer>
    private let inputs: UnsafeMutableRawPointer
    private let outputs: UnsafeMutableRawPointer
    private let events: UnsafeMutablePointer<NetworkEvent>
    private var eventHead = 0
    private var eventTail = 0
    private static let eventMask = 255

    package init(connectionCapacity: Int = 4) {
        self.connectionCapacity = connectionCapacity
        peers = .allocate(capacity: connectionCapacity)
        peers.initialize(repeating: Peer(), count: connectionCapacity)
        let length = connectionCapacity * Self.bufferLength
        inputs = .allocate(byteCount: length, alignment: 64)
        outputs = .allocate(byteCount: length, alignment: 64)
        events = .allocate(capacity: Self.eventMask + 1)
        events.initialize(
            repeating: NetworkEvent(kind: .closed, connection: .none), count: Self.eventMask + 1)
    }

    deinit {
        peers.deallocate()
        inputs.deallocate()
        outputs.deallocate()
        events.deallocate()
    }

    private func push(_ kind: NetworkEvent.Kind, _ connection: ConnectionIndex) {
        precondition(eventTail - eventHead <= Self.eventMask)
        events[eventTail & Self.eventMask] = NetworkEvent(kind: kind, connection: connection)
        eventTail += 1
    }

    // MARK: The client's side

    package func connect(_ connection: ConnectionIndex) {
        peers[connection.index].isOpen = true
        push(.accepted, connection)
    }

    /// Where the next bytes of a client go.
    package func inputSpace(_ connection: ConnectionIndex) -> UnsafeMutableRawPointer {
        inputs + connection.index * Self.bufferLength + peers[connection.index].inputEnd
    }

    package func deliver(_ connection: ConnectionIndex, _ count: Int) {
        let index = connection.index
        peers[index].inputEnd += count
        precondition(peers[index].inputEnd < Self.bufferLength)
        if !peers[index].receivedIsPending {
            peers[index].receivedIsPending = true
            push(.received, connection)
        }
    }

    /// Hands everything the venue wrote to `body`, and forgets it.
    package func takeOutput(_ connection: ConnectionIndex, _ body: (UnsafeRawBufferPointer) -> Void)
    {
        let index = connection.index
        body(
            UnsafeRawBufferPointer(
                start: outputs + index * Self.bufferLength, count: peers[index].outputEnd))
        peers[index].outputEnd = 0
    }

    // MARK: Network

    package func poll() -> Int { eventTail - eventHead }
    package func pollOrSleep(nanos: UInt64) -> Int { poll() }
    package func wake() {}

    package func nextEvent() -> NetworkEvent? {
        guard eventHead != eventTail else { return nil }
        let event = events[eventHead & Self.eventMask]
        eventHead += 1
        if event.kind == .received { peers[event.connection.index].receivedIsPending = false }
        return event
    }

    package func unread(_ connection: ConnectionIndex, atLeast: Int) -> UnsafeRawBufferPointer {
        let peer = peers[connection.index]
        return UnsafeRawBufferPointer(
            start: inputs + connection.index * Self.bufferLength + peer.inputStart,
            count: peer.inputEnd - peer.inputStart)
    }

    package func consume(_ connection: ConnectionIndex, _ count: Int) {
        let index = connection.index
        peers[index].inputStart += count
        precondition(peers[index].inputStart <= peers[index].inputEnd)
        if peers[index].inputStart == peers[index].inputEnd {
            peers[index].inputStart = 0
            peers[index].inputEnd = 0
        }
    }

    package func promote(_ connection: ConnectionIndex) {}

    package func outputSpace(_ connection: ConnectionIndex, _ count: Int)
        -> UnsafeMutableRawPointer?
    {
        precondition(peers[connection.index].outputEnd + count <= Self.bufferLength)
        return outputs + connection.index * Self.bufferLength + peers[connection.index].outputEnd
    }

    package func commitOutput(_ connection: ConnectionIndex, _ count: Int) {
        peers[connection.index].outputEnd += count
    }

    package func unsentBytes(_ connection: ConnectionIndex) -> Int { 0 }
    package func oldestUnsent(_ connection: ConnectionIndex) -> Timestamp { .none }
    package func closeAfterSending(_ connection: ConnectionIndex) { push(.closed, connection) }
    package func abort(_ connection: ConnectionIndex) { push(.closed, connection) }
    package func stopAccepting() {}
}
