import Client
import Wire

/// A whole message, kept as the bytes that came, with its fields by the schema's names.
///
/// What is compared here is compared by names and bytes, so that the venue's encoders have no part in
/// the judgement.
struct WireMessage: CustomStringConvertible {
    let bytes: [UInt8]
    let templateID: UInt16

    init(_ inbound: Inbound) { self.init(at: inbound.base) }

    /// Takes a whole message from where it lies.
    init(at base: UnsafeRawPointer) {
        let header = FrameHeader(base)
        bytes = [UInt8](UnsafeRawBufferPointer(start: base, count: Int(header.bodyLen)))
        templateID = header.templateID
    }

    var template: TemplateID? { TemplateID(rawValue: templateID) }

    /// A number; nil when the message has no such field, or the field no value.
    func number(_ name: String) -> UInt64? {
        guard let place = FieldPlaces.of(templateID)[name], !place.field.isNull(raw(place)) else {
            return nil
        }
        return raw(place).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A number that may be negative.
    func signed(_ name: String) -> Int64? { number(name).map { Int64(bitPattern: $0) } }

    /// Whether it was sent on request, and not when it happened. Gaps have no flag and no subscription.
    var isResent: Bool {
        number("ApplResendFlag") == 1
            || template == .broadcastErrorNotification && number("RefApplSubID") == nil
    }

    /// Its place in the history of session or listener data, if it has one.
    var applMsgID: ApplMsgID? {
        guard let place = FieldPlaces.of(templateID)["ApplMsgID"] else { return nil }
        let id = raw(place).withUnsafeBytes { ApplMsgID($0) }
        return id.isNone ? nil : id
    }

    /// Entries of FillsGrp.
    var fills: [WireFill] {
        let count = Int(number("NoFills") ?? 0)
        guard count > 0, let start = FieldPlaces.fillsOffset(templateID) else { return [] }
        return (0..<count).map { index in
            let base = start + index * WireFill.length
            return WireFill(Array(bytes[base..<base + WireFill.length]))
        }
    }

    var description: String { bytes.withUnsafeBytes { MessageText.line($0) } }

    private func raw(_ place: MessageCatalogue.Slot) -> [UInt8] {
        Array(bytes[place.offset..<place.offset + place.field.size])
    }

    /// Fields that only say how and when a message was sent, not what happened.
    private static let circumstances: Set<String> = [
        "BodyLen", "TemplateID", "RequestTime", "TrdRegTSTimeIn", "TrdRegTSTimeOut", "ResponseIn",
        "NotificationIn", "SendingTime", "MsgSeqNum", "ApplSubID", "ApplResendFlag", "LastFragment",
    ]

    /// Names of fields that both messages have with different bytes, but for circumstances and
    /// `exceptions`. Fills are one field.
    func differences(from other: WireMessage, exceptions: Set<String> = []) -> [String] {
        var names: [String] = []
        let mine = FieldPlaces.of(templateID)
        for (name, place) in FieldPlaces.of(other.templateID) {
            guard let own = mine[name], !Self.circumstances.contains(name),
                !exceptions.contains(name), raw(own) != other.raw(place)
            else { continue }
            // Answers about lean orders leave them out, reports may not.
            let isStamp = name == "TrdRegTSEntryTime" || name == "TrdRegTSTimePriority"
            if isStamp, number(name) == nil || other.number(name) == nil { continue }
            names.append(name)
        }
        if FieldPlaces.fillsOffset(templateID) != nil,
            FieldPlaces.fillsOffset(other.templateID) != nil, fills != other.fills
        {
            names.append("FillsGrp")
        }
        return names.sorted()
    }
}

/// One entry of FillsGrp.
struct WireFill: Equatable {
    static let length = 32

    let price: Int64
    let quantity: Int64
    /// FillMatchID: equal on both sides of a match step.
    let matchID: UInt32
    /// FillExecID: SideTradeID of the trade that confirms it.
    let execID: Int32
    /// 1: it rested, 2: it was the aggressor.
    let liquidity: UInt8

    init(_ bytes: [UInt8]) {
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        price = Int64(bitPattern: number(0, 8))
        quantity = Int64(bitPattern: number(8, 8))
        matchID = UInt32(number(16, 4))
        execID = Int32(bitPattern: UInt32(number(20, 4)))
        liquidity = bytes[24]
    }
}

/// Where each template has its fields.
private enum FieldPlaces {
    private static let all: [UInt16: [String: MessageCatalogue.Slot]] = Dictionary(
        uniqueKeysWithValues: MessageCatalogue.shared.messages.map { message in
            (
                message.templateID,
                Dictionary(
                    message.slots.map { ($0.field.name, $0) }, uniquingKeysWith: { a, _ in a })
            )
        })

    private static let fills: [UInt16: Int] = Dictionary(
        uniqueKeysWithValues: MessageCatalogue.shared.messages.compactMap { message in
            message.tail.contains { $0.counter == "NoFills" }
                ? (message.templateID, message.fixedLength) : nil
        })

    static func of(_ templateID: UInt16) -> [String: MessageCatalogue.Slot] {
        all[templateID] ?? [:]
    }

    /// Groups before the fills are about complex instruments and empty.
    static func fillsOffset(_ templateID: UInt16) -> Int? { fills[templateID] }
}
