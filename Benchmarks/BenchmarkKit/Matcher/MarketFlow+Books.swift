import CBaselines
import Domain
import MarketFlows

// A made-up market as the engine and the plain book want it.
extension MarketFlow {
    func makeEngine(first count: Int? = nil) -> EngineUnderTest {
        EngineUnderTest(count: count ?? requests.count) { [requests] in
            Self.command(requests[$0], request: $0)
        }
    }

    func makePlainBook() -> PlainBook {
        PlainBook(
            requests.map(Self.operation), ticks: ticks, orderCount: UInt32(orderCount))
    }

    func makeReportingBook() -> ReportingBook {
        ReportingBook(
            requests.indices.map { Self.namedRequest(requests[$0], request: $0) }, ticks: ticks,
            liveMax: UInt32(EngineUnderTest.orderCapacity))
    }

    /// The request as the gateway hands it on, of a short form; changes rename their order.
    static func command(_ request: MarketRequest, request number: Int) -> Command {
        var command = Command(kind: .newOrder)
        command.session = SessionIndex(0)
        command.sessionInstanceID = 1
        command.msgSeqNum = UInt32(truncatingIfNeeded: number)
        command.instrument = InstrumentIndex(0)
        command.product = ProductIndex(0)
        command.trader = TraderID(raw: 11)
        command.flags = .shortForm
        command.requestTime = Timestamp(nanos: request.timeNanos)
        command.timeIn = Timestamp(nanos: request.timeNanos)
        command.attributes = OrderAttributes(
            side: request.side,
            timeInForce: request.kind == .immediate ? .immediateOrCancel : .day)
        switch request.kind {
        case .enter, .immediate: command.clOrdID = name(request.order, version: 0)
        case .modify:
            command.kind = .modifyOrder
            command.origClOrdID = name(request.order, version: request.version)
            command.clOrdID = name(request.order, version: request.version + 1)
        case .cancel:
            command.kind = .deleteOrder
            command.origClOrdID = name(request.order, version: request.version)
            command.clOrdID = ClOrdID(raw: 1 << 62 | UInt64(number))
        }
        if request.kind != .cancel {
            command.price = Price(raw: Int64(request.tick) * EngineUnderTest.tick.raw)
            command.quantity = Quantity(units: Int64(request.quantity))
        }
        return command
    }

    private static func name(_ order: UInt32, version: UInt8) -> ClOrdID {
        ClOrdID(raw: UInt64(version) << 32 | UInt64(order) + 1)
    }

    /// The order behind a name.
    static func order(_ name: ClOrdID) -> UInt64 { (name.raw & 0xFFFF_FFFF) - 1 }

    private static func namedRequest(
        _ request: MarketRequest, request number: Int
    ) -> cbaselines_request {
        let command = command(request, request: number)
        let operation = operation(request)
        return cbaselines_request(
            kind: operation.kind, is_buy: operation.is_buy, price: operation.price,
            session: command.session.raw, quantity: operation.quantity,
            name: command.kind == .newOrder ? command.clOrdID.raw : command.origClOrdID.raw,
            new_name: command.clOrdID.raw, number: operation.id)
    }

    private static func operation(_ request: MarketRequest) -> cbaselines_operation {
        let kind =
            switch request.kind {
            case .enter: CBASELINES_ENTER
            case .immediate: CBASELINES_TAKE
            case .modify: CBASELINES_MODIFY
            case .cancel: CBASELINES_DELETE
            }
        return cbaselines_operation(
            kind: UInt32(kind), is_buy: request.side == .buy ? 1 : 0, id: request.order,
            price: request.tick,
            quantity: Int64(request.kind == .modify ? request.increase : request.quantity))
    }
}
