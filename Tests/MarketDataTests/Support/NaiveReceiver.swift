import Platform
import TestSupport

/// Reads the public feed by the published layouts, byte by byte, and keeps books in dictionaries. It
/// shares nothing with the publisher.
struct NaiveReceiver {
    struct Key: Hashable {
        var security: Int64
        var side: UInt8
        var time: UInt64
    }

    struct Top: Equatable {
        var bid: Int64, offer: Int64, bidSize: Int64, offerSize: Int64
        var buyOrders: UInt16, sellOrders: UInt16
    }

    struct Trade: Equatable {
        var security: Int64, price: Int64, quantity: Int64, match: UInt32
    }

    /// A message, as far as every one is alike.
    struct Message {
        var template: UInt16
        var number: UInt32
        var bytes: ArraySlice<UInt8>

        func read<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            var value: Value = 0
            for index in (0..<MemoryLayout<Value>.size).reversed() {
                value =
                    value << 8 | Value(truncatingIfNeeded: bytes[bytes.startIndex + offset + index])
            }
            return value
        }
        func u8(_ offset: Int) -> UInt8 { read(offset, as: UInt8.self) }
        func u16(_ offset: Int) -> UInt16 { read(offset, as: UInt16.self) }
        func u32(_ offset: Int) -> UInt32 { read(offset, as: UInt32.self) }
        func u64(_ offset: Int) -> UInt64 { read(offset, as: UInt64.self) }
        func i64(_ offset: Int) -> Int64 { read(offset, as: Int64.self) }
    }

    struct Packet {
        var channel: FeedChannel
        var segment: Int32
        var number: UInt32
        var isComplete: Bool
        var isReset: Bool
        var time: UInt64
        var messages: [Message]
    }

    var books: [Key: PublicOrder] = [:]
    var tops: [Int64: Top] = [:]
    var trades: [Trade] = []
    /// Status by instrument; states by product as (session, sub, status).
    var statuses: [Int64: UInt8] = [:]
    var states: [Int32: [UInt8]] = [:]
    /// What is wrong with the feed itself.
    var complaints: [String] = []
    var templates: [UInt16: Int] = [:]
    /// Numbers of the last incremental message, and of the last packet of each channel, by segment.
    var lastMessage: [Int32: UInt32] = [:]
    var lastPacket: [String: UInt32] = [:]
    /// Products between the packets of one transaction.
    var unfinished: Set<Int32> = []
    private var expectedFills: (quantity: Int64, lastPrice: Int64)?

    static let lengths: [UInt16: Int] = [
        13001: 16, 13100: 56, 13101: 80, 13102: 64, 13103: 24, 13104: 56, 13105: 56, 13106: 72,
        13201: 56, 13202: 80, 13300: 24, 13301: 48, 13302: 800, 13504: 64, 13600: 24, 13601: 424,
        13602: 40,
    ]

    static func parse(_ packet: FakeDatagrams.Packet) -> Packet? {
        let bytes = packet.bytes[...]
        guard bytes.count >= 32, bytes.count <= 1400 else { return nil }
        let header = Message(template: 13005, number: 0, bytes: bytes.prefix(32))
        guard header.u16(0) == 32, header.u16(2) == 13005, header.u32(4) == .max,
            header.u8(16) == 7
        else { return nil }
        var messages: [Message] = []
        var rest = bytes.dropFirst(32)
        while !rest.isEmpty {
            let message = Message(template: 0, number: 0, bytes: rest)
            let length = Int(message.u16(0))
            guard lengths[message.u16(2)] == length, length <= rest.count else { return nil }
            messages.append(
                Message(
                    template: message.u16(2), number: message.u32(4), bytes: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return Packet(
            channel: packet.channel, segment: header.read(12, as: Int32.self),
            number: header.u32(8), isComplete: header.u8(17) == 1, isReset: header.u8(18) == 1,
            time: header.u64(24), messages: messages)
    }

    /// Takes packets of the incremental channel over, and looks at the numbers of both channels.
    mutating func take(_ packets: [FakeDatagrams.Packet]) {
        for raw in packets {
            guard let packet = Self.parse(raw) else {
                complaints.append("a packet cannot be read")
                continue
            }
            let name = "\(packet.channel) \(packet.segment)"
            let expected = lastPacket[name, default: 0] + 1
            if packet.number != expected {
                complaints.append("packet \(packet.number) of \(name), expected \(expected)")
            }
            if packet.isReset != (packet.number == 1) { complaints.append("reset of \(name)") }
            lastPacket[name] = packet.number
            for message in packet.messages { templates[message.template, default: 0] += 1 }
            if packet.channel == .incremental { take(packet) }
        }
    }

    private mutating func take(_ packet: Packet) {
        for message in packet.messages {
            if message.template == 13001 {
                if message.number != .max { complaints.append("a heartbeat has a number") }
                if message.u32(8) != lastMessage[packet.segment, default: 0] {
                    complaints.append("a heartbeat tells another last message")
                }
                continue
            }
            let expected = lastMessage[packet.segment, default: 0] + 1
            if message.number != expected {
                complaints.append("message \(message.number), expected \(expected)")
            }
            lastMessage[packet.segment] = message.number
            apply(message, packet.segment)
        }
        if packet.isComplete {
            unfinished.remove(packet.segment)
            checkFills()
        } else {
            unfinished.insert(packet.segment)
        }
    }

    /// Every execution of a transaction is in its summary.
    private mutating func checkFills() {
        if let expectedFills, expectedFills.quantity != 0 {
            complaints.append("executions do not add up to their summary")
        }
        expectedFills = nil
    }

    mutating func apply(_ message: Message, _ segment: Int32) {
        switch message.template {
        case 13100:
            put(message, time: 24, quantity: 32, side: 40, price: 48, security: 16, isNew: true)
        case 13101:
            let key = Key(security: message.i64(40), side: message.u8(64), time: message.u64(16))
            let old = books.removeValue(forKey: key)
            if old != PublicOrder(time: key.time, price: message.i64(24), quantity: message.i64(32))
            {
                complaints.append("a modified order was another")
            }
            put(message, time: 48, quantity: 56, side: 64, price: 72, security: 40, isNew: true)
        case 13102:
            let key = Key(security: message.i64(24), side: message.u8(48), time: message.u64(32))
            let old = books.removeValue(forKey: key)
            if old != PublicOrder(time: key.time, price: message.i64(56), quantity: message.i64(40))
            {
                complaints.append("a deleted order was another")
            }
        case 13103:
            let gone = books.keys.filter { $0.security == message.i64(8) }
            if gone.count < 2 { complaints.append("a mass deletion of \(gone.count) orders") }
            for key in gone { books[key] = nil }
        case 13104, 13105: execute(message)
        case 13106:
            let key = Key(security: message.i64(32), side: message.u8(56), time: message.u64(40))
            if books[key]?.quantity != message.i64(24) || books[key]?.price != message.i64(64) {
                complaints.append("a reduced order was another")
            }
            put(message, time: 40, quantity: 48, side: 56, price: 64, security: 32, isNew: false)
        case 13201:
            trades.append(
                Trade(
                    security: message.i64(8), price: message.i64(32), quantity: message.i64(24),
                    match: message.u32(40)))
        case 13202:
            checkFills()
            expectedFills = (message.i64(40), message.i64(56))
        case 13300: states[segment] = [message.u8(8), message.u8(9), message.u8(10)]
        case 13301: statuses[message.i64(8)] = message.u8(17)
        case 13302: applyMassState(message)
        case 13504: tops[message.i64(16)] = Self.top(message)
        default: complaints.append("template \(message.template) on the incremental channel")
        }
    }

    static func top(_ message: Message) -> Top {
        Top(
            bid: message.i64(24), offer: message.i64(32), bidSize: message.i64(40),
            offerSize: message.i64(48), buyOrders: message.u16(56), sellOrders: message.u16(58))
    }

    /// All instruments are told of, so that those that are no exception are known.
    var securities: [Int64] = []

    private mutating func applyMassState(_ message: Message) {
        for security in securities { statuses[security] = message.u8(10) }
        for index in 0..<Int(message.u8(25)) {
            statuses[message.i64(32 + index * 32)] = message.u8(32 + index * 32 + 25)
        }
    }

    private mutating func put(
        _ message: Message, time: Int, quantity: Int, side: Int, price: Int, security: Int,
        isNew: Bool
    ) {
        let key = Key(
            security: message.i64(security), side: message.u8(side), time: message.u64(time))
        if isNew == (books[key] != nil) { complaints.append("an order came twice, or never") }
        books[key] = PublicOrder(
            time: key.time, price: message.i64(price), quantity: message.i64(quantity))
    }

    private mutating func execute(_ message: Message) {
        let key = Key(security: message.i64(32), side: message.u8(8), time: message.u64(24))
        let quantity = message.i64(40)
        guard var order = books[key], order.price == message.i64(16),
            order.price == message.i64(48)
        else {
            complaints.append("an unknown order was executed")
            return
        }
        order.quantity -= quantity
        let isFull = message.template == 13104
        if isFull != (order.quantity == 0) || order.quantity < 0 {
            complaints.append("an execution leaves \(order.quantity)")
        }
        books[key] = isFull ? nil : order
        if expectedFills == nil { complaints.append("an execution without a summary") }
        expectedFills?.quantity -= quantity
        trades.append(
            Trade(
                security: key.security, price: message.i64(48), quantity: quantity,
                match: message.u32(12)))
    }

    /// The orders of one side in the order in which they would trade.
    func orders(_ security: Int64, _ side: UInt8) -> [PublicOrder] {
        books.filter { $0.key.security == security && $0.key.side == side }.map(\.value).sorted {
            $0.price == $1.price
                ? $0.time < $1.time : (side == 1) == ($0.price > $1.price)
        }
    }
}
