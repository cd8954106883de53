import Client
import Domain
import Platform
import Wire

/// What tells one kind of session from another: how it numbers and writes its requests.
public protocol SessionState {
    /// PartyIDSessionID.
    var session: UInt32 { get }
    var lastMsgSeqNum: UInt32 { get }
    mutating func logon(into out: UnsafeMutableRawPointer, heartbeatMillis: UInt32?) -> Int
    mutating func logout(into out: UnsafeMutableRawPointer) -> Int
    func heartbeat(into out: UnsafeMutableRawPointer) -> Int
}

/// A client's connection to the venue: a session's state, its two streams and the socket.
///
/// Requests are written with `request`, leave with `flush`, and answers come out of `receive`. One
/// thread uses it and no handler writes into the stream it reads, so the hot state goes without dynamic
/// exclusivity checks.
public final class SessionConnection<Stream: ByteStream, State: SessionState> {
    @exclusivity(unchecked) private(set) var state: State
    private let stream: Stream
    private let clock: Clock
    @exclusivity(unchecked) private var outbound: OutboundStream
    @exclusivity(unchecked) private var inbound: InboundStream
    /// Tells this logon of the session from those before it, once there was one.
    public private(set) var sessionInstanceID: UInt32 = 0
    /// When the last byte was handed over; heartbeats fill the silence after it.
    @exclusivity(unchecked) private var lastSent: Timestamp

    /// Asked for at logon, so that a venue's default cannot surprise: well above `silenceNanosMax`.
    static var heartbeatMillis: UInt32 { 30_000 }
    private static var silenceNanosMax: UInt64 { 10_000_000_000 }

    init(
        state: State, stream: Stream, clock: Clock, outboundCapacity: Int = 64 * 1024,
        inboundCapacity: Int = 256 * 1024
    ) {
        self.state = state
        self.stream = stream
        self.clock = clock
        outbound = OutboundStream(capacity: outboundCapacity)
        inbound = InboundStream(capacity: inboundCapacity)
        lastSent = clock.now()
    }

    /// Whether another request can be written now.
    public func hasRoom() -> Bool { outbound.hasRoom() }
    var hasUnsent: Bool { !outbound.isEmpty }

    /// Writes one request, which leaves with the next `flush`; returns its MsgSeqNum.
    @discardableResult
    public func request(_ write: (inout State, UnsafeMutableRawPointer) -> Int) -> UInt32 {
        precondition(outbound.hasRoom(), "hasRoom is asked before a request is written.")
        outbound.commit(write(&state, outbound.space()))
        return state.lastMsgSeqNum
    }

    /// Hands over what is written, as far as the system takes it; returns how many bytes.
    @discardableResult
    public func flush() throws(ToolError) -> Int {
        var total = 0
        while !outbound.isEmpty {
            let count = try stream.send(outbound.unsent)
            if count == 0 { break }
            outbound.consume(count)
            total += count
        }
        if total > 0 { lastSent = clock.now() }
        return total
    }

    /// Takes what has arrived and hands each whole message to `handle`; returns how many there were.
    @discardableResult
    public func receive(_ handle: (Inbound) throws(ToolError) -> Void) throws(ToolError) -> Int {
        let count = try stream.receive(into: inbound.space())
        if count == 0 { return 0 }
        inbound.commit(count)
        var messages = 0
        while let message = try nextMessage() {
            messages += 1
            if message.endsSession { throw endOfSession(message) }
            try handle(message)
        }
        return messages
    }

    public func wait(nanos: Int) { stream.wait(nanos: nanos) }

    public func close() { stream.close() }

    /// Writes a heartbeat when nothing was sent for a while.
    public func keepAlive(now: Timestamp) throws(ToolError) {
        guard now.nanos(since: lastSent) > Self.silenceNanosMax, outbound.hasRoom() else { return }
        outbound.commit(state.heartbeat(into: outbound.space()))
        try flush()
    }

    private func nextMessage() throws(ToolError) -> Inbound? {
        do {
            return try inbound.next()
        } catch {
            throw .run("session \(state.session): \(error)")
        }
    }

    private func endOfSession(_ message: Inbound) -> ToolError {
        let words = String(decoding: message.text, as: UTF8.self)
        let reason = message.kind == .rejected ? " (reason \(message.rejectReason.rawValue))" : ""
        return .run("the venue ended session \(state.session)\(reason): \(words)")
    }
}

// MARK: - Handshakes, which may block

extension SessionConnection {
    /// How long an answer to a logon, a logout or a mass delete may take.
    private static var patienceNanos: UInt64 { 10_000_000_000 }

    /// Logs the session on.
    func logonSession() throws(ToolError) {
        try ask(
            "the logon", .loggedOn, answer: { sessionInstanceID = $0.sessionInstanceID },
            write: { state, out in
                state.logon(into: out, heartbeatMillis: Self.heartbeatMillis)
            })
    }

    /// Logs the session out, whatever else still arrives, and closes.
    public func logout() throws(ToolError) {
        defer { stream.close() }
        try ask("the logout", .loggedOut) { state, out in state.logout(into: out) }
    }

    /// Sends one request and waits for its answer, which `answer` sees; everything else that arrives
    /// goes to `others`.
    public func ask(
        _ what: String, _ kind: Inbound.Kind,
        others: (Inbound) throws(ToolError) -> Void = { _ in },
        answer: (Inbound) -> Void = { _ in },
        write: (inout State, UnsafeMutableRawPointer) -> Int
    ) throws(ToolError) {
        let started = clock.now()
        while !outbound.hasRoom() {
            try flush()
            try checkPatience(since: started, what)
        }
        let number = request(write)
        var isAnswered = false
        while !isAnswered {
            try flush()
            let count = try receive { message throws(ToolError) in
                guard message.msgSeqNum == number else { return try others(message) }
                if message.kind == .rejected {
                    let words = String(decoding: message.text, as: UTF8.self)
                    throw .run("session \(state.session): \(what) was refused: \(words)")
                }
                if message.kind == kind {
                    answer(message)
                    isAnswered = message.isLastFragment
                }
            }
            if count == 0, !isAnswered {
                try checkPatience(since: started, what)
                stream.wait(nanos: 1_000_000)
            }
        }
    }

    private func checkPatience(since start: Timestamp, _ what: String) throws(ToolError) {
        guard clock.now().nanos(since: start) < Self.patienceNanos else {
            throw .run("session \(state.session): \(what) was not answered within 10 s")
        }
    }
}
