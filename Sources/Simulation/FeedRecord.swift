import Platform

/// An order as the public sees it: instrument, side and time are its name.
struct FeedKey: Hashable, Comparable {
    var security: Int64
    var side: UInt8
    var priority: UInt64

    static func < (a: FeedKey, b: FeedKey) -> Bool {
        (a.security, a.side, a.priority) < (b.security, b.side, b.priority)
    }
}

struct FeedOrder: Equatable {
    var price: Int64
    var quantity: Int64
}

/// What one message of the public feed says, read by the published offsets and no code of ours.
enum FeedChange {
    case add(FeedKey, FeedOrder)
    case modify(FeedKey, FeedOrder, to: FeedKey, FeedOrder)
    case reduce(FeedKey, from: Int64, FeedOrder)
    case delete(FeedKey, FeedOrder)
    case massDelete(security: Int64)
    case summary(security: Int64, aggressorSide: UInt8, quantity: Int64, lastPrice: Int64)
    case execute(FeedKey, price: Int64, quantity: Int64, match: UInt32, isFull: Bool)
}

/// What one engine transaction did to one product in public.
struct FeedTransaction {
    /// ExecID.
    var id: UInt64
    var changes: [FeedChange]

    struct Execution: Equatable {
        var key: FeedKey
        var price: Int64
        var quantity: Int64
        var match: UInt32
    }

    var executions: [Execution] {
        changes.compactMap {
            guard case .execute(let key, let price, let quantity, let match, _) = $0 else {
                return nil
            }
            return Execution(key: key, price: price, quantity: quantity, match: match)
        }
    }
}

/// Cuts the incremental channel into transactions, and looks at its numbers.
struct FeedRecorder {
    private struct Message {
        var bytes: ArraySlice<UInt8>

        func read<Value: FixedWidthInteger>(_ offset: Int, _ type: Value.Type = Value.self) -> Value
        {
            bytes.withUnsafeBytes {
                Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
            }
        }
    }

    private(set) var transactions: [Int32: [FeedTransaction]] = [:]
    private var lastMessage: [Int32: UInt32] = [:]
    private var lastPacket: [Int32: UInt32] = [:]
    /// False until the books that the messages change are known.
    var isStrict = true
    /// After a restart the first number of a product may be any.
    var beginsAnywhere = false
    /// A number was left out, and a heartbeat named it: so the publisher tells that events were overwritten
    /// before it had read them.
    private(set) var wasToldOfLoss = false
    /// Transactions that the public has heard of.
    private(set) var heard: Set<UInt64> = []
    /// Numbered messages so far.
    private(set) var messageCount = 0
    private let findings: Findings

    init(_ findings: Findings) { self.findings = findings }

    /// What came since the last call, by product.
    mutating func takeTransactions() -> [Int32: [FeedTransaction]] {
        defer { transactions = [:] }
        return transactions
    }

    mutating func take(_ packet: [UInt8]) {
        let header = Message(bytes: packet[...])
        guard
            findings.check(
                "feed",
                packet.count >= 32 && packet.count <= 1_400
                    && header.read(2, UInt16.self) == 13_005, "a packet that is none")
        else { return }
        let product: Int32 = header.read(12)
        let number: UInt32 = header.read(8)
        findings.check(
            "feed", !isStrict || number == lastPacket[product, default: 0] + 1,
            "packet \(number) of product \(product) follows \(lastPacket[product, default: 0])")
        lastPacket[product] = number
        var rest = packet[32...]
        while !rest.isEmpty {
            let message = Message(bytes: rest)
            let length = Int(message.read(0, UInt16.self))
            guard
                findings.check(
                    "feed", length >= 16 && length <= rest.count, "a message of \(length) bytes")
            else { return }
            take(Message(bytes: rest.prefix(length)), product)
            rest = rest.dropFirst(length)
        }
    }

    private mutating func take(_ message: Message, _ product: Int32) {
        let template: UInt16 = message.read(2)
        // A heartbeat has no number of its own.
        guard template != 13_001 else {
            return check(heartbeat: message.read(8), product)
        }
        let number: UInt32 = message.read(4)
        findings.check(
            "feed", !isStrict || follows(number, product),
            "message \(number) of product \(product) follows \(lastMessage[product, default: 0])")
        lastMessage[product] = number
        messageCount += 1
        guard isStrict else { return }
        guard let (id, change) = Self.change(template, message) else { return }
        if let id { heard.insert(id) }
        guard let id else {
            // Executions belong to the summary before them.
            guard let last = transactions[product]?.indices.last else {
                return findings.report("feed", "an execution without a summary")
            }
            transactions[product]?[last].changes.append(change)
            return
        }
        if let last = transactions[product]?.indices.last,
            transactions[product]?[last].id == id
        {
            transactions[product]?[last].changes.append(change)
        } else {
            transactions[product, default: []].append(FeedTransaction(id: id, changes: [change]))
        }
    }

    private func follows(_ number: UInt32, _ product: Int32) -> Bool {
        guard let last = lastMessage[product] else { return beginsAnywhere || number == 1 }
        return number == last + 1
    }

    private mutating func check(heartbeat last: UInt32, _ product: Int32) {
        if lastMessage[product] == nil, beginsAnywhere { lastMessage[product] = last }
        if isStrict, last == lastMessage[product, default: 0] + 1 {
            wasToldOfLoss = true
            lastMessage[product] = last
        }
        findings.check(
            "feed", !isStrict || last == lastMessage[product, default: 0],
            "a heartbeat of product \(product) names message \(last)")
    }

    /// The change and the transaction that made it, nil where the message does not say.
    private static func change(
        _ template: UInt16, _ message: Message
    ) -> (id: UInt64?, FeedChange)? {
        switch template {
        case 13_100:
            let key = FeedKey(
                security: message.read(16), side: message.read(40), priority: message.read(24))
            return (
                key.priority,
                .add(key, FeedOrder(price: message.read(48), quantity: message.read(32)))
            )
        case 13_101:
            let side: UInt8 = message.read(64)
            let old = FeedKey(
                security: message.read(40), side: side, priority: message.read(16))
            let new = FeedKey(
                security: message.read(40), side: side, priority: message.read(48))
            return (
                new.priority,
                .modify(
                    old, FeedOrder(price: message.read(24), quantity: message.read(32)), to: new,
                    FeedOrder(price: message.read(72), quantity: message.read(56)))
            )
        case 13_102:
            let key = FeedKey(
                security: message.read(24), side: message.read(48), priority: message.read(32))
            return (
                message.read(16),
                .delete(key, FeedOrder(price: message.read(56), quantity: message.read(40)))
            )
        case 13_103: return (message.read(16), .massDelete(security: message.read(8)))
        case 13_104, 13_105:
            let key = FeedKey(
                security: message.read(32), side: message.read(8), priority: message.read(24))
            return (
                nil,
                .execute(
                    key, price: message.read(48), quantity: message.read(40),
                    match: message.read(12), isFull: template == 13_104)
            )
        case 13_106:
            let key = FeedKey(
                security: message.read(32), side: message.read(56), priority: message.read(40))
            return (
                message.read(16),
                .reduce(
                    key, from: message.read(24),
                    FeedOrder(price: message.read(64), quantity: message.read(48)))
            )
        case 13_202:
            return (
                message.read(32),
                .summary(
                    security: message.read(8), aggressorSide: message.read(48),
                    quantity: message.read(40), lastPrice: message.read(56))
            )
        default: return nil
        }
    }
}
