import Client
import Domain
import Glibc
import LinuxPlatform
import Telemetry
import Wire

/// The benchmarks' client: one connection, prepared requests, and nothing that waits.
///
/// Venue and echo get the same bytes from the same code: a lean new order (10125) and its deletion
/// (10109) in turn, so that the book stays small, 120 bytes each as are the answers (10102, 10111).
/// An echo's answers are 120 zero bytes, which the client takes without a look inside.
final class GatewayClient {
    static let messageLength = 120

    private let connection: TCPConnection
    var descriptor: Int32 { connection.descriptor }
    private var session: OrderEntrySession
    /// Prepared requests, a new order at even places and its deletion behind it.
    private let requests: UnsafeMutableRawBufferPointer
    private let slots: Int
    private let answers: UnsafeMutableRawBufferPointer
    private var answersEnd = 0
    /// What the system has not taken yet of the last batch.
    private var unsent: Range<Int> = 0..<0
    private(set) var sent = 0
    private(set) var answered = 0
    /// As many answers end a `pipeline`.
    private var goal = 0
    /// MsgSeqNum of the last request before the orders.
    private var lastMsgSeqNum: UInt32 = 0
    /// Over kind, number and state of every answer.
    private(set) var hash: UInt64 = 1_469_598_103_934_665_603
    /// Standard orders, which the drop copy publishes, rather than lean ones.
    private let isStandard: Bool
    /// SendingTime of the last answer.
    private(set) var lastSendingTime: UInt64 = 0
    /// Gives the core away while an answer is awaited: right only where the server needs that core.
    private let yields: Bool

    init(
        port: UInt16, credentials: Credentials, batch: Int = 1, isStandard: Bool = false,
        yields: Bool = false, answerBytes: Int = 256 << 10
    ) throws {
        do { connection = try TCPConnection(port: port) } catch {
            throw BenchmarkError("\(error)")
        }
        self.yields = yields
        self.isStandard = isStandard
        session = OrderEntrySession(credentials)
        precondition(batch == 1 || batch % 2 == 0, "a batch ends with a deletion")
        slots = max(2, batch)
        requests = .allocate(byteCount: slots * Self.messageLength, alignment: 64)
        answers = .allocate(byteCount: answerBytes, alignment: 64)
        prepare()
    }

    deinit {
        requests.deallocate()
        answers.deallocate()
    }

    private func prepare() {
        var scratch = session
        let order = OrderRequest(
            side: .buy, price: Price(units: 100), quantity: Quantity(units: 1), instrument: 2001,
            product: 200, isStandard: isStandard)
        for slot in 0..<slots {
            let place = requests.baseAddress! + slot * Self.messageLength
            let length =
                slot % 2 == 0
                ? scratch.newOrder(order, clOrdID: ClOrdID(raw: 1), into: place)
                : scratch.deleteOrder(
                    origClOrdID: ClOrdID(raw: 1), instrument: 2001, product: 200, into: place)
            precondition(length == Self.messageLength, "both requests have the real size")
        }
    }

    // MARK: Logging on

    /// Logs the session and its trader on; waits for the answers.
    func logOn() throws {
        try requestLogon()
        try awaitAnswer()
        try ask { state, out in state.userLogin(into: out) }
        lastMsgSeqNum = session.lastMsgSeqNum
    }

    /// Asks for the session's logon alone, without waiting; it has no trader then.
    func requestLogon() throws {
        try request { state, out in state.logon(into: out, heartbeatMillis: 60_000) }
    }

    /// Makes its leaving one without a farewell, which leaves nothing behind in the system.
    func leaveByReset() { connection.resetOnClose() }

    /// Sends one request, which the system has room for as there are never many.
    func request(_ write: (inout OrderEntrySession, UnsafeMutableRawPointer) -> Int) throws {
        let frame = UnsafeMutableRawBufferPointer.allocate(
            byteCount: OrderEntrySession.requestLengthMax, alignment: 8)
        defer { frame.deallocate() }
        let length = write(&session, frame.baseAddress!)
        do throws(SystemError) {
            _ = try connection.send(UnsafeRawBufferPointer(rebasing: frame[..<length]))
        } catch {
            throw BenchmarkError("\(error)")
        }
    }

    /// Sends a request and takes its answer.
    private func ask(
        _ write: (inout OrderEntrySession, UnsafeMutableRawPointer) -> Int
    ) throws {
        try request(write)
        try awaitAnswer()
    }

    /// Takes the answer to a `request` that was the only one, which is not a refusal.
    func awaitAnswer() throws {
        do {
            var count = 0
            while true {
                guard try connection.waitReadable(timeoutMillis: 10_000) else {
                    throw BenchmarkError("the venue did not answer within 10 s")
                }
                switch try connection.receive(
                    into: UnsafeMutableRawBufferPointer(rebasing: answers[count...]))
                {
                case .bytes(let more): count += more
                case .nothing: continue
                case .end: throw BenchmarkError("the venue closed the connection")
                }
                if count >= 8, count >= Int(FrameHeader(answers.baseAddress!).bodyLen) { break }
            }
        } catch let error as BenchmarkError {
            throw error
        } catch {
            throw BenchmarkError("\(error)")
        }
        guard FrameHeader(answers.baseAddress!).templateID != TemplateID.reject.rawValue else {
            throw BenchmarkError("the venue refused a request")
        }
    }

    // MARK: Orders

    /// Gives the system a batch, or what is left of the last one. The next may follow when `isFree`.
    func send(_ count: Int) throws {
        let first = sent % slots
        for offset in 0..<count {
            let place = requests.baseAddress! + (first + offset) * Self.messageLength
            let number = sent + offset
            // A request's number lies at the same place in every template.
            let new = NewOrderSingleShortRequestWriter(place)
            new.msgSeqNum = lastMsgSeqNum &+ UInt32(truncatingIfNeeded: number &+ 1)
            if number % 2 == 0 {
                new.clOrdID = UInt64(number)
            } else {
                DeleteOrderSingleRequestWriter(place).origClOrdID = UInt64(number - 1)
            }
        }
        sent += count
        unsent = first * Self.messageLength..<(first + count) * Self.messageLength
        try flush()
    }

    var isFree: Bool { unsent.isEmpty }

    func flush() throws {
        guard !unsent.isEmpty else { return }
        do throws(SystemError) {
            let taken = try connection.send(
                UnsafeRawBufferPointer(rebasing: requests[unsent]))
            unsent = unsent.lowerBound + taken..<unsent.upperBound
        } catch {
            throw BenchmarkError("\(error)")
        }
    }

    /// Takes what has arrived.
    func receive() throws {
        let room = UnsafeMutableRawBufferPointer(rebasing: answers[answersEnd...])
        do throws(SystemError) {
            switch try connection.receive(into: room) {
            case .bytes(let count): answersEnd += count
            case .nothing:
                if yields { sched_yield() }
            case .end: throw SystemError("the server closed the connection", code: 0)
            }
        } catch {
            throw BenchmarkError("\(error)")
        }
    }

    /// Looks at whole answers; what is left of a cut one moves to the front.
    func takeAnswers() throws {
        var start = 0
        while answersEnd - start >= 16 {
            let place = UnsafeRawPointer(answers.baseAddress! + start)
            let header = FrameHeader(place)
            let template = header.templateID
            // An echo sends zeros.
            let length = template == 0 ? Self.messageLength : Int(header.bodyLen)
            guard answersEnd - start >= length else { break }
            start += length
            if template == TemplateID.heartbeatNotification.rawValue { continue }
            try take(place, template)
        }
        if start > 0, start < answersEnd {
            memmove(answers.baseAddress!, answers.baseAddress! + start, answersEnd - start)
        }
        answersEnd -= start
    }

    @inline(__always) private func take(_ place: UnsafeRawPointer, _ template: UInt16) throws {
        let isOrder = answered % 2 == 0
        let expected: TemplateID =
            isStandard
            ? isOrder ? .newOrderResponse : .deleteOrderResponse
            : isOrder ? .newOrderNRResponse : .deleteOrderNRResponse
        guard template == expected.rawValue || template == 0 else {
            throw BenchmarkError(
                "request \(answered) was answered by "
                    + MessageText.line(
                        UnsafeRawBufferPointer(
                            start: place, count: Int(FrameHeader(place).bodyLen))))
        }
        let number: UInt64
        switch expected {
        case .newOrderResponse:
            number = NewOrderResponseView(place).clOrdID
            lastSendingTime = NewOrderResponseView(place).sendingTime
        case .deleteOrderResponse:
            number = DeleteOrderResponseView(place).origClOrdID
            lastSendingTime = DeleteOrderResponseView(place).sendingTime
        case .newOrderNRResponse: number = NewOrderNRResponseView(place).clOrdID
        default: number = DeleteOrderNRResponseView(place).origClOrdID
        }
        answered += 1
        hash = (hash ^ (number << 16 | UInt64(template))) &* 1_099_511_628_211
    }

    /// One order and its answer; returns the nanoseconds in between.
    func roundTrip() throws -> UInt64 {
        let before = answered
        let start = monotonicNanos()
        try send(1)
        var end: UInt64
        repeat {
            while answersEnd < Self.messageLength {
                try receive()
                if !isFree { try flush() }
            }
            end = monotonicNanos()
            try takeAnswers()
        } while answered == before
        return end - start
    }
}

extension GatewayClient {
    /// Sends `total` orders over all clients, `batch` a send and at most `window` of each unanswered.
    /// With `rests` it sleeps a moment when there is nothing to do, and others have the core.
    static func pipeline(
        _ clients: [GatewayClient], total: Int, batch: Int, window: Int, rests: Bool = false
    ) throws {
        for client in clients { client.goal = client.sent + total / clients.count }
        var isDone = false
        while !isDone {
            isDone = true
            var progress = 0
            for client in clients where !client.isAtGoal {
                isDone = false
                progress += try client.advance(batch: batch, window: window)
            }
            if rests, progress == 0 { usleep(20) }
        }
    }

    private var isAtGoal: Bool { answered >= goal }

    /// Sends a batch if it may, and takes what has arrived. Returns how many answers that were.
    private func advance(batch: Int, window: Int) throws -> Int {
        let before = answered
        if !isFree {
            try flush()
        } else if sent < goal, sent + batch - answered <= window {
            try send(batch)
        }
        try receive()
        try takeAnswers()
        return answered - before
    }
}

/// How long a thread that only reads the clock was kept from it: what the machine itself did.
struct HiccupMeter {
    private(set) var longestNanos: UInt64 = 0
    private(set) var lostNanos: UInt64 = 0
    private(set) var observedNanos: UInt64 = 0
    /// Gaps from here on count as lost; reading the clock takes 25 ns.
    private static let gapNanos: UInt64 = 1_000

    /// Watches for a while, on the core that measures, while nobody else of ours runs.
    mutating func watch(nanos: UInt64) {
        let start = monotonicNanos()
        var last = start
        while last - start < nanos {
            let now = monotonicNanos()
            let gap = now - last
            if gap >= Self.gapNanos { lostNanos += gap }
            longestNanos = max(longestNanos, gap)
            last = now
        }
        observedNanos += last - start
    }

    var summary: String {
        let share = observedNanos == 0 ? 0 : Double(lostNanos) / Double(observedNanos) * 100
        let rounded = (share * 100).rounded() / 100
        return "hiccups of the idle core: longest \(longestNanos / 1000) us, \(rounded) % lost"
    }
}
