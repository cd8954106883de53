import Domain
import FakePlatform
import Platform
import Wire

/// The other end of a connection: knows which requests were sent, and holds every message that comes back
/// against the rules of a session.
final class ClientUnderTest {
    private let network: FakeNetwork
    private let connection: ConnectionIndex
    private let peer: FakeNetwork.Peer
    /// Something sent: the number that its answer repeats.
    private struct Sent {
        var number: UInt32
        /// Answered only by a venue at which nobody is logged on.
        var isHeartbeat = false
    }

    /// Bytes sent that were not told apart yet.
    private var stream: [UInt8] = []
    /// Bytes of an unknown message that are still to come.
    private var discard = 0
    /// What waits for an answer, oldest first.
    private var waiting: [Sent] = []
    /// Nothing that is sent from here on is answered.
    private var isUnreadable = false
    /// The number that the venue expects next, once logged on.
    private var expected: UInt32?
    /// The venue said that this is the end.
    private(set) var isEnded = false
    /// What the venue sent since the last call of `take`.
    private(set) var messages: [[UInt8]] = []
    /// The number of the next request.
    var next: UInt32 = 1

    init(_ venue: VenueUnderTest) {
        network = venue.network
        connection = network.connect()
        guard let peer = network.peers[connection.index] else {
            fatalError("who connects has a place")
        }
        self.peer = peer
    }

    var isClosed: Bool { peer.isClosed }
    var isStalled: Bool {
        get { peer.isStalled }
        set { peer.isStalled = newValue }
    }

    func send(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        network.deliver(connection, bytes)
        stream += bytes
        tellApart()
    }

    func hangUp() {
        network.hangUp(connection)
        isEnded = true
    }

    func take() -> [[UInt8]] {
        defer { messages = [] }
        return messages
    }

    // MARK: Requests

    private func tellApart() {
        while !stream.isEmpty, !isUnreadable {
            let dropped = min(discard, stream.count)
            stream.removeFirst(dropped)
            discard -= dropped
            guard discard == 0, !stream.isEmpty else { return }
            switch stream.withUnsafeBytes({ Framing.judge($0) }) {
            case .incomplete: return
            case .impossibleLength:
                waiting.append(Sent(number: 0))
                isUnreadable = true
            case .unknownTemplate(_, let length):
                let isSequenced = length >= Framing.sequencedHeaderLength
                waiting.append(Sent(number: isSequenced ? number() : 0))
                discard = length
            case .frame(let template, let length):
                let isHeartbeat = template == .heartbeat
                waiting.append(
                    Sent(number: isHeartbeat ? 0 : number(), isHeartbeat: isHeartbeat))
                stream.removeFirst(length)
            }
        }
    }

    private func number() -> UInt32 {
        guard stream.count >= 20 else { return 0 }
        return stream.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt32.self) }
    }

    // MARK: Answers

    /// Reads what has come.
    func receive() {
        while !peer.received.isEmpty {
            let verdict = peer.received.withUnsafeBytes { Framing.judgeResponse($0) }
            guard case .frame(let template, let length) = verdict else {
                fatalError("the venue sent what is no frame: \(verdict)")
            }
            let message = Array(peer.received[..<length])
            peer.received.removeFirst(length)
            require(!isEnded, "\(template) came after the end of the session")
            message.withUnsafeBytes { judge(template, $0) }
            messages.append(message)
        }
        if isClosed { isEnded = true }
    }

    private func judge(_ template: TemplateID, _ message: UnsafeRawBufferPointer) {
        guard let rules = FieldRules.eti[template.rawValue] else { return }
        if let field = rules.firstMissing(message) {
            fatalError("\(template) without \(field.name)")
        }
        if let field = rules.firstInvalid(message) {
            fatalError("\(template): \(field.name) has a value that its enumeration does not know")
        }
        if template == .forcedLogoutNotification { return end() }
        guard let number = rules.msgSeqNum(message) else { return }
        forgetHeartbeats()
        guard let asked = waiting.first?.number else {
            fatalError("\(template) answers request \(number), which nobody made")
        }
        require(
            asked == number, "\(template) answers request \(number), but \(asked) is the oldest")
        guard !rules.isContinued(message) else { return }
        waiting.removeFirst()
        if template == .reject, let base = message.baseAddress {
            judgeReject(number, ends: RejectView(base).sessionStatus == 4)
        } else {
            judgeNumber(template, number)
        }
        if template == .logoutResponse { end() }
    }

    /// A request that was not the next one is never served.
    private func judgeNumber(_ template: TemplateID, _ number: UInt32) {
        if template == .logonResponse {
            require(expected == nil, "who is logged on is not logged on again")
            expected = 2
            return
        }
        require(expected != nil, "\(template) answers who is not logged on")
        require(number == expected, "request \(number) was served, \(expected!) was the next")
        expected = number &+ 1
    }

    private func judgeReject(_ number: UInt32, ends: Bool) {
        if ends { return end() }
        require(expected != nil, "who is not logged on is sent away with a reject")
        require(
            number == expected || number == 0,
            "request \(number) was refused as if it were in order, \(expected!) was the next")
        if number == expected { expected = number &+ 1 }
    }

    private func forgetHeartbeats() {
        guard expected != nil else { return }
        while waiting.first?.isHeartbeat == true { waiting.removeFirst() }
    }

    private func end() {
        isEnded = true
        waiting = []
    }

    /// Everything the venue was asked has been answered.
    func requireAnswered() {
        guard !isEnded, !isClosed else { return }
        forgetHeartbeats()
        require(waiting.isEmpty, "request \(waiting.first?.number ?? 0) has no answer")
    }
}
