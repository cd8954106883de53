import Client
import Domain
import Wire

extension FuzzTarget {
    static let client = FuzzTarget(
        "client", "what a trading program makes of a venue's bytes, however they are split",
        lengthMax: 16_384, TradingProgram.run)
}

/// Two clients get the same bytes, one in a single piece, the other in pieces.
private enum TradingProgram {
    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        let seed = input.byte()
        let bytes = input.rest()
        var whole = Reading()
        whole.take(bytes)
        var pieces = Reading()
        var rest = bytes
        var length = Int(seed) % 61 + 1
        while !rest.isEmpty, !pieces.isCorrupt {
            let count = min(length, rest.count)
            pieces.take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            length = length * 7 % 61 + 1
        }
        require(whole.isCorrupt == pieces.isCorrupt, "splitting does not decide what is readable")
        require(whole.notes == pieces.notes, "splitting does not decide what is read")
    }

    /// One client and what it was told.
    struct Reading: ~Copyable {
        struct Note: Equatable {
            var kind: Inbound.Kind
            var msgSeqNum: UInt32
            var clOrdID: ClOrdID
            var leavesQty: Quantity
            var fills: [Inbound.Fill]
            var textLength: Int
            var listened: ListenerMessage.Kind?
        }

        var stream = InboundStream(capacity: InboundStream.capacityMin)
        var orders = OwnOrders()
        var notes: [Note] = []
        var isCorrupt = false
        /// Orders that there may be: those entered, and those that the venue said it had.
        private var named = Set<ClOrdID>()

        init() {
            for number in 1...8 as ClosedRange<UInt32> {
                named.insert(ClOrdID(raw: UInt64(number)))
                orders.noteEntry(
                    OrderRequest(
                        side: number % 2 == 0 ? .buy : .sell, price: Price(units: 100),
                        quantity: Quantity(units: 10), instrument: 1001, product: 100),
                    clOrdID: ClOrdID(raw: UInt64(number)), msgSeqNum: number)
            }
            orders.noteDeletion(ClOrdID(raw: 3), msgSeqNum: 9)
            orders.noteChange(ClOrdID(raw: 4), price: Price(units: 99), msgSeqNum: 10)
            orders.noteDeletionOfAll(product: 100, msgSeqNum: 11)
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes
            while !rest.isEmpty, !isCorrupt {
                let space = stream.space()
                let count = min(space.count, rest.count)
                require(count > 0, "a stream that was read out has room")
                space.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
                stream.commit(count)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                read()
            }
        }

        private mutating func read() {
            do {
                while let message = try stream.next() { note(message) }
            } catch {
                isCorrupt = true
            }
        }

        private mutating func note(_ message: Inbound) {
            let listened = ListenerMessage(message)
            notes.append(
                Note(
                    kind: message.kind, msgSeqNum: message.msgSeqNum, clOrdID: message.clOrdID,
                    leavesQty: message.leavesQty,
                    fills: (0..<message.fillCount).map { message.fill(at: $0) },
                    textLength: message.text.count, listened: listened?.kind))
            if let listened {
                for index in 0..<listened.fillCount { _ = listened.fill(at: index) }
            }
            _ = (message.endsSession, message.filledQty, message.rejectReason)
            if message.kind == .reported,
                OrderExecReportBroadcastView(message.base).execType == ExecType.restated.rawValue
            {
                named.insert(message.clOrdID)
            }
            orders.take(message)
            require(
                orders.all.allSatisfy { named.contains($0.clOrdID) },
                "no order appears that was neither entered nor restated")
        }
    }
}
