import Platform
import SimulatedPlatform
import Wire

/// Bugs to plant, one at a time, outside the production code: in what the simulated world hands on.
/// A simulation that lets one pass has a hole.
public enum Canary: String, CaseIterable, Sendable {
    case doubledAnswer
    case lostAnswer
    case swappedAnswers
    case wrongFillQuantity
    case wrongFillPrice
    case wrongLeavesQuantity
    case droppedDropCopyMessage
    case droppedTrade
    case skippedApplSeqNum
    case otherUnitsTrade
    case feedWrongPrice
    case feedWrongPriority
    case lostFeedPacket
    case fallenApplMsgID
    case lostDeletion
    case unnoticedSessionLoss
    case lostSync
    case ungatedEvent
    case answerBeforeRing
    case tornTail
    case incompleteSnapshot
    case wrongResent
    case lostRestatement

    /// What a person reads.
    public var sentence: String {
        switch self {
        case .doubledAnswer: "a request is answered twice"
        case .lostAnswer: "a request is not answered"
        case .swappedAnswers: "two answers leave in the wrong order"
        case .wrongFillQuantity: "an execution is told with another quantity"
        case .wrongFillPrice: "an execution is told with another price"
        case .wrongLeavesQuantity: "an answer says that more is open than is"
        case .droppedDropCopyMessage: "the drop copy leaves a report out"
        case .droppedTrade: "the drop copy leaves a trade out and numbers the others on"
        case .skippedApplSeqNum: "a trade's number is left out"
        case .otherUnitsTrade: "a trade is confirmed to another unit"
        case .feedWrongPrice: "the public feed adds an order at another price"
        case .feedWrongPriority: "in public an order trades before one that is older"
        case .lostFeedPacket: "a packet of the feed is lost and the others are numbered on"
        case .fallenApplMsgID: "a message comes with an earlier identifier"
        case .lostDeletion: "nobody is told that an order is gone"
        case .unnoticedSessionLoss: "the orders of a lost session stay"
        case .lostSync: "the disk says that bytes are on stable storage when they are not"
        case .ungatedEvent: "answers leave before their commands are on stable storage"
        case .answerBeforeRing: "answers leave before their commands are in the ring's file"
        case .tornTail: "a recovery takes the torn end of the journal for good"
        case .incompleteSnapshot: "an order is missing from a snapshot"
        case .wrongResent: "session data that is sent again has another quantity"
        case .lostRestatement: "an order is not told anew after a restart"
        }
    }
}

extension Canary {
    /// What the venue has to promise for the bug to matter; nil where that is no matter.
    var mode: Simulation.Mode? {
        switch self {
        case .lostSync, .ungatedEvent, .tornTail: .sync
        case .answerBeforeRing, .incompleteSnapshot, .lostRestatement: .async
        default: nil
        }
    }
}

/// A canary in one run. It strikes at the first occasion after some have passed.
final class CanaryInstance {
    let canary: Canary?
    private var random: SeededRandom
    private var occasionsToPass: Int
    private(set) var hasStruck = false
    private var held: VenueMessage?
    private var skipped: UInt64 = 0
    private var packetsLost: [Int32: UInt32] = [:]
    private var messagesLost: [Int32: UInt32] = [:]

    init(_ canary: Canary?, seed: UInt64) {
        self.canary = canary
        random = SeededRandom(seed: seed)
        occasionsToPass = random.pick(0...30)
    }

    /// The bug is there from the start and shows itself with a crash.
    func strikeAtCrash() { hasStruck = true }

    /// Whether to strike now, once.
    private func strikes() -> Bool {
        guard !hasStruck else { return false }
        occasionsToPass -= 1
        hasStruck = occasionsToPass < 0
        return hasStruck
    }

    private static let answers: Set<TemplateID> = [
        .newOrderResponse, .newOrderNRResponse, .modifyOrderResponse, .modifyOrderNRResponse,
        .deleteOrderResponse, .deleteOrderNRResponse, .orderExecResponse, .reject,
    ]

    /// What a client gets instead of a message.
    func tamper(_ message: VenueMessage, session: UInt32) -> [VenueMessage] {
        guard let canary else { return [message] }
        let isTrading = session < 90_000
        switch canary {
        case .doubledAnswer where isTrading && Self.answers.contains(message.template):
            return strikes() ? [message, message] : [message]
        case .lostAnswer where isTrading && Self.answers.contains(message.template):
            return strikes() ? [] : [message]
        case .swappedAnswers where isTrading && Self.answers.contains(message.template):
            if let earlier = held {
                held = nil
                return [message, earlier]
            }
            guard strikes() else { return [message] }
            held = message
            return []
        case .wrongFillQuantity where message.template == .orderExecNotification:
            guard strikes() else { return [message] }
            let offset = OrderExecNotificationView.fillsOffset + FillsGrpView.fillQtyOffset
            return [message.adding(1_0000, at: offset)]
        case .wrongFillPrice where message.template == .orderExecResponse:
            guard strikes() else { return [message] }
            let offset = OrderExecResponseView.fillsOffset + FillsGrpView.fillPxOffset
            return [message.adding(-1, at: offset)]
        case .wrongLeavesQuantity where message.template == .newOrderNRResponse,
            .wrongLeavesQuantity where message.template == .newOrderResponse:
            guard strikes() else { return [message] }
            let offset =
                message.template == .newOrderResponse
                ? NewOrderResponseView.leavesQtyOffset : NewOrderNRResponseView.leavesQtyOffset
            return [message.adding(1_0000, at: offset)]
        case .droppedDropCopyMessage
        where !isTrading && message.template == .orderExecReportBroadcast:
            return strikes() ? [] : [message]
        case .droppedTrade where session == 90_000 && message.template == .tradeBroadcast:
            if strikes() {
                skipped = 1
                return []
            }
            return [message.adding(-Int64(skipped), at: TradeBroadcastView.applSeqNumOffset)]
        case .skippedApplSeqNum where !isTrading && message.template == .tradeBroadcast:
            return strikes()
                ? [message.adding(1, at: TradeBroadcastView.applSeqNumOffset)] : [message]
        case .otherUnitsTrade
        where session > 90_000 && message.template == .tradeBroadcast:
            guard strikes() else { return [message] }
            return [message.adding(10_000, at: TradeBroadcastView.rootPartyIDSessionIDOffset)]
        case .fallenApplMsgID where isTrading && message.template == .orderExecNotification:
            guard strikes() else { return [message] }
            return [message.zeroing(8, at: OrderExecNotificationView.applMsgIDOffset)]
        case .lostDeletion
        where isTrading
            && (message.template == .deleteOrderBroadcast
                || message.template == .deleteAllOrderQuoteEventBroadcast
                || message.template == .orderExecNotification):
            return strikes() ? [] : [message]
        case .wrongResent where isTrading && message.isResentReport:
            guard strikes() else { return [message] }
            return [message.adding(1_0000, at: OrderExecReportBroadcastView.leavesQtyOffset)]
        case .lostRestatement
        where isTrading && message.isResentReport
            && message.with { OrderExecReportBroadcastView($0).execType } == UInt8(ascii: "D"):
            guard strikes() else { return [message] }
            return [message.zeroing(2, at: OrderExecReportBroadcastView.execTypeOffset - 1)]
        default: return [message]
        }
    }

    /// What leaves instead of a packet of the feed.
    func tamper(_ packet: [UInt8], _ channel: FeedChannel) -> [UInt8]? {
        guard let canary, channel == .incremental else { return packet }
        var packet = packet
        switch canary {
        case .feedWrongPrice:
            if let offset = Self.offset(of: 13_100, in: packet), strikes() {
                packet[offset + 48] ^= 1
            }
        case .feedWrongPriority:
            if let offset = Self.offset(of: 13_105, in: packet), strikes() {
                packet[offset + 24] ^= 1
            }
        case .lostFeedPacket: return loseFeedPacket(packet)
        case .unnoticedSessionLoss:
            // To the public it is as if nobody had deleted the order: the message is another one.
            if let offset = Self.offset(of: 13_102, in: packet), strikes() {
                packet[offset + 2] = UInt8(13_600 & 0xFF)
                packet[offset + 3] = UInt8(13_600 >> 8)
            }
        default: break
        }
        return packet
    }

    private func loseFeedPacket(_ packet: [UInt8]) -> [UInt8]? {
        var packet = packet
        let product = packet.number(12, as: Int32.self)
        let offsets = Self.messages(in: packet)
        let isNumbered = !offsets.contains { packet.number($0 + 2, as: UInt16.self) == 13_001 }
        if isNumbered,
            offsets.contains(where: { packet.number($0 + 2, as: UInt16.self) == 13_100 }),
            strikes()
        {
            packetsLost[product] = 1
            messagesLost[product] = UInt32(offsets.count)
            return nil
        }
        packet.subtract(packetsLost[product] ?? 0, at: 8)
        for offset in offsets {
            let isHeartbeat = packet.number(offset + 2, as: UInt16.self) == 13_001
            packet.subtract(messagesLost[product] ?? 0, at: offset + (isHeartbeat ? 8 : 4))
        }
        return packet
    }

    private static func messages(in packet: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        var offset = 32
        while offset + 8 <= packet.count {
            offsets.append(offset)
            offset += max(8, Int(packet.number(offset, as: UInt16.self)))
        }
        return offsets
    }

    private static func offset(of template: UInt16, in packet: [UInt8]) -> Int? {
        messages(in: packet).first { packet.number($0 + 2, as: UInt16.self) == template }
    }
}

extension VenueMessage {
    fileprivate var isResentReport: Bool {
        template == .orderExecReportBroadcast
            && with { OrderExecReportBroadcastView($0).applResendFlag } == 1
    }

    fileprivate func adding(_ delta: Int64, at offset: Int) -> VenueMessage {
        var changed = bytes
        changed.withUnsafeMutableBytes {
            // Session numbers are 32 bits wide, and what lies behind them is not carried into.
            let value = $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)
            $0.storeBytes(of: value &+ delta, toByteOffset: offset, as: Int64.self)
        }
        return VenueMessage(bytes: changed, template: template)
    }

    fileprivate func zeroing(_ count: Int, at offset: Int) -> VenueMessage {
        var changed = bytes
        for index in offset + 1..<offset + count { changed[index] = 0 }
        return VenueMessage(bytes: changed, template: template)
    }
}

extension [UInt8] {
    fileprivate func number<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
        withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    fileprivate mutating func subtract(_ count: UInt32, at offset: Int) {
        guard count > 0 else { return }
        let value = number(offset, as: UInt32.self) &- count
        withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
    }
}
