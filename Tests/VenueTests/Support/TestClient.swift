import Glibc
import LinuxPlatform
import TestSupport
import Testing
import Wire

/// Why a conversation cannot go on.
enum ConversationError: Error, Equatable {
    case silence
    case closed
    case noFrame
    case refused(String)
}

/// The other end of a connection: sends any bytes, reads whole messages, and remembers both.
///
/// Waits are generous, because the machine may be busy; nothing here measures speed.
final class TestClient {
    /// How long an answer may take before a test gives up.
    static let patienceNanos: UInt64 = 30_000_000_000

    private var connection: TCPConnection?
    private var received: [UInt8] = []
    /// What is in front of this has been read.
    private var readPosition = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    /// Whole messages in both directions, in the order in which they were sent or read.
    private(set) var conversation: [(bytes: [UInt8], fromClient: Bool)] = []
    private(set) var heartbeatCount = 0
    /// The next request's number.
    var next: UInt32 = 1
    var trader: UInt32 = 11

    init(port: UInt16) throws { connection = try TCPConnection(port: port) }

    deinit { buffer.deallocate() }

    /// For long conversations that nobody looks at.
    func forgetConversation() { conversation.removeAll(keepingCapacity: true) }

    // MARK: Sending

    /// A request: counted, recorded, sent whole.
    func send(_ frame: [UInt8]) throws {
        conversation.append((frame, true))
        try sendRaw(frame)
    }

    /// Any bytes, as far as the venue takes them within the patience.
    func sendRaw(_ bytes: [UInt8]) throws {
        let deadline = SystemClock.monotonicNanos() + Self.patienceNanos
        var offset = 0
        while offset < bytes.count {
            offset += try sendSome(bytes, from: offset)
            if offset < bytes.count {
                guard SystemClock.monotonicNanos() < deadline else {
                    throw ConversationError.silence
                }
                _ = try connection?.waitWritable(timeoutMillis: 100)
            }
        }
    }

    /// As many bytes as there is room for now.
    func sendSome(_ bytes: [UInt8], from offset: Int = 0) throws -> Int {
        try bytes.withUnsafeBytes { all in
            guard
                let count = try connection?.send(UnsafeRawBufferPointer(rebasing: all[offset...]))
            else { throw ConversationError.closed }
            return count
        }
    }

    /// Takes a number for a request.
    func number() -> UInt32 {
        defer { next += 1 }
        return next
    }

    // MARK: Receiving

    /// The next message but for heartbeats, which are counted.
    func read(patienceNanos: UInt64 = TestClient.patienceNanos) throws -> Message {
        let deadline = SystemClock.monotonicNanos() + patienceNanos
        while true {
            let message = try readAny(deadline: deadline)
            guard message.template == .heartbeatNotification else { return message }
            heartbeatCount += 1
        }
    }

    /// Takes bytes as they come until there are so many, and leaves it to `read` to look at them.
    func receive(atLeast count: Int) throws {
        let deadline = SystemClock.monotonicNanos() + Self.patienceNanos
        while received.count - readPosition < count { try fill(deadline: deadline) }
    }

    /// What has arrived already, heartbeats left out.
    func readAll() -> [Message] {
        var messages: [Message] = []
        while let message = try? read(patienceNanos: 0) { messages.append(message) }
        return messages
    }

    private func readAny(deadline: UInt64) throws -> Message {
        while true {
            if let message = try takeMessage() { return message }
            try fill(deadline: deadline)
        }
    }

    private func takeMessage() throws -> Message? {
        let verdict = received.withUnsafeBytes {
            Framing.judgeResponse(UnsafeRawBufferPointer(rebasing: $0[readPosition...]))
        }
        switch verdict {
        case .incomplete: return nil
        case .frame(let template, let length):
            let bytes = Array(received[readPosition..<readPosition + length])
            readPosition += length
            conversation.append((bytes, false))
            return Message(bytes, template: template)
        case .unknownTemplate, .impossibleLength:
            Issue.record("the venue sent what is no frame: \(verdict)")
            throw ConversationError.noFrame
        }
    }

    private func fill(deadline: UInt64) throws {
        while true {
            switch try connection?.receive(into: buffer) {
            case .bytes(let count):
                if readPosition > received.count / 2 {
                    received.removeFirst(readPosition)
                    readPosition = 0
                }
                received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return
            case .end, nil: throw ConversationError.closed
            case .nothing:
                let now = SystemClock.monotonicNanos()
                guard now < deadline else { throw ConversationError.silence }
                let millis = min(500, (deadline - now) / 1_000_000 + 1)
                _ = try connection?.waitReadable(timeoutMillis: Int32(millis))
            }
        }
    }

    /// Reads until the venue closes, and returns what it still said. A reset ends it as well.
    func readUntilClosed(patienceNanos: UInt64 = TestClient.patienceNanos) throws -> [Message] {
        var messages: [Message] = []
        while true {
            do {
                messages.append(try read(patienceNanos: patienceNanos))
            } catch ConversationError.closed {
                return messages
            } catch is SystemError {
                return messages
            }
        }
    }

    /// True once the venue has closed; waits for it.
    func isClosedByVenue(patienceNanos: UInt64 = TestClient.patienceNanos) -> Bool {
        (try? readUntilClosed(patienceNanos: patienceNanos)) != nil
    }

    // MARK: Conversation

    /// Sends a request that takes the next number, and returns all messages up to the last fragment of
    /// its answer, notifications that come before included.
    func exchange(_ make: (UInt32) -> [UInt8]) throws -> [Message] {
        let number = number()
        try send(make(number))
        return try readAnswer(to: number)
    }

    func readAnswer(to number: UInt32) throws -> [Message] {
        var messages: [Message] = []
        while true {
            let message = try read()
            messages.append(message)
            guard let answered = message.answers else { continue }
            #expect(answered == number, "answers come in the order of the requests")
            if message.isLastFragment { return messages }
        }
    }

    /// The one message that answers a request.
    func ask(_ make: (UInt32) -> [UInt8]) throws -> Message {
        let messages = try exchange(make)
        #expect(messages.count == 1, "\(messages)")
        return messages[messages.count - 1]
    }

    func logOn(_ member: Member, heartbeat: UInt32 = 60_000) throws {
        next = 1
        trader = member.trader
        let answer = try ask {
            Frames.logon(
                $0, session: member.session, password: member.password, heartbeat: heartbeat)
        }
        guard answer.template == .logonResponse else {
            throw ConversationError.refused("\(answer)")
        }
        // After a restart it may be told of that already.
        let login = try exchange {
            Frames.userLogin($0, user: member.trader, password: member.traderPassword)
        }.last!
        guard login.template == .userLoginResponse else {
            throw ConversationError.refused("\(login)")
        }
    }

    func logOut() throws {
        let answer = try ask { Frames.logout($0) }
        #expect(answer.template == .logoutResponse)
        #expect(isClosedByVenue())
        close()
    }

    /// Ends the connection properly.
    func close() { connection = nil }

    /// Ends it with a reset.
    func reset() {
        connection?.resetOnClose()
        connection = nil
    }

    /// Makes the system take little on this side's behalf, so that not reading shows soon.
    func shrinkReceiveBuffer(to bytes: Int32 = 4096) {
        guard let descriptor = connection?.descriptor else { return }
        var size = bytes
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    func shutdownSending() { connection?.shutdownSending() }
}
