import Client
import LinuxPlatform
import OrderFlow
import SimulatedPlatform

/// One connection that means no good, and what it does until it is cut or has had enough.
struct NetworkAttacker: ~Copyable {
    enum Manner: String, CaseIterable {
        /// Any bytes.
        case garbage
        /// Right requests of a member with some bytes changed.
        case mutated
        /// Requests with numbers out of order.
        case disordered
        /// Logons with wrong passwords, for members and strangers.
        case logons
        /// A member's requests, cut anywhere; then nothing more is sent, but read.
        case halfClosed
        /// A member that asks and asks, and reads nothing.
        case deaf
        /// A byte at a time.
        case dripping
        /// Comes and goes.
        case fleeting
    }

    let manner: Manner
    private let connection: TCPConnection
    private var random: SeededRandom
    private var unsent: [UInt8] = []
    private var turnsLeft: Int
    private(set) var bytesSent = 0
    private(set) var framesMade = 0

    init(port: UInt16, random: SeededRandom) throws(SystemError) {
        var random = random
        manner = random.pick(Manner.allCases)
        self.random = random
        connection = try TCPConnection(port: port)
        turnsLeft = manner == .fleeting ? 1 : 20 + self.random.below(200)
        if [.mutated, .disordered, .halfClosed, .deaf, .dripping].contains(manner) { logOn() }
    }

    // MARK: What is sent

    private var session = OrderEntrySession(CredentialsFile.demonstration[0])

    private static func frame(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: OrderEntrySession.requestLengthMax) { buffer, count in
            if let base = buffer.baseAddress { count = write(UnsafeMutableRawPointer(base)) }
        }
    }

    /// Members replace each other: there are more attackers than sessions for them.
    private mutating func logOn() {
        session = OrderEntrySession(CredentialsFile.demonstration[random.below(2)])
        unsent += Self.frame { session.logon(into: $0) }
        unsent += Self.frame { session.userLogin(into: $0) }
    }

    private mutating func request() -> [UInt8] {
        let instruments: [(UInt32, Int32)] = [(1001, 100), (1002, 100), (2001, 200), (2005, 200)]
        let (instrument, product) = random.pick(instruments)
        let order = OrderRequest(
            side: random.coin() ? .buy : .sell,
            price: .init(raw: Int64(180 + random.below(40)) * 50_000_000),
            quantity: .init(units: Int64(1 + random.below(50))), instrument: instrument,
            product: product, isStandard: random.coin())
        let name = UInt64(1 + random.below(500))
        let form = random.coin() ? OrderForm.short : .long
        framesMade += 1
        switch random.below(8) {
        case 0:
            return Self.frame {
                session.deleteOrder(
                    origClOrdID: .init(raw: name), instrument: instrument, product: product,
                    into: $0)
            }
        case 1:
            return Self.frame {
                session.modifyOrder(
                    order, clOrdID: .init(raw: name), origClOrdID: .init(raw: name), form: form,
                    into: $0)
            }
        case 2: return Self.frame { session.deleteAllOrders(product: product, into: $0) }
        default:
            return Self.frame {
                session.newOrder(order, clOrdID: .init(raw: name), form: form, into: $0)
            }
        }
    }

    private mutating func more() {
        switch manner {
        case .garbage, .fleeting:
            unsent += (0..<1 + random.below(2000)).map { _ in UInt8(random.below(256)) }
        case .mutated:
            var frame = request()
            // The first bytes decide whether the rest is looked at: they are left alone as a rule.
            let first = random.below(6) == 0 ? 0 : 24
            for _ in 0..<1 + random.below(3) {
                frame[first + random.below(frame.count - first)] = UInt8(random.below(256))
            }
            unsent += frame
        case .disordered:
            var frame = request()
            if random.below(10) == 0 { frame[16] &+= 1 }
            unsent += frame
        case .logons:
            let number = UInt32(random.coin() ? 10001 : 50_000 + random.below(1000))
            var stranger = OrderEntrySession(
                Credentials(
                    session: number, sessionPassword: "guess-\(random.below(1000))", trader: 1,
                    traderPassword: ""))
            framesMade += 1
            unsent += Self.frame { stranger.logon(into: $0) }
        case .halfClosed:
            let frame = request()
            unsent += frame[..<(1 + random.below(frame.count))]
            turnsLeft = min(turnsLeft, 3)
        case .deaf:
            for _ in 0..<50 { unsent += request() }
        case .dripping:
            if unsent.isEmpty { unsent += request() }
        }
    }

    /// Goes on a little. False when this is over.
    mutating func act(into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        guard turnsLeft > 0 else { return end() }
        turnsLeft -= 1
        if unsent.count < 4096 { more() }
        do throws(SystemError) {
            try send()
            if manner == .halfClosed, turnsLeft == 1 { connection.shutdownSending() }
            guard manner != .deaf else { return true }
            for _ in 0..<8 {
                switch try connection.receive(into: buffer) {
                case .bytes: continue
                case .nothing: return true
                case .end: return false
                }
            }
            return true
        } catch {
            // Being cut is what an attacker expects.
            return false
        }
    }

    private mutating func send() throws(SystemError) {
        let count = manner == .dripping ? min(1, unsent.count) : unsent.count
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { piece.deallocate() }
        piece.copyBytes(from: unsent[..<count])
        let sent = try connection.send(UnsafeRawBufferPointer(piece))
        bytesSent += sent
        unsent.removeFirst(sent)
    }

    private mutating func end() -> Bool {
        // Without a word, which the venue sees as a reset, or politely.
        if random.coin() { connection.resetOnClose() }
        return false
    }
}
