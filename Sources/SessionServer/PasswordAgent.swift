import Containers
import Domain
import Rings
import Runtime

/// A password as the wire carries it, zero padded.
typealias Secret = InlineArray<32, UInt8>

/// One password to be checked: 48 bytes in a ring, whose slots are whole 8-byte words.
struct PasswordRequest: BitwiseCopyable, Sendable {
    var connection: Int32
    /// Which use of the connection's place asks; an answer for an earlier one is dropped.
    var generation: UInt32
    /// Whose password: a session's position, or behind the sessions a trader's; -1 for nobody's.
    var subject: Int32
    var reserved: UInt32 = 0
    var secret: Secret
}

/// The answer to a `PasswordRequest`.
struct PasswordVerdict: BitwiseCopyable, Sendable {
    var connection: Int32
    var generation: UInt32
    var reserved: UInt32 = 0
    var isRight: Bool
}

/// The two rings between a port and the thread that checks passwords.
public struct PasswordLink: ~Copyable {
    private var requests: Ring<PasswordRequest>.Ends
    private var verdicts: Ring<PasswordVerdict>.Ends

    /// `queueCapacity`, a power of two, bounds the checks that wait; beyond it logons are refused as
    /// "temporarily not available". The default lets ten thousand sessions come at once.
    public init(queueCapacity: Int = 16_384) {
        requests = Ring.make(capacity: queueCapacity)
        verdicts = Ring.make(capacity: queueCapacity)
    }

    mutating func takeDesk() -> PasswordDesk {
        PasswordDesk(requests: requests.takeProducer(), verdicts: verdicts.takeConsumer())
    }

    mutating func takeRequests() -> Ring<PasswordRequest>.Consumer { requests.takeConsumer() }
    mutating func takeVerdicts() -> Ring<PasswordVerdict>.Producer { verdicts.takeProducer() }
}

/// The port's end of the link.
struct PasswordDesk: ~Copyable {
    var requests: Ring<PasswordRequest>.Producer
    var verdicts: Ring<PasswordVerdict>.Consumer
}

/// Checks passwords, one per duty cycle, on a thread where their cost holds up nobody else.
public struct PasswordAgent: ~Copyable, Agent {
    /// Tells whether a password (second) belongs to a hash (first) in the form of crypt(5).
    public typealias Verify =
        @convention(c) (_ hash: UnsafePointer<CChar>, _ password: UnsafePointer<CChar>) -> Bool

    public static var name: String { "passwords" }

    private var requests: Ring<PasswordRequest>.Consumer
    private var verdicts: Ring<PasswordVerdict>.Producer
    private let portDoorbell: Doorbell
    private let verify: Verify
    /// All hashes, each ended by a zero byte.
    private let hashes: FixedTable<CChar>
    /// Where each subject's hash starts.
    private let starts: FixedTable<Int>
    private let password: FixedTable<CChar>

    /// `portDoorbell` wakes the thread of the port that took its end of the same link.
    public init(
        link: inout PasswordLink, referenceData: ReferenceData, verify: @escaping Verify,
        portDoorbell: Doorbell
    ) {
        requests = link.takeRequests()
        verdicts = link.takeVerdicts()
        self.portDoorbell = portDoorbell
        self.verify = verify
        let texts =
            referenceData.sessions.map(\.passwordHash)
            + ReferenceTables.tradersInOrder(referenceData).map(\.trader.passwordHash)
        var bytes: [CChar] = []
        var positions: [Int] = []
        for text in texts {
            positions.append(bytes.count)
            bytes += text.utf8.map { CChar(bitPattern: $0) } + [0]
        }
        hashes = FixedTable(count: bytes.count) { bytes[$0] }
        starts = FixedTable(count: positions.count) { positions[$0] }
        password = FixedTable(count: 33) { _ in 0 }
    }

    public mutating func doWork(now: Timestamp) -> Int {
        guard verdicts.hasRoom(for: 1), let request = requests.next() else { return 0 }
        let isRight = check(request)
        verdicts.write(
            PasswordVerdict(
                connection: request.connection, generation: request.generation, isRight: isRight),
            at: 0)
        verdicts.publish(1)
        portDoorbell.ring()
        return 1
    }

    /// Nobody's password is checked against the first hash there is, and is wrong whatever comes out:
    /// the time it takes must not tell whether a session exists.
    private func check(_ request: PasswordRequest) -> Bool {
        guard starts.count > 0 else { return false }
        for index in 0..<32 { password[index] = CChar(bitPattern: request.secret[index]) }
        password[32] = 0
        let isKnown = request.subject >= 0 && Int(request.subject) < starts.count
        let start = starts[isKnown ? Int(request.subject) : 0]
        let isRight =
            hashes[start] != 0 && verify(hashes.address(of: start), password.address(of: 0))
        for index in 0..<32 { password[index] = 0 }
        return isKnown && isRight
    }
}
