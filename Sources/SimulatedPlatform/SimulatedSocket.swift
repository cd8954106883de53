import Domain
import Platform

/// A client's end of a simulated connection, and what lies between the two ends.
public final class SimulatedSocket {
    /// Counts the network's connections from 1.
    public let number: Int
    /// The client takes nothing of what is sent to it.
    public var isStalled = false
    /// The connection is gone, and what was on its way with it.
    public private(set) var isBroken = false

    var connection = ConnectionIndex.none
    var acceptedAt: UInt64 = 0
    var isPromoted = false
    var isClosing = false
    var isClosed = false
    var wasAborted = false
    var hasWaited = false
    private(set) var oldestUnsent = Timestamp.none

    /// Not to be asked once the venue has closed: what it said may be read after its end.
    private unowned let network: SimulatedNetwork
    private let clock: SimulatedClock
    private struct Piece {
        var bytes: [UInt8]
        var due: UInt64
    }
    private var toVenue: [Piece] = []
    private var toClient: [Piece] = []
    private var toClientBytes = 0
    private var clientClosedAt: UInt64?
    private var venueClosedAt: UInt64?
    private var hasVanished = false

    /// Input at the venue, from `start` to `end`, and the lengths of the pieces that it lies in.
    private let input: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var pieces: [Int] = []
    /// Bytes that the venue is done with.
    public private(set) var consumedBytes = 0
    /// Bytes that reached the venue.
    public private(set) var arrivedBytes = 0

    private let output: UnsafeMutableRawBufferPointer
    private var unsent: [UInt8] = []
    var unsentCount: Int { unsent.count }

    init(number: Int, network: SimulatedNetwork, inputCapacity: Int, outputCapacity: Int) {
        self.number = number
        self.network = network
        clock = network.clock
        input = .allocate(byteCount: inputCapacity, alignment: 8)
        output = .allocate(byteCount: outputCapacity, alignment: 8)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    // MARK: The client's side

    /// Sends bytes, which arrive in pieces.
    public func send(_ bytes: [UInt8]) {
        guard !isBroken, !hasVanished, clientClosedAt == nil, venueClosedAt == nil, !bytes.isEmpty
        else { return }
        var rest = bytes[...]
        let count = network.random.pick(1...max(1, network.faults.piecesMax))
        for index in 0..<count where !rest.isEmpty {
            let isLast = index == count - 1
            let piece = rest.prefix(isLast ? rest.count : network.random.pick(1...rest.count))
            rest = rest.dropFirst(piece.count)
            toVenue.append(Piece(bytes: Array(piece), due: due(after: toVenue.last?.due)))
        }
    }

    private func due(after earlier: UInt64?) -> UInt64 {
        max(earlier ?? 0, clock.nanos + network.random.pick(network.faults.delayNanos))
    }

    /// What has arrived since the last call.
    public func receive() -> [UInt8] {
        guard !isStalled, !hasVanished else { return [] }
        var bytes: [UInt8] = []
        var count = 0
        for piece in toClient {
            guard piece.due <= clock.nanos else { break }
            bytes += piece.bytes
            count += 1
        }
        toClient.removeFirst(count)
        toClientBytes -= bytes.count
        return bytes
    }

    /// The venue has closed, and all that it said before has been received.
    public var isAtEnd: Bool {
        if isBroken { return !hasVanished }
        guard let venueClosedAt else { return false }
        return !hasVanished && toClient.isEmpty && venueClosedAt <= clock.nanos
    }

    /// Ends the connection behind what was sent.
    public func close() {
        guard clientClosedAt == nil else { return }
        clientClosedAt = venueClosedAt == nil ? due(after: toVenue.last?.due) : clock.nanos
    }

    /// Ends the connection at once.
    public func reset() { breakOff() }

    /// Nothing arrives any more in either direction, and neither end is told.
    public func vanish() {
        hasVanished = true
        toVenue = []
    }

    // MARK: The network's side

    /// The client has left, whether or not anybody was told.
    var isGone: Bool { hasVanished || clientClosedAt != nil || isBroken }

    func breakOff() {
        isBroken = true
        toVenue = []
        toClient = []
        toClientBytes = 0
        unsent = []
        oldestUnsent = .none
        if connection == .none { isClosed = true }
    }

    func hasClientClosed(_ now: UInt64) -> Bool {
        guard let clientClosedAt, toVenue.isEmpty else { return false }
        return clientClosedAt <= now
    }

    /// Moves what has arrived to where the venue finds it. True if anything was.
    func takeInput(_ now: UInt64, joins: Bool) -> Bool {
        moveToFront()
        var count = 0
        while count < toVenue.count, toVenue[count].due <= now {
            let bytes = toVenue[count].bytes
            guard end + bytes.count <= input.count else { break }
            UnsafeMutableRawBufferPointer(rebasing: input[end..<end + bytes.count])
                .copyBytes(from: bytes)
            end += bytes.count
            arrivedBytes += bytes.count
            if joins, !pieces.isEmpty {
                pieces[pieces.count - 1] += bytes.count
            } else {
                pieces.append(bytes.count)
            }
            count += 1
        }
        toVenue.removeFirst(count)
        return count > 0
    }

    private func moveToFront() {
        guard start > 0 else { return }
        input.baseAddress!.copyMemory(from: input.baseAddress! + start, byteCount: end - start)
        end -= start
        start = 0
        scribble(end..<input.count)
    }

    private func scribble(_ range: Range<Int>) {
        let count = min(range.count, 4096)
        UnsafeMutableRawBufferPointer(rebasing: input[range.prefix(count)])
            .initializeMemory(as: UInt8.self, repeating: 0xDD)
    }

    func unread(atLeast: Int) -> UnsafeRawBufferPointer {
        while pieces.count > 1, pieces[0] < atLeast { pieces[0] += pieces.remove(at: 1) }
        return UnsafeRawBufferPointer(rebasing: input[start..<start + (pieces.first ?? 0)])
    }

    func consume(_ count: Int) {
        guard count > 0 else { return }
        precondition(count <= pieces.first ?? 0, "consume what was unread")
        pieces[0] -= count
        if pieces[0] == 0 { pieces.removeFirst() }
        scribble(start..<start + count)
        start += count
        consumedBytes += count
    }

    func outputSpace(_ count: Int) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawBufferPointer(rebasing: output[..<count])
            .initializeMemory(as: UInt8.self, repeating: 0xDD)
        return output.baseAddress
    }

    func commit(_ count: Int) -> UnsafeRawBufferPointer {
        if unsent.isEmpty { oldestUnsent = clock.now }
        let bytes = UnsafeRawBufferPointer(rebasing: output[..<count])
        unsent += bytes
        return bytes
    }

    /// Hands output to the system, as far as that takes it. True if all of it was.
    func takeOutput(window: Int) -> Bool {
        guard !unsent.isEmpty else { return false }
        let count = min(unsent.count, max(0, window - toClientBytes))
        guard count > 0 else {
            hasWaited = true
            return false
        }
        let bytes = count == unsent.count ? unsent : Array(unsent.prefix(count))
        toClient.append(Piece(bytes: bytes, due: due(after: toClient.last?.due)))
        toClientBytes += count
        if count == unsent.count {
            unsent.removeAll(keepingCapacity: true)
            oldestUnsent = .none
            hasWaited = false
            return true
        }
        unsent.removeFirst(count)
        hasWaited = true
        return false
    }

    func sayGoodbye() { venueClosedAt = due(after: toClient.last?.due) }
}
