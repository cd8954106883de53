import Domain
import SimulatedPlatform
import Wire

/// A trading program of one session: connects, trades at random, loses its connection, comes back.
///
/// What it knows of its orders comes from its own requests and the answers to them.
final class TradingBot {
    enum State { case away, loggingOn, active, leaving }

    let session: UInt32
    let unit: Int
    let trader: UInt32
    /// As the venue would not have it: its messages are not judged.
    let cancelsPersistent: Bool
    unowned let world: World
    var random: SeededRandom
    var findings: Findings { world.findings }

    var state = State.away
    var connection: ClientConnection?
    var pending: [SentRequest] = []
    var orders: [UInt64: OwnOrder] = [:]
    /// Entries of which nobody knows whether they arrived.
    var lostEntries: [UInt64: (terms: OrderTerms, sentAt: UInt64)] = [:]
    var nextClOrdID: UInt64 = 1
    /// Steps until the next attempt to connect.
    var rest = 0
    /// When the present connection was begun.
    var connectedAt: UInt64 = 0
    var lastHeard: UInt64 = 0
    var lastSent: UInt64 = 0
    var stallSteps = 0
    /// Since the last round: nothing came between it and the venue.
    var wasConnectedThroughout = false
    /// Trades told since the last round, by FillExecID.
    var toldFills: [FillKey: TradeFill] = [:]
    var lastExecID: UInt64 = 0
    var lastApplMsgID: [UInt8] = []
    var heartbeatMillis: UInt32 = 0
    var isQuiet = false
    /// What it was told of its own data, and what it is asking again of it.
    var record = SessionRecord()
    var fetch: SessionFetch?
    /// Since when it is logged on, and what it was told last before.
    var logonTime: UInt64 = 0
    var lastBeforeLogon = MessageID()
    /// Behind this it was told of everything from before the logon, for it asked for it.
    var caughtUpBehind: MessageID?
    var restatement: Restatement?
    var expectedRestatement: Restatement?
    var asksForOwnData: Bool { world.scenario.workload.ownData > 0 }
    /// An earlier connection that was not closed: a newcomer is to replace it.
    var abandoned: [ClientConnection] = []

    struct FillKey: Hashable {
        var product: Int32
        var executionID: UInt32
    }

    init(session: UInt32, unit: Int, world: World, random: SeededRandom) {
        self.session = session
        self.unit = unit
        self.world = world
        self.random = random
        trader = UInt32(unit * 10 + 1)
        cancelsPersistent = world.scenario.configuration.market.sessions.contains {
            $0.id == session && $0.cancelsPersistentOnDisconnect
        }
    }

    var liveOrders: [OwnOrder] {
        orders.values.filter(\.isLive).sorted { $0.orderID < $1.orderID }
    }

    /// All that was asked is answered, and nobody is on the way in or out.
    var isSettled: Bool {
        switch state {
        case .away: true
        case .active: pending.isEmpty && stallSteps == 0 && fetch == nil
        case .loggingOn, .leaving: false
        }
    }

    // MARK: One step

    func step() {
        if stallSteps > 0 {
            stallSteps -= 1
            if stallSteps == 0 { connection?.socket.isStalled = false }
        }
        readAll()
        switch state {
        case .away:
            guard !isQuiet else { return }
            rest -= 1
            if rest <= 0 { connect() }
        case .active:
            keepAlive()
            if !isQuiet { meetMishaps() }
            if random.chance(perMillion: world.scenario.workload.ownData) { askForOwnData() }
            if state == .active, !isQuiet,
                random.chance(perMillion: world.scenario.workload.eagerness)
            {
                for _ in 0..<random.pick(1...world.scenario.workload.requestsPerSend) {
                    guard pending.count < world.scenario.workload.inFlightMax else { break }
                    makeRequest()
                }
            }
        case .loggingOn, .leaving: keepAlive()
        }
        // Whoever hears nothing at all has lost the venue without being told.
        if state != .away, world.clock.nanos > lastHeard + 40_000_000_000 {
            connection?.socket.vanish()
            lose("silence")
        }
    }

    private func connect() {
        connectedAt = world.clock.nanos
        lastHeard = connectedAt
        connection = ClientConnection(world.orderNetwork.connect(), trace: world.trace(of: session))
        state = .loggingOn
        lastBeforeLogon = record.last
        caughtUpBehind = nil
        heartbeatMillis = random.pick([0, 1_000, 3_000])
        let isWrong = random.chance(perMillion: world.scenario.mishaps.wrongPasswords * 100)
        send(
            RequestFrames.logon(
                session: session, password: isWrong ? "wrong" : "session",
                heartbeatMillis: heartbeatMillis),
            SentRequest(number: 1, kind: .session, isFlawed: isWrong))
        guard !isWrong else { return }
        send(
            RequestFrames.userLogin(2, trader: trader), SentRequest(number: 2, kind: .session))
    }

    func send(_ bytes: [UInt8], _ request: SentRequest) {
        guard connection != nil else { return }
        var request = request
        connection?.send(bytes)
        connection?.nextNumber = request.number + 1
        request.endOffset = connection?.sentBytes ?? 0
        request.sentAt = world.clock.nanos
        if case .enter(let terms) = request.kind {
            world.noteSent(session, request.clOrdID, terms)
        }
        pending.append(request)
        lastSent = world.clock.nanos
    }

    private func keepAlive() {
        guard world.clock.nanos > lastSent + 30_000_000, connection != nil else { return }
        connection?.send(RequestFrames.heartbeat())
        lastSent = world.clock.nanos
    }

    private func meetMishaps() {
        let mishaps = world.scenario.mishaps
        if random.chance(perMillion: mishaps.logouts) {
            let number = connection?.nextNumber ?? 1
            send(RequestFrames.logout(number), SentRequest(number: number, kind: .session))
            state = .leaving
        } else if random.chance(perMillion: mishaps.closes) {
            connection?.socket.close()
            lose("closed")
        } else if random.chance(perMillion: mishaps.resets) {
            connection?.socket.reset()
            lose("reset")
        } else if random.chance(perMillion: mishaps.vanishings) {
            connection?.socket.vanish()
            lose("vanished")
        } else if random.chance(perMillion: mishaps.duplicateLogons), let connection {
            // The newcomer replaces this one, which hears so and is no longer listened to.
            abandoned.append(connection)
            lose("abandoned")
            rest = 0
        } else if random.chance(perMillion: mishaps.stalls) {
            connection?.socket.isStalled = true
            stallSteps = random.pick([10, 1_000, 20_000])
        }
    }

    /// The connection is over. What was not answered may have been done, or not.
    func lose(_ why: String) {
        world.trace(of: session)?.tell("is without a connection: \(why)")
        for request in pending {
            if case .enter(let terms) = request.kind {
                lostEntries[request.clOrdID] = (terms, request.sentAt)
            }
        }
        pending = []
        fetch = nil
        restatement = nil
        connection = nil
        state = .away
        stallSteps = 0
        wasConnectedThroughout = false
        rest = random.pick([0, 5, 100, 1_000])
        for (orderID, order) in orders where order.isLive {
            if order.isPersistent, !cancelsPersistent {
                orders[orderID]?.isUnsure = true
            } else {
                // The venue deletes it step by step, and until then it may still trade.
                orders[orderID]?.isLive = false
                orders[orderID]?.isUnsure = true
            }
        }
    }

    // MARK: What comes

    private func readAll() {
        while let message = connection?.nextMessage(findings) {
            lastHeard = world.clock.nanos
            for message in world.canary.tamper(message, session: session) {
                take(message)
                if connection == nil { return }
            }
            guard findings.isEmpty else { return }
        }
        if let connection, connection.socket.isAtEnd { lose("ended by the venue") }
        for index in abandoned.indices.reversed() {
            while abandoned[index].nextMessage(findings) != nil {}
            if abandoned[index].socket.isAtEnd || abandoned.count > 4 {
                abandoned[index].socket.close()
                abandoned.remove(at: index)
            }
        }
    }
}
