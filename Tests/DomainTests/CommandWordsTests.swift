import Domain
import Testing

@Suite("Commands as words")
struct CommandWordsTests {
    private func words(of command: Command) -> [UInt64] {
        withUnsafeBytes(of: command) { bytes in
            (0..<CommandWords.count).map {
                bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)
            }
        }
    }

    @Test("A head's words are those of the struct")
    func head() {
        #expect(MemoryLayout<Command>.size == CommandWords.count * 8)
        var command = Command(kind: .deleteOrder)
        command.slotCount = 3
        command.deferredReject = RejectDetail(rawValue: 0x0405)
        command.session = SessionIndex(raw: 6)
        command.sessionInstanceID = 7
        command.msgSeqNum = 8
        command.sequence = 9
        command.requestTime = Timestamp(nanos: 10)
        command.timeIn = Timestamp(nanos: 11)
        command.instrument = InstrumentIndex(raw: 12)
        command.trader = TraderID(raw: 13)
        command.orderID = OrderID(raw: 14)
        command.clOrdID = ClOrdID(raw: 15)
        command.origClOrdID = ClOrdID(raw: 16)
        command.price = Price(raw: -17)
        command.quantity = Quantity(raw: 18)
        command.stopPrice = Price(raw: 19)
        command.attributes = OrderAttributes(raw: 20)
        command.matchInstCrossID = 21
        command.targetSession = SessionIndex(raw: 22)
        command.targetTrader = TraderID(raw: 23)
        command.product = ProductIndex(raw: 24)
        command.massActionReason = MassActionReason(rawValue: 25)
        command.flags = [.hasParties, .hasTexts, .shortForm]
        command.date = 26
        command.executingTraderQualifier = 27
        command.marketStateAction = .endOfDay
        var expected = [UInt64](repeating: 0, count: CommandWords.count)
        expected[CommandWords.what] = 2 | 3 << 8 | 0x0405 << 16 | 6 << 32
        expected[CommandWords.request] = 7 | 8 << 32
        expected[CommandWords.sequence] = 9
        expected[CommandWords.requestTime] = 10
        expected[CommandWords.timeIn] = 11
        expected[CommandWords.subject] = 12 | 13 << 32
        expected[CommandWords.orderID] = 14
        expected[CommandWords.clOrdID] = 15
        expected[CommandWords.origClOrdID] = 16
        expected[CommandWords.price] = UInt64(bitPattern: -17)
        expected[CommandWords.quantity] = 18
        expected[CommandWords.stopPrice] = 19
        expected[CommandWords.attributes] = 20
        expected[CommandWords.target] = 21 | 22 << 32
        expected[CommandWords.scope] = 23 | 24 << 32 | 25 << 48 | 11 << 56
        expected[CommandWords.rest] = 26 | 27 << 32 | 2 << 40
        #expect(words(of: command) == expected)
        #expect(CommandWords.slotCount(what: expected[0]) == 3)
        #expect(CommandWords.carriedDetails(scope: expected[14]) == [.hasParties, .hasTexts])
        #expect(isSound(command))
    }

    private func isSound(_ command: Command) -> Bool {
        let words = words(of: command)
        return CommandWords.areSound(
            what: words[CommandWords.what], scope: words[CommandWords.scope],
            rest: words[CommandWords.rest])
    }

    @Test("Every kind and every action is sound, in the order in which files number them")
    func numbers() {
        var kinds: [Command.Kind] = []
        for number in UInt8.min...UInt8.max {
            if let kind = Command.Kind(rawValue: number) { kinds.append(kind) }
        }
        for (number, kind) in kinds.enumerated() {
            let command = Command(kind: kind)
            #expect(words(of: command)[CommandWords.what] & 0xFF == UInt64(number))
            #expect(kind.rawValue == UInt8(number), "kinds lie in memory as they are numbered")
            #expect(isSound(command))
        }
        let actions: [MarketStateAction] = [.halt, .resume, .endOfDay, .close, .open]
        #expect(MarketStateAction.allCases == actions, "a new action comes last")
        for (number, action) in actions.enumerated() {
            var command = Command(kind: .changeMarketState)
            command.marketStateAction = action
            #expect(words(of: command)[CommandWords.rest] >> 40 & 0xFF == UInt64(number))
            #expect(isSound(command))
        }
        #expect(
            !CommandWords.areSound(what: 0x100, scope: 0, rest: UInt64(actions.count) << 40))
        #expect(!CommandWords.areSound(what: 0x1FF, scope: 0, rest: 0))
        #expect(!CommandWords.areSound(what: 0x200, scope: 0, rest: 0))
    }
}
