import Testing
import Wire

/// A message of the venue, looked at through the schema.
package struct Message: Equatable, CustomStringConvertible {
    package let bytes: [UInt8]
    package let template: TemplateID

    /// Takes all messages off the bytes a client has received.
    package static func takeAll(from received: inout [UInt8]) -> [Message] {
        var messages: [Message] = []
        while !received.isEmpty {
            let length = received.withUnsafeBytes { bytes -> Int in
                guard case .frame(_, let length) = Framing.judgeResponse(bytes) else { return 0 }
                return length
            }
            #expect(length > 0, "the venue sent what is no frame")
            guard length > 0 else { break }
            messages.append(Message(Array(received[..<length])))
            received.removeFirst(length)
        }
        return messages
    }

    /// Every mandatory field must have a value, and every enumerated one a known value.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let id = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        template = TemplateID(rawValue: id)!
        for slot in MessageCatalogue.shared.message(templateID: id)!.slots {
            let raw = Array(bytes[slot.offset..<slot.offset + slot.field.size])
            let isNull = slot.field.isNull(raw)
            if slot.presence == .mandatory {
                #expect(!isNull, "\(template) without \(slot.field.name)")
            }
            if slot.presence == .unused {
                #expect(isNull, "\(template) with \(slot.field.name), which is unused")
            }
            if let enumeration = slot.field.enumeration, !isNull {
                let code = raw.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                #expect(
                    enumeration.valueName(code) != nil,
                    "\(template): \(slot.field.name) has no value \(code)")
            }
        }
    }

    /// The raw value of a field, as the schema names it.
    package func field(_ name: String) -> UInt64 {
        let raw = rawField(name)
        return raw.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    package func rawField(_ name: String) -> [UInt8] {
        let message = MessageCatalogue.shared.message(templateID: template.rawValue)!
        let slot = message.slots.first { $0.field.name == name }
        guard let slot else {
            Issue.record("\(template) has no field \(name)")
            return []
        }
        return Array(bytes[slot.offset..<slot.offset + slot.field.size])
    }

    /// MsgSeqNum of an answer, nil in notifications.
    package var answers: UInt32? {
        let message = MessageCatalogue.shared.message(templateID: template.rawValue)!
        guard message.slots.contains(where: { $0.field.name == "MsgSeqNum" }) else { return nil }
        return UInt32(field("MsgSeqNum"))
    }

    package var text: String {
        bytes.withUnsafeBytes { bytes in
            switch template {
            case .reject: String(decoding: RejectView(bytes.baseAddress!).varText, as: UTF8.self)
            case .forcedLogoutNotification:
                String(
                    decoding: ForcedLogoutNotificationView(bytes.baseAddress!).varText,
                    as: UTF8.self)
            default: ""
            }
        }
    }

    /// Reason, session status and MsgSeqNum of a reject.
    package var reject: Refused? {
        guard template == .reject else { return nil }
        return Refused(
            UInt32(field("SessionRejectReason")), status: UInt8(field("SessionStatus")),
            msgSeqNum: UInt32(field("MsgSeqNum")))
    }

    package var description: String { bytes.withUnsafeBytes { MessageText.line($0) } }
}

package struct Refused: Equatable, CustomStringConvertible {
    package let reason: UInt32
    package let status: UInt8
    package let msgSeqNum: UInt32
    package init(_ reason: UInt32, status: UInt8 = 0, msgSeqNum: UInt32) {
        self.reason = reason
        self.status = status
        self.msgSeqNum = msgSeqNum
    }
    package var description: String { "reject \(reason), status \(status), MsgSeqNum \(msgSeqNum)" }
}
