import Domain
import SimulatedPlatform
import Wire

/// A side of a trade as 10500 confirms it.
struct ConfirmedTrade: Equatable {
    var product: Int32
    var sideTradeID: UInt32
    var matchID: UInt32
    var tradeID: UInt32
    var orderID: UInt64
    var side: UInt8
    var price: Int64
    var quantity: Int64
    var leavesQty: Int64
    var executed: Int64
    var session: UInt32
    var security: Int64
    var time: UInt64
}

/// What happened to standard orders, as stream 5 tells it.
enum ListenerEvent: Equatable {
    case order(OrderState)
    case deleted(orderID: UInt64, session: UInt32, execID: UInt64, executed: Int64)
    case massDeleted(MassDeletion)
    case marketDeleted(product: Int32, security: Int64, kinds: UInt8)
    case service(event: UInt8, product: Int32)

    struct OrderState: Equatable {
        var orderID: UInt64
        var session: UInt32
        var security: Int64
        var product: Int32
        var side: UInt8
        var price: Int64
        var quantity: Int64
        var leavesQty: Int64
        var executed: Int64
        var cancelled: Int64
        var isPersistent: Bool
        var priority: UInt64
        var enteredAt: UInt64
        var trader: UInt32
        var execID: UInt64
        var execType: UInt8
        var isLastFragment: Bool
        var fills: [TradeFill]
    }

    struct MassDeletion: Equatable {
        var session: UInt32
        var trader: UInt32
        var product: Int32
        var security: Int64
        var side: UInt8
        var kinds: UInt8
        var reason: UInt8
        var execID: UInt64
        /// Orders that stay; what tells of them comes before the last fragment.
        var left: [UInt64]
        var isLastFragment: Bool
    }
}

/// A back office of one session at the drop copy: listens to trades and orders, and fetches what it
/// missed whenever it was away.
final class BackOffice {
    let session: UInt32
    /// Of its unit; 0 sees all.
    let unit: Int
    unowned let world: World
    var random: SeededRandom
    let isReliable: Bool

    private(set) var trades: [UInt64: ConfirmedTrade] = [:]
    private(set) var events: [MessageID: ListenerEvent] = [:]
    /// Messages of both streams that came, for the first time or again.
    private(set) var messageCount = 0
    /// What came by itself, which it does once; whoever asks again may hear it twice.
    private var liveTrades: Set<UInt64> = []
    private var liveEvents: Set<MessageID> = []
    /// What the drop copy says is lost for good.
    private(set) var gaps = 0
    private var connection: ClientConnection?
    private var isLoggedOn = false
    private var pending = 0
    private var isFetching = false
    private var tradesAreWhole = false
    private var eventsAreWhole = false
    /// Resent messages that are still to come, with nothing else between.
    private var resentDue = 0
    private var rest = 0
    private var lastSent: UInt64 = 0
    private var lastHeard: UInt64 = 0
    private var stallSteps = 0
    var isQuiet = false

    init(session: UInt32, unit: Int, world: World, random: SeededRandom, isReliable: Bool) {
        self.session = session
        self.unit = unit
        self.world = world
        self.random = random
        self.isReliable = isReliable
    }

    /// Everything there is has been heard.
    var isSettled: Bool { isLoggedOn && tradesAreWhole && eventsAreWhole && pending == 0 }

    /// The drop copy lost its own files and takes everything from the venue's archive again.
    func noteLostFiles() {
        liveTrades = []
        liveEvents = []
    }

    /// The history begins anew.
    func forgetEverything() {
        // What the drop copy said before it closed a connection may still be on its way.
        if connection != nil { lose() }
        trades = [:]
        events = [:]
        liveTrades = []
        liveEvents = []
        wholeUpTo = MessageID()
        lastEvent = MessageID()
        gaps = 0
    }

    func step() {
        if stallSteps > 0 {
            stallSteps = isQuiet ? 0 : stallSteps - 1
            if stallSteps == 0 { connection?.socket.isStalled = false }
        }
        guard connection != nil else {
            rest = isQuiet ? 0 : rest - 1
            if rest <= 0, let network = world.listenerNetwork { connect(network) }
            return
        }
        while let message = connection?.nextMessage(world.findings) {
            lastHeard = world.clock.nanos
            for message in world.canary.tamper(message, session: session) { take(message) }
            guard world.findings.isEmpty else { return }
        }
        if connection?.socket.isAtEnd ?? false { return lose() }
        if world.clock.nanos > lastHeard + 40_000_000_000 { return lose() }
        if world.clock.nanos > lastSent + 30_000_000 {
            connection?.send(RequestFrames.heartbeat())
            lastSent = world.clock.nanos
        }
        guard !isReliable, !isQuiet else { return }
        let mishaps = world.scenario.mishaps
        if random.chance(perMillion: mishaps.closes) {
            connection?.socket.close()
            lose()
        } else if random.chance(perMillion: mishaps.resets) {
            connection?.socket.reset()
            lose()
        } else if random.chance(perMillion: mishaps.stalls) {
            connection?.socket.isStalled = true
            stallSteps = random.pick([10, 1_000, 10_000])
        }
    }

    private func connect(_ network: SimulatedNetwork) {
        connection = ClientConnection(network.connect(), trace: world.trace(of: session))
        lastHeard = world.clock.nanos
        send { _ in
            RequestFrames.logon(
                session: session, password: "session", heartbeatMillis: 10_000)
        }
    }

    func lose() {
        connection = nil
        isLoggedOn = false
        pending = 0
        tradesAreWhole = false
        eventsAreWhole = false
        resentDue = 0
        wholeSoon = nil
        stallSteps = 0
        rest = isReliable ? 0 : random.pick([0, 10, 500, 5_000])
    }

    private func send(_ make: (UInt32) -> [UInt8]) {
        let number = connection?.nextNumber ?? 1
        connection?.send(make(number))
        connection?.nextNumber = number + 1
        pending += 1
        lastSent = world.clock.nanos
    }

    // MARK: Asking for what was missed

    private func fetchTrades() {
        let next = (trades.keys.max().map { contiguousEnd($0) } ?? 0) + 1
        send { RequestFrames.retransmitTrades($0, from: next) }
    }

    /// The last number up to which none is missing.
    private func contiguousEnd(_ last: UInt64) -> UInt64 {
        var end: UInt64 = 0
        while end < last, trades[end + 1] != nil { end += 1 }
        return end
    }

    /// The identifier up to which none is missing.
    private var wholeUpTo = MessageID()
    private var lastEvent = MessageID()
    /// The same once the resent messages that are due have come.
    private var wholeSoon: MessageID?

    private func fetchEvents(behind id: MessageID) {
        send { RequestFrames.retransmit($0, stream: 5, behind: id.bytes) }
    }

    private func noteWholeness() {
        guard resentDue == 0 else { return }
        if let end = wholeSoon {
            wholeUpTo = end
            wholeSoon = nil
        }
        if eventsAreWhole {
            wholeUpTo = lastEvent
        }
    }

    // MARK: What comes

    private func take(_ message: VenueMessage) {
        if resentDue > 0 {
            resentDue -= 1
            world.findings.check(
                "retransmission", Self.isResent(message),
                "session \(session): \(message.template) came between resent messages")
        }
        switch message.template {
        case .logonResponse:
            pending -= 1
            isLoggedOn = true
            send { RequestFrames.subscribe($0, stream: 5) }
            send { RequestFrames.subscribe($0, stream: 1) }
        case .subscribeResponse:
            pending -= 1
            // Both streams are on: what came before is asked for.
            guard pending == 0, !tradesAreWhole else { return }
            fetchTrades()
            fetchEvents(behind: wholeUpTo)
        case .retransmitResponse: takeTradesResponse(message)
        case .retransmitMEMessageResponse: takeEventsResponse(message)
        case .tradeBroadcast: takeTrade(message)
        case .orderExecReportBroadcast, .deleteOrderBroadcast, .deleteAllOrderBroadcast,
            .deleteAllOrderQuoteEventBroadcast, .tradingSessionStatusBroadcast:
            takeEvent(message)
        case .broadcastErrorNotification: gaps += 1
        case .heartbeatNotification: break
        case .forcedLogoutNotification, .logoutResponse: break
        case .reject:
            pending -= 1
            world.findings.report(
                "session \(session)",
                "was refused: "
                    + message.with { String(decoding: RejectView($0).varText, as: UTF8.self) })
        default: world.findings.report("session \(session)", "was sent \(message.template)")
        }
    }

    private static func isResent(_ message: VenueMessage) -> Bool {
        message.with { base in
            switch message.template {
            case .tradeBroadcast: TradeBroadcastView(base).applResendFlag == 1
            case .orderExecReportBroadcast: OrderExecReportBroadcastView(base).applResendFlag == 1
            case .deleteOrderBroadcast: DeleteOrderBroadcastView(base).applResendFlag == 1
            case .deleteAllOrderBroadcast: DeleteAllOrderBroadcastView(base).applResendFlag == 1
            case .deleteAllOrderQuoteEventBroadcast:
                DeleteAllOrderQuoteEventBroadcastView(base).applResendFlag == 1
            case .tradingSessionStatusBroadcast:
                TradingSessionStatusBroadcastView(base).applResendFlag == 1
            case .broadcastErrorNotification: true
            default: false
            }
        }
    }

    private func takeTradesResponse(_ message: VenueMessage) {
        pending -= 1
        let (count, end, last) = message.with {
            let view = RetransmitResponseView($0)
            return (Int(view.applTotalMessageCount), view.applEndSeqNum, view.refApplLastSeqNum)
        }
        resentDue = count
        tradesAreWhole = end == Null.u64 || end == last
        // The rest is asked for at once: requests are answered in order.
        if !tradesAreWhole { send { RequestFrames.retransmitTrades($0, from: end + 1) } }
    }

    private func takeEventsResponse(_ message: VenueMessage) {
        pending -= 1
        let (count, end, last) = message.with {
            let view = RetransmitMEMessageResponseView($0)
            return (
                Int(view.applTotalMessageCount), MessageID(view.applEndMsgID),
                MessageID(view.refApplLastMsgID)
            )
        }
        resentDue = count
        eventsAreWhole = end.time == 0 || end == last
        if end.time != 0 { wholeSoon = end }
        if !eventsAreWhole { fetchEvents(behind: end) }
        noteWholeness()
    }

    private func takeTrade(_ message: VenueMessage) {
        let (number, trade) = message.with { base in
            let view = TradeBroadcastView(base)
            return (
                view.applSeqNum,
                ConfirmedTrade(
                    product: view.marketSegmentID, sideTradeID: view.sideTradeID,
                    matchID: view.trdMatchID, tradeID: view.tradeID, orderID: view.orderID,
                    side: view.side, price: view.lastPx, quantity: view.lastQty,
                    leavesQty: view.leavesQty, executed: view.cumQty,
                    session: view.rootPartyIDSessionID, security: view.securityID,
                    time: view.transactTime)
            )
        }
        messageCount += 1
        let isNews = Self.isResent(message) || liveTrades.insert(number).inserted
        if let known = trades[number] {
            world.findings.check(
                "trades", known == trade && isNews,
                "session \(session): trade \(number) came twice, as \(known) and \(trade)")
        } else {
            trades[number] = trade
        }
        checkUnit(trade.session, message)
    }

    private func takeEvent(_ message: VenueMessage) {
        let (id, event) = message.with { ListenerEvent.read(message.template, $0) }
        guard let event else { return }
        messageCount += 1
        let isNews = Self.isResent(message) || liveEvents.insert(id).inserted
        if let known = events[id] {
            world.findings.check(
                "listener data", known == event && isNews,
                "session \(session): \(event) came twice, before as \(known)")
        } else {
            events[id] = event
            lastEvent = max(lastEvent, id)
        }
        noteWholeness()
        switch event {
        case .order(let state): checkUnit(state.session, message)
        case .deleted(_, let owner, _, _): checkUnit(owner, message)
        case .massDeleted(let deletion): checkUnit(deletion.session, message)
        case .marketDeleted, .service: break
        }
    }

    /// Nobody hears of another unit.
    private func checkUnit(_ owner: UInt32, _ message: VenueMessage) {
        world.findings.check(
            "privacy", unit == 0 || Int(owner) / 10_000 == unit,
            "session \(session) heard of session \(owner) in \(message.template)")
    }
}
