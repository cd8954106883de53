import DropCopy
import Exchange
import Foundation
import LinuxPlatform
import LocalDropCopy
import LocalVenue
import Surface
import TestSupport
import Testing
import Wire

/// Runs `body` against a venue and a publisher beside it.
func withDropCopy<Result>(
    _ configuration: Configuration = .onAnyPort, _ options: DropCopyOptions = .onAnyPort,
    _ body: (LocalVenue, LocalDropCopy) throws -> Result
) throws -> Result {
    try withVenue(configuration) { venue in
        try withPublisher(of: configuration.runtime.name, options) { try body(venue, $0) }
    }
}

func withPublisher<Result>(
    of name: String, _ options: DropCopyOptions = .onAnyPort,
    _ body: (LocalDropCopy) throws -> Result
) throws -> Result {
    let publisher = try LocalDropCopy(options, venue: try SurfaceReader.attach(name: name))
    try publisher.start()
    defer { publisher.stop() }
    return try body(publisher)
}

extension DropCopyOptions {
    static var onAnyPort: DropCopyOptions { with { _ in } }

    static func with(_ change: (inout DropCopyOptions) -> Void) -> DropCopyOptions {
        var options = DropCopyOptions()
        options.port = 0
        change(&options)
        return options
    }
}

extension LocalDropCopy {
    /// A back-office session that is logged on.
    func listener(_ session: UInt32, _ streams: [UInt8] = []) throws -> TestClient {
        try TestClient.listening(port: port, session, streams)
    }
}

extension TestClient {
    /// Logs a listener on and subscribes to streams, in this order, so that handles count from 1.
    static func listening(
        port: UInt16, _ session: UInt32, _ streams: [UInt8] = []
    ) throws -> TestClient {
        let client = try TestClient(port: port)
        let answer = try client.ask {
            Frames.logon(
                $0, session: session, password: "apus-\(session)", heartbeat: 60_000)
        }
        guard answer.template == .logonResponse else {
            throw ConversationError.refused("\(answer)")
        }
        for stream in streams {
            let answer = try client.ask { Frames.subscribe($0, stream: stream) }
            #expect(answer.template == .subscribeResponse)
        }
        return client
    }

    /// The next so many messages.
    func read(_ count: Int) throws -> [Message] {
        try (0..<count).map { _ in try read() }
    }

    /// All listener data and trades there are, asked for in as many requests as it takes. What comes by
    /// subscription meanwhile is added to `live`.
    func resendAll(live: inout Told) throws -> Told {
        var told = Told()
        var begin: [UInt8] = []
        while true {
            let response = try answer(live: &live) {
                Frames.retransmitListenerData($0, behind: begin)
            }
            let count = Int(response.field("ApplTotalMessageCount"))
            guard count > 0 else { break }
            told.data += try read(count)
            begin = response.raw("ApplEndMsgID")
        }
        var number: UInt64 = 1
        while true {
            let response = try answer(live: &live) { Frames.retransmit($0, from: number) }
            let count = Int(response.field("ApplTotalMessageCount"))
            guard count > 0 else { break }
            told.trades += try read(count)
            number = response.field("ApplEndSeqNum") + 1
        }
        return told
    }

    /// The answer to a request; what came by subscription before it is added to `live`.
    func answer(live: inout Told, _ make: (UInt32) -> [UInt8]) throws -> Message {
        let messages = try exchange(make)
        live.add(Array(messages.dropLast()))
        return messages[messages.count - 1]
    }

    /// True when the other side has cut this connection, which who does not read learns by writing.
    var isCut: Bool { (try? sendRaw(Frames.heartbeat())) == nil }
}

/// What a listener was told, by stream.
struct Told {
    var data: [Message] = []
    var trades: [Message] = []

    var gaps: [Message] { (data + trades).filter { $0.template == .broadcastErrorNotification } }

    mutating func add(_ messages: [Message]) {
        for message in messages {
            let isTrade =
                message.template == .tradeBroadcast
                || message.template == .broadcastErrorNotification
                    && message.field("RefApplID") == 1
            if isTrade { trades.append(message) } else { data.append(message) }
        }
    }
}

extension Message {
    /// The message without what differs from sending to sending.
    var essence: [UInt8] {
        var essence = bytes
        let observations = [
            "TrdRegTSTimeOut", "NotificationIn", "SendingTime", "ApplSubID", "RefApplSubID",
            "ApplResendFlag",
        ]
        let schema = MessageCatalogue.shared.message(templateID: template.rawValue)!
        for slot in schema.slots where observations.contains(slot.field.name) {
            for index in slot.offset..<slot.offset + slot.field.size { essence[index] = 0 }
        }
        return essence
    }

    /// Fills of an answer, a notification or an order report, by FillExecID.
    var executions: [Execution] {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!
            let entries: [FillsGrpView]
            switch template {
            case .orderExecResponse:
                let view = OrderExecResponseView(base)
                entries = (0..<view.fillsCount).map { view.fills(at: $0) }
            case .orderExecNotification:
                let view = OrderExecNotificationView(base)
                entries = (0..<view.fillsCount).map { view.fills(at: $0) }
            case .orderExecReportBroadcast:
                let view = OrderExecReportBroadcastView(base)
                entries = (0..<view.fillsCount).map { view.fills(at: $0) }
            default: entries = []
            }
            return entries.map {
                Execution(
                    orderID: field("OrderID"), fillExecID: UInt32(bitPattern: $0.fillExecID),
                    matchID: $0.fillMatchID, price: $0.fillPx, quantity: $0.fillQty)
            }
        }
    }

    /// The fill that a trade confirms.
    var confirmed: Execution {
        Execution(
            orderID: field("OrderID"), fillExecID: UInt32(field("SideTradeID")),
            matchID: UInt32(field("TrdMatchID")), price: signed("LastPx"),
            quantity: signed("LastQty"))
    }
}

struct Execution: Hashable {
    var orderID: UInt64
    var fillExecID: UInt32
    var matchID: UInt32
    var price: Int64
    var quantity: Int64
}

/// Two members who trade at random with each other.
final class RandomFlow {
    let first: TestClient
    let second: TestClient
    private var random: SeededGenerator
    private var nextID: UInt64 = 1
    /// Executions that the members were told of, in answers and notifications, and of which orders.
    private(set) var executions: [Execution] = []
    private(set) var standardOrders: Set<UInt64> = []

    init(_ venue: LocalVenue, seed: UInt64) throws {
        first = try venue.member(.one)
        second = try venue.member(.two)
        random = SeededGenerator(seed: seed)
    }

    init(port: UInt16, seed: UInt64) throws {
        first = try TestClient(port: port)
        try first.logOn(.one)
        second = try TestClient(port: port)
        try second.logOn(.two)
        random = SeededGenerator(seed: seed)
    }

    /// One order, change or deletion by one of them.
    func step() throws {
        let client = random.below(2) == 0 ? first : second
        let forms: [TestClient.Form] = [.lean, .short, .persistent, .long]
        let form = forms[random.below(4)]
        let answers: [Message]
        if random.below(6) == 0, nextID > 1 {
            answers = try client.delete(id: UInt64(1 + random.below(Int(nextID))))
        } else {
            answers = try client.order(
                form, id: nextID, side: UInt8(1 + random.below(2)),
                lots: Int64(1 + random.below(9)),
                price: 100 + Double(random.below(5)) / 2, timeInForce: random.below(5) == 0 ? 3 : 0)
            nextID += 1
        }
        note(answers, isStandard: form != .lean)
        client.forgetConversation()
    }

    private func note(_ messages: [Message], isStandard: Bool) {
        for message in messages {
            executions += message.executions
            if message.template == .newOrderResponse
                || message.template == .orderExecResponse && isStandard
            {
                standardOrders.insert(message.field("OrderID"))
            }
        }
    }

    /// Takes what is on its way to the two.
    func finish() throws {
        for client in [first, second] {
            // An answer comes behind all notifications of what happened before.
            note(try client.exchange { client.deleteFrame($0, id: 999_999_999) }, isStandard: false)
        }
    }
}
