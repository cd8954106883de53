import Domain

/// Commands made of an input's bytes, such as the gateway lets through: positions and enumerations have
/// values they may have, everything else is as it comes.
struct CommandScript {
    private var input: FuzzInput
    private var sequence: UInt64 = 0
    private var time: UInt64 = 1_700_000_000_000_000_000
    private var instances = [UInt32](repeating: 0, count: 4)
    private var lastInstance: UInt32 = 0
    private var numbers = [UInt32](repeating: 1, count: 4)
    private var date: UInt32 = 2026_01_05

    init(_ input: UnsafeRawBufferPointer, after sequence: UInt64 = 0) {
        self.input = FuzzInput(input)
        self.sequence = sequence
    }

    mutating func next(isCancelPending: Bool) -> (Command, OrderDetails)? {
        guard !input.isEmpty else { return nil }
        var details = OrderDetails()
        var command = choose(input.byte(), isCancelPending, &details)
        sequence += 1
        time += UInt64(input.byte() & 3)
        command.sequence = sequence
        command.timeIn = Timestamp(nanos: time)
        command.requestTime = Timestamp(nanos: time - UInt64(input.byte()))
        return (command, details)
    }

    private mutating func choose(
        _ what: UInt8, _ isCancelPending: Bool, _ details: inout OrderDetails
    ) -> Command {
        if isCancelPending, what & 1 == 0 { return Command(kind: .continueMassCancel) }
        switch what >> 1 & 31 {
        case 0...12: return order(.newOrder, &details)
        case 13...17: return order(.modifyOrder, &details)
        case 18...21: return order(.deleteOrder, &details)
        case 22: return massCancel()
        case 23, 24: return sessionStart()
        case 25: return sessionEnd()
        case 26: return day()
        case 27: return listing()
        default: return stateChange()
        }
    }

    private mutating func request(_ kind: Command.Kind) -> Command {
        var command = Command(kind: kind)
        let session = input.below(3)
        command.session = SessionIndex(session)
        command.sessionInstanceID = instances[session]
        numbers[session] &+= 1
        command.msgSeqNum = numbers[session]
        let trader = input.below(3)
        command.trader = TraderID(raw: [11, 12, 21][trader])
        return command
    }

    private mutating func order(_ kind: Command.Kind, _ details: inout OrderDetails) -> Command {
        var command = request(kind)
        let flags = input.byte()
        command.instrument = InstrumentIndex(input.below(3))
        command.attributes = OrderAttributes(side: flags & 1 == 0 ? .buy : .sell)
        command.attributes.applSeqIndicator = flags >> 1 & 1
        command.attributes.execInst = flags & 4 == 0 ? .nonPersistent : .persistent
        command.clOrdID = name()
        command.origClOrdID = name()
        command.orderID = flags & 0x80 == 0 ? .none : OrderID(raw: input.number())
        command.price = price()
        command.quantity = quantity()
        if flags & 8 != 0 { command.attributes.timeInForce = TimeInForce(rawValue: input.byte()) }
        if flags & 16 != 0 { spoil(&command) }
        if flags & 32 != 0 {
            command.flags.insert(.hasParties)
            details.parties.clientID = input.number()
        }
        if flags & 64 != 0 {
            command.flags.insert(.hasTexts)
            details.texts.freeText3[0] = input.byte()
        }
        command.slotCount = 1 + UInt8(command.carriedDetails.rawValue.nonzeroBitCount)
        return command
    }

    /// What a rule has to refuse.
    private mutating func spoil(_ command: inout Command) {
        switch input.byte() % 12 {
        case 0: command.attributes.ordType = OrdType(rawValue: input.byte())
        case 1: command.attributes.execInst = ExecInst(rawValue: input.byte())
        case 2: command.stopPrice = Price(raw: input.number())
        case 3: command.price = Price(raw: input.number())
        case 4: command.quantity = Quantity(raw: input.number())
        case 5: command.targetSession = SessionIndex(input.below(4))
        case 6: command.flags.insert(.shortForm)
        case 7: command.matchInstCrossID = UInt32(input.byte())
        case 8: command.deferredReject = .fieldValue
        case 9: command.attributes.applSeqIndicator ^= 1
        case 10: command.price = .none
        default:
            command.attributes.ordType = .market
            command.attributes.timeInForce = .immediateOrCancel
            command.price = .none
        }
    }

    private mutating func name() -> ClOrdID {
        let number = input.byte()
        return number > 200 ? .none : ClOrdID(raw: UInt64(number % 40))
    }

    private mutating func price() -> Price {
        let steps = Int64(Int8(bitPattern: input.byte()))
        let isWide = input.byte() & 15 == 0
        return Price(raw: (200 + (isWide ? steps * 1_000_003 : steps / 8)) * 50_000_000)
    }

    private mutating func quantity() -> Quantity {
        let lots = Int64(input.byte())
        return Quantity(raw: (lots < 200 ? lots % 20 : lots * 400) * 10_000)
    }

    private mutating func massCancel() -> Command {
        var command = request(.deleteAllOrders)
        let flags = input.byte()
        command.product = ProductIndex(Int(flags & 1))
        if flags & 2 != 0 {
            // Product 0 has instruments 0 and 1, product 1 has instrument 2.
            command.instrument = InstrumentIndex(flags & 1 == 1 ? 2 : Int(flags >> 2 & 1))
            if flags & 8 != 0 { command.price = price() }
        }
        if flags & 16 != 0 {
            command.flags.insert(.onlyOneSide)
            command.attributes.side = flags & 32 == 0 ? .buy : .sell
        }
        if flags & 64 != 0 { command.targetSession = SessionIndex(input.below(4)) }
        if flags & 128 != 0 { command.targetTrader = command.trader }
        return command
    }

    private mutating func sessionStart() -> Command {
        var command = Command(kind: .sessionStarted)
        let session = input.below(4)
        lastInstance += 1
        instances[session] = lastInstance
        command.session = SessionIndex(session)
        command.sessionInstanceID = lastInstance
        return command
    }

    private mutating func sessionEnd() -> Command {
        var command = Command(kind: .sessionEnded)
        let session = input.below(4)
        command.session = SessionIndex(session)
        let how = input.byte()
        guard how & 31 != 31 else { return restart() }
        command.sessionInstanceID = instances[session] &- UInt32(how & 1)
        command.massActionReason = .sessionLoss
        return command
    }

    /// A venue that begins again.
    private mutating func restart() -> Command {
        var command = Command(kind: .restart)
        command.date = date
        instances = instances.map { _ in 0 }
        return command
    }

    private mutating func day() -> Command {
        var command = Command(kind: .startBusinessDay)
        date += UInt32(input.byte() & 1)
        command.date = date
        return command
    }

    private mutating func listing() -> Command {
        var command = Command(kind: .listOrders)
        command.listing = 1
        command.listingPosition = UInt32(input.byte())
        return command
    }

    private mutating func stateChange() -> Command {
        var command = Command(kind: .changeMarketState)
        command.session = SessionIndex(3)
        command.sessionInstanceID = instances[3]
        let flags = input.byte()
        let actions: [MarketStateAction] = [.halt, .resume, .close, .open, .endOfDay]
        command.marketStateAction = actions[Int(flags & 15) % actions.count]
        date += UInt32(flags >> 4 & 1)
        command.date = date
        // Only the day ends everywhere at once, and of every instrument of a product.
        let isEndOfDay = command.marketStateAction == .endOfDay
        guard !isEndOfDay || flags & 0x80 != 0 else { return command }
        command.product = ProductIndex(Int(flags >> 6 & 1))
        if flags & 0x20 != 0, !isEndOfDay {
            command.instrument = InstrumentIndex(command.product.index == 1 ? 2 : 0)
        }
        return command
    }
}

extension CommandScript {
    /// Two products, three instruments; sessions 0 and 1 of one unit, 2 of another, 3 of operations.
    static let reference = ReferenceData(
        marketID: 1, partitionID: 1, organisation: "FUZZ",
        products: [
            Product(
                marketSegmentID: 100, name: "ALPHA", tick: Price(raw: 50_000_000),
                lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1000)),
            Product(
                marketSegmentID: 200, name: "BETA", tick: Price(raw: 25_000_000),
                lot: Quantity(units: 2), maximumQuantity: Quantity(units: 100_000)),
        ],
        instruments: [
            Instrument(securityID: 1001, name: "A", product: ProductIndex(0)),
            Instrument(securityID: 1002, name: "B", product: ProductIndex(0)),
            Instrument(securityID: 2001, name: "C", product: ProductIndex(1)),
        ],
        units: [unit(1, [11, 12]), unit(2, [21])],
        sessions: [
            session(10001, .trading, UnitIndex(0)), session(10002, .trading, UnitIndex(0)),
            session(20001, .trading, UnitIndex(1)), session(90000, .operations, .none),
        ])

    private static func unit(_ id: UInt32, _ traders: [UInt32]) -> BusinessUnit {
        BusinessUnit(
            id: id, name: "UNIT\(id)",
            traders: traders.map {
                Trader(id: TraderID(raw: $0), name: "TRD0\($0)", passwordHash: "apus-\($0)")
            })
    }

    private static func session(
        _ id: UInt32, _ kind: SessionDefinition.Kind, _ unit: UnitIndex
    ) -> SessionDefinition {
        SessionDefinition(id: id, kind: kind, unit: unit, passwordHash: "apus-\(id)")
    }
}
