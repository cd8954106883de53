import Testing
import Wire

/// A message of the venue, looked at through the schema.
struct Message: CustomStringConvertible {
    let bytes: [UInt8]
    let template: TemplateID

    /// Every mandatory field must have a value, every unused one none, every enumerated one a known
    /// value, in groups too.
    init(_ bytes: [UInt8], template: TemplateID) {
        self.bytes = bytes
        self.template = template
        let message = MessageCatalogue.shared.message(templateID: template.rawValue)!
        Self.check(message.slots, in: bytes, at: 0, of: template)
        var offset = message.fixedLength
        for part in message.tail {
            let count = Self.count(message.slots.first { $0.field.name == part.counter }!, bytes)
            guard case .group(let group) = part.kind else { continue }
            for _ in 0..<count {
                Self.check(group.slots, in: bytes, at: offset, of: template)
                offset += group.length
            }
        }
    }

    private static func count(_ slot: MessageCatalogue.Slot, _ bytes: [UInt8]) -> Int {
        let raw = Array(bytes[slot.offset..<slot.offset + slot.field.size])
        return slot.field.isNull(raw) ? 0 : Int(number(raw))
    }

    private static func check(
        _ slots: [MessageCatalogue.Slot], in bytes: [UInt8], at start: Int, of template: TemplateID
    ) {
        for slot in slots {
            let offset = start + slot.offset
            let raw = Array(bytes[offset..<offset + slot.field.size])
            let isNull = slot.field.isNull(raw)
            if slot.presence == .mandatory, isNull {
                Issue.record("\(template) without \(slot.field.name)")
            }
            if slot.presence == .unused, !isNull {
                Issue.record("\(template) with \(slot.field.name), which is unused")
            }
            if let enumeration = slot.field.enumeration, !isNull,
                enumeration.valueName(number(raw)) == nil
            {
                Issue.record("\(template): \(slot.field.name) has no value \(number(raw))")
            }
        }
    }

    private static func number(_ raw: [UInt8]) -> UInt64 {
        raw.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// The bytes of a field of the fixed part, as the schema names it.
    func raw(_ name: String) -> [UInt8] {
        let message = MessageCatalogue.shared.message(templateID: template.rawValue)!
        guard let slot = message.slots.first(where: { $0.field.name == name }) else {
            Issue.record("\(template) has no field \(name)")
            return []
        }
        return Array(bytes[slot.offset..<slot.offset + slot.field.size])
    }

    /// The raw value of a field, as an unsigned number.
    func field(_ name: String) -> UInt64 { Self.number(raw(name)) }

    /// A price, quantity or number that may be negative.
    func signed(_ name: String) -> Int64 { Int64(bitPattern: field(name)) }

    func has(_ name: String) -> Bool {
        MessageCatalogue.shared.message(templateID: template.rawValue)!.slots
            .contains { $0.field.name == name }
    }

    /// MsgSeqNum of an answer, nil in notifications.
    var answers: UInt32? { has("MsgSeqNum") ? UInt32(truncatingIfNeeded: field("MsgSeqNum")) : nil }

    /// ApplMsgID as text, whose order is that of its bytes.
    var applMsgID: String {
        raw("ApplMsgID").map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    }

    var isLastFragment: Bool { !has("LastFragment") || field("LastFragment") == 1 }

    var text: String {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!
            return switch template {
            case .reject: String(decoding: RejectView(base).varText, as: UTF8.self)
            case .forcedLogoutNotification:
                String(decoding: ForcedLogoutNotificationView(base).varText, as: UTF8.self)
            default: ""
            }
        }
    }

    /// Reason, session status and MsgSeqNum of a reject.
    var reject: Refused? {
        guard template == .reject else { return nil }
        return Refused(
            UInt32(field("SessionRejectReason")), status: UInt8(field("SessionStatus")),
            msgSeqNum: UInt32(field("MsgSeqNum")))
    }

    /// Price and quantity of each fill of an execution.
    var fills: [(price: Int64, quantity: Int64, matchID: UInt32, liquidity: UInt8)] {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!
            let entries: [FillsGrpView]
            switch template {
            case .orderExecResponse:
                let view = OrderExecResponseView(base)
                entries = (0..<Int(field("NoFills"))).map { view.fills(at: $0) }
            case .orderExecNotification:
                let view = OrderExecNotificationView(base)
                entries = (0..<Int(field("NoFills"))).map { view.fills(at: $0) }
            default: entries = []
            }
            return entries.map { ($0.fillPx, $0.fillQty, $0.fillMatchID, $0.fillLiquidityInd) }
        }
    }

    var description: String { bytes.withUnsafeBytes { MessageText.line($0) } }
}

struct Refused: Equatable, CustomStringConvertible {
    let reason: UInt32
    let status: UInt8
    let msgSeqNum: UInt32

    init(_ reason: UInt32, status: UInt8 = 0, msgSeqNum: UInt32) {
        self.reason = reason
        self.status = status
        self.msgSeqNum = msgSeqNum
    }

    var description: String { "reject \(reason), status \(status), MsgSeqNum \(msgSeqNum)" }
}

/// Prices and quantities as the wire has them.
extension Int64 {
    static func price(_ units: Double) -> Int64 { Int64((units * 100_000_000).rounded()) }
    static func lots(_ count: Int64) -> Int64 { count * 10_000 }
}
