import Domain
import Glibc
import LinuxPlatform
import Platform

/// Sends back what it reads: the simplest user of a network, and a strict one.
final class EchoGateway {
    let network: UringNetwork
    private(set) var open: Set<ConnectionIndex> = []
    private(set) var acceptedCount = 0
    private(set) var closedCount = 0
    private(set) var consumedCount = 0
    private(set) var sentCount = 0
    private(set) var unsentMax = 0
    private(set) var unreadMax = 0
    private(set) var blockedCount = 0
    private(set) var faults: [String] = []
    var last = ConnectionIndex.none
    /// Promote a connection once it has consumed this many bytes; nil for never.
    var promotesAfter: Int? = 0
    var echoes = true
    /// Bytes echoed in one piece at most.
    var pieceMax = 16 << 10
    var onReceived: ((ConnectionIndex) -> Void)?
    private var consumed: [ConnectionIndex: Int] = [:]

    init(_ change: (inout UringNetwork.Configuration) -> Void = { _ in }) throws {
        var configuration = UringNetwork.Configuration()
        configuration.connectionCapacity = 64
        configuration.promotedCapacity = 64
        change(&configuration)
        network = try UringNetwork(configuration: configuration, clock: SystemClock.utc)
    }

    func connect() throws -> TCPConnection { try TCPConnection(port: network.port) }

    /// One duty cycle. Returns the number of events.
    @discardableResult func step() -> Int {
        _ = network.poll()
        return drain()
    }

    @discardableResult func drain() -> Int {
        var count = 0
        while let event = network.nextEvent() {
            count += 1
            let connection = event.connection
            switch event.kind {
            case .accepted:
                if !open.insert(connection).inserted { faults.append("accepted twice") }
                if !network.unread(connection, atLeast: 1).isEmpty {
                    faults.append("a new connection has old input")
                }
                if network.unsentBytes(connection) != 0 {
                    faults.append("a new connection has old output")
                }
                consumed[connection] = 0
                acceptedCount += 1
                last = connection
                promoteIfDue(connection)
            case .received:
                if !open.contains(connection) { faults.append("received while not open") }
                if let onReceived { onReceived(connection) }
            case .sent:
                sentCount += 1
                if !open.contains(connection) { faults.append("sent while not open") }
            case .closed:
                if open.remove(connection) == nil { faults.append("closed while not open") }
                closedCount += 1
            }
        }
        if echoes { for connection in open { echo(connection) } }
        return count
    }

    private func promoteIfDue(_ connection: ConnectionIndex) {
        if let promotesAfter, consumed[connection, default: 0] >= promotesAfter {
            network.promote(connection)
        }
    }

    func echo(_ connection: ConnectionIndex) {
        while true {
            let bytes = network.unread(connection, atLeast: 1)
            unreadMax = max(unreadMax, bytes.count)
            if bytes.isEmpty { break }
            let count = min(bytes.count, pieceMax)
            guard let space = network.outputSpace(connection, count) else {
                blockedCount += 1
                break
            }
            memcpy(space, bytes.baseAddress!, count)
            network.commitOutput(connection, count)
            network.consume(connection, count)
            consumedCount += count
            consumed[connection, default: 0] += count
            unsentMax = max(unsentMax, network.unsentBytes(connection))
            promoteIfDue(connection)
        }
    }

    /// Steps until the condition holds; false when it does not within the time.
    func run(seconds: Double = 10, until isDone: () throws -> Bool) rethrows -> Bool {
        let end = SystemClock.monotonicNanos() + UInt64(seconds * 1e9)
        while SystemClock.monotonicNanos() < end {
            let count = step()
            if try isDone() { return true }
            if count == 0 { sched_yield() }
        }
        return false
    }
}

/// Bytes that say where in which stream they belong.
struct Pattern {
    let seed: UInt64

    subscript(position: Int) -> UInt8 {
        var x = (UInt64(position) &+ seed &* 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
        x ^= x >> 31
        return UInt8(truncatingIfNeeded: x &* 0x94D0_49BB_1331_11EB >> 56)
    }

    func bytes(_ range: Range<Int>) -> [UInt8] { range.map { self[$0] } }
}

/// A client that sends a pattern and checks that the same comes back.
final class PatternClient {
    var connection: TCPConnection
    let pattern: [UInt8]
    private(set) var sentCount = 0
    private(set) var receivedCount = 0
    private(set) var isWrong = false
    private(set) var hasEnded = false
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(_ connection: consuming TCPConnection, pattern: [UInt8]) {
        self.connection = connection
        self.pattern = pattern
    }

    var isDone: Bool { receivedCount == pattern.count }

    /// Sends at most so much; returns what went.
    @discardableResult func send(_ countMax: Int) throws -> Int {
        let end = min(pattern.count, sentCount + countMax)
        if end == sentCount { return 0 }
        let start = sentCount
        let count = try pattern.withUnsafeBytes { bytes in
            try connection.send(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        sentCount += count
        return count
    }

    /// Reads at most so much, once.
    func receive(_ countMax: Int = 64 << 10) throws {
        let wanted = min(countMax, buffer.count)
        let result = try buffer.withUnsafeMutableBytes { bytes in
            try connection.receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
        }
        switch result {
        case .bytes(let count):
            let start = receivedCount
            let isSame =
                start + count <= pattern.count
                && pattern.withUnsafeBytes { memcmp($0.baseAddress! + start, buffer, count) } == 0
            if !isSame { isWrong = true }
            receivedCount += count
        case .nothing: break
        case .end: hasEnded = true
        }
    }
}

/// A small generator: the same seed gives the same run.
struct Random {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
