import Domain
import SimulatedPlatform
import Wire

/// Market operations: halts, resumes, closes, opens and ends the day, at random.
final class OperationsDesk {
    private unowned let world: World
    private var random: SeededRandom
    private var connection: ClientConnection?
    private var isLoggedOn = false
    private var pending = 0
    private var lastSent: UInt64 = 0
    private var lastHeard: UInt64 = 0
    var isQuiet = false

    init(world: World, random: SeededRandom) {
        self.world = world
        self.random = random
    }

    var isBusy: Bool { connection != nil && pending > 0 }

    func step() {
        guard world.scenario.mishaps.operations > 0 else { return }
        guard connection != nil else {
            guard !isQuiet else { return }
            connection = ClientConnection(
                world.orderNetwork.connect(), trace: world.trace(of: 90_000))
            lastHeard = world.clock.nanos
            pending = 0
            send(
                RequestFrames.logon(
                    session: 90_000, password: "session", heartbeatMillis: 10_000))
            return
        }
        while let message = connection?.nextMessage(world.findings) { take(message) }
        if connection?.socket.isAtEnd ?? false || world.clock.nanos > lastHeard + 40_000_000_000 {
            connection = nil
            isLoggedOn = false
            return
        }
        if world.clock.nanos > lastSent + 30_000_000 {
            connection?.send(RequestFrames.heartbeat())
            lastSent = world.clock.nanos
        }
        guard isLoggedOn, !isQuiet, pending == 0,
            random.chance(perMillion: world.scenario.mishaps.operations * 10)
        else { return }
        operate()
    }

    /// The venue is gone.
    func noteCrash() {
        connection = nil
        isLoggedOn = false
        pending = 0
    }

    private func send(_ bytes: [UInt8]) {
        connection?.send(bytes)
        connection?.nextNumber += 1
        pending += 1
        lastSent = world.clock.nanos
    }

    private func operate() {
        let data = world.scenario.configuration.market
        let instrument = random.pick(data.instruments)
        let product = data.products[instrument.product.index].marketSegmentID
        let number = connection?.nextNumber ?? 1
        // Codes of MarketStateAction: 1 halt, 2 resume, 3 end of day, 4 close, 5 open.
        let isOfInstrument = random.coin()
        let action: UInt8 = random.pick(isOfInstrument ? [1, 2, 2] : [1, 2, 2, 3, 4, 5, 5, 5])
        send(
            RequestFrames.marketState(
                number, action: action, product: product,
                instrument: isOfInstrument ? instrument.securityID : Null.i64))
    }

    private func take(_ message: VenueMessage) {
        lastHeard = world.clock.nanos
        switch message.template {
        case .logonResponse:
            isLoggedOn = true
            pending -= 1
        case .deleteAllOrderNRResponse, .reject: pending -= 1
        default: break
        }
    }
}
