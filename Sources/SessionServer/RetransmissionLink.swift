import Domain
import Reports
import Rings

/// What a session asks for again: its own data behind one message, up to another.
public struct RetransmissionRequest: BitwiseCopyable, Sendable {
    public var session: SessionIndex
    public var sessionInstanceID: UInt32
    public var msgSeqNum: UInt32
    var reserved: UInt32 = 0
    public var requestTime: Timestamp
    public var begin: ApplMsgID
    public var end: ApplMsgID
    /// The last command whose events were delivered when it asked: the answer covers that one too.
    public var through: UInt64

    public init(
        _ request: PortRequest, behind begin: ApplMsgID, upTo end: ApplMsgID, through: UInt64
    ) {
        session = request.session
        sessionInstanceID = request.sessionInstanceID
        msgSeqNum = request.msgSeqNum
        requestTime = request.receivedAt
        self.begin = begin
        self.end = end
        self.through = through
    }
}

/// The answer: messages back to back in a buffer of the link, or a refusal.
public struct RetransmissionAnswer: BitwiseCopyable, Sendable {
    public var request: RetransmissionRequest
    /// Of the last message there, and of the session's last one; `min` when there is none.
    public var end = ApplMsgID.min
    public var last = ApplMsgID.min
    public var byteCount: UInt32 = 0
    public var messageCount: UInt16 = 0
    /// The history cannot be read.
    public var isRefused = false
    var reserved: UInt8 = 0
    var buffer: UInt64

    init(_ request: RetransmissionRequest, buffer: UInt64) {
        self.request = request
        self.buffer = buffer
    }
}

/// What connects a port with whoever reads the history for it: requests, answers, and the few buffers
/// that answers lie in. Nothing is allocated after `init`.
///
/// ```
///  port ── requests ──▶ RetransmissionAgent
///    ▲ ◀── answers ─────┘  ▲
///    └──── free buffers ───┘
/// ```
public struct RetransmissionLink: ~Copyable {
    private var requests: Ring<RetransmissionRequest>.Ends
    private var answers: Ring<RetransmissionAnswer>.Ends
    private var free: Ring<UInt64>.Ends
    private let buffers: AnswerBuffers

    /// Answers under way at once.
    public static var bufferCount: Int { 2 }

    /// `sessionCount` sessions may ask at once. `answerBytesMax` bounds the messages of an answer; there
    /// is room for the longest message at least.
    public init(sessionCount: Int, answerBytesMax: Int = 384 << 10) {
        var capacity = 4
        while capacity < sessionCount { capacity *= 2 }
        requests = Ring.make(capacity: capacity)
        answers = Ring.make(capacity: 4)
        free = Ring.make(capacity: 4)
        buffers = AnswerBuffers(
            count: Self.bufferCount,
            byteCount: max(answerBytesMax, EventRecord.sessionMessageLengthMax))
    }

    /// The port's end.
    public mutating func takeDesk() -> RetransmissionDesk {
        RetransmissionDesk(
            requests: requests.takeProducer(), answers: answers.takeConsumer(),
            free: free.takeProducer(), buffers: buffers)
    }

    /// The end of whoever answers.
    public mutating func takeService() -> RetransmissionService {
        RetransmissionService(
            requests: requests.takeConsumer(), answers: answers.takeProducer(),
            free: free.takeConsumer(), buffers: buffers)
    }
}

/// Written by whoever answers, until the answer is published; read by the port, until it gives the
/// buffer back.
private final class AnswerBuffers: @unchecked Sendable {
    // Unchecked: the rings say whose a buffer is.
    let byteCount: Int
    private let base: UnsafeMutableRawPointer

    init(count: Int, byteCount: Int) {
        self.byteCount = (byteCount + 127) & ~127
        base = .allocate(byteCount: count * self.byteCount, alignment: 128)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: count * self.byteCount)
    }

    deinit { base.deallocate() }

    func bytes(_ buffer: UInt64) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: base + Int(buffer) * byteCount, count: byteCount)
    }
}

/// Where a port asks, and finds the answers.
public struct RetransmissionDesk: ~Copyable {
    private var requests: Ring<RetransmissionRequest>.Producer
    private var answers: Ring<RetransmissionAnswer>.Consumer
    private var free: Ring<UInt64>.Producer
    private let buffers: AnswerBuffers
    private var isConnected = true
    /// Requests whose answers have not been taken.
    public private(set) var underWay = 0

    fileprivate init(
        requests: consuming Ring<RetransmissionRequest>.Producer,
        answers: consuming Ring<RetransmissionAnswer>.Consumer,
        free: consuming Ring<UInt64>.Producer, buffers: AnswerBuffers
    ) {
        self.requests = requests
        self.answers = answers
        self.free = free
        self.buffers = buffers
    }

    /// A desk that nobody serves: there is no history.
    public static func unconnected() -> RetransmissionDesk {
        var link = RetransmissionLink(sessionCount: 1, answerBytesMax: 0)
        var desk = link.takeDesk()
        desk.isConnected = false
        return desk
    }

    /// Passes a request on; false when too many wait.
    public mutating func ask(_ request: RetransmissionRequest) -> Bool {
        guard isConnected, requests.hasRoom(for: 1) else { return false }
        requests.write(request, at: 0)
        requests.publish(1)
        underWay += 1
        return true
    }

    /// The next answer; to be given back.
    public mutating func next() -> RetransmissionAnswer? {
        guard let answer = answers.next() else { return nil }
        underWay -= 1
        return answer
    }

    /// The messages of an answer, back to back.
    public func messages(of answer: RetransmissionAnswer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffers.bytes(answer.buffer)[..<Int(answer.byteCount)])
    }

    /// Done with an answer.
    public mutating func giveBack(_ answer: RetransmissionAnswer) {
        precondition(free.hasRoom(for: 1), "the ring holds every buffer")
        free.write(answer.buffer, at: 0)
        free.publish(1)
    }
}

/// Where whoever reads the history finds requests, and leaves answers.
public struct RetransmissionService: ~Copyable {
    private var requests: Ring<RetransmissionRequest>.Consumer
    private var answers: Ring<RetransmissionAnswer>.Producer
    private var free: Ring<UInt64>.Consumer
    private let buffers: AnswerBuffers
    /// Buffers never used so far.
    private var unused: UInt64 = 0

    fileprivate init(
        requests: consuming Ring<RetransmissionRequest>.Consumer,
        answers: consuming Ring<RetransmissionAnswer>.Producer,
        free: consuming Ring<UInt64>.Consumer, buffers: AnswerBuffers
    ) {
        self.requests = requests
        self.answers = answers
        self.free = free
        self.buffers = buffers
    }

    /// The next request with an answer to be filled in; nil when there is none, or no buffer is free.
    public mutating func next() -> RetransmissionAnswer? {
        guard requests.available() > 0, let buffer = takeBuffer(), let request = requests.next()
        else { return nil }
        return RetransmissionAnswer(request, buffer: buffer)
    }

    private mutating func takeBuffer() -> UInt64? {
        if unused < UInt64(RetransmissionLink.bufferCount) {
            unused += 1
            return unused - 1
        }
        return free.next()
    }

    /// Where an answer's messages go.
    public func space(of answer: RetransmissionAnswer) -> UnsafeMutableRawBufferPointer {
        buffers.bytes(answer.buffer)
    }

    /// Hands an answer over.
    public mutating func publish(_ answer: RetransmissionAnswer) {
        precondition(answers.hasRoom(for: 1), "there is a place for every buffer's answer")
        answers.write(answer, at: 0)
        answers.publish(1)
    }
}
