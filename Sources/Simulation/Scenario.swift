import Domain
import Exchange
import Platform
import SimulatedPlatform

/// What a seed decides before anything runs: the market, its bounds, who trades how, and which faults
/// there are. Each seed switches features on and off, because most of what goes wrong together does so
/// when something else is absent.
struct Scenario {
    /// What bots do; a weight of 0 switches it off.
    struct Workload {
        var enter = 10
        var change = 4
        var delete = 3
        var deleteAll = 1
        var flawed = 1
        var marketOrders = false
        var immediateOrders = true
        var longForms = true
        var standardShare = 500_000
        var persistentShare = 300_000
        var onBehalf = false
        /// Prices lie so many ticks around the middle.
        var spreadTicks = 10
        var wildPrices = 0
        var quantityMax = 20
        /// Requests that may wait for their answers.
        var inFlightMax = 8
        /// Chance per million steps that a bot sends.
        var eagerness = 200_000
        var requestsPerSend = 4
        /// Chance per million steps that a bot asks for its own data again.
        var ownData = 0
    }

    /// Chances per million steps.
    struct Mishaps {
        var logouts = 0
        var closes = 0
        var resets = 0
        var vanishings = 0
        var stalls = 0
        var duplicateLogons = 0
        var wrongPasswords = 0
        var strangers = 0
        var operations = 0
        var clockSetBacks = 0
        var pauses = 0
        var dropCopyKills = 0
        var agentsLeftOut = 0
        var kills = 0
        var powerCuts = 0
        /// Times in which the disk does not do its part, and of which kinds.
        var diskTroubles = 0
        var troubleKinds: [DiskTrouble] = []
        /// Of a million ends of the venue so many leave one of its files damaged.
        var damages = 0
    }

    private(set) var configuration: Configuration
    let mode: Simulation.Mode
    var disk = DiskFaults()
    var workload = Workload()
    var mishaps = Mishaps()
    var network = NetworkFaults()
    var listenerNetwork = NetworkFaults()
    /// Datagrams lost, per million.
    var lostDatagrams = 0
    /// Time from step to step, in nanoseconds.
    var stepNanos: ClosedRange<UInt64> = 1_000...20_000
    var nanosPerReading: UInt64 = 0
    /// Steps from one full comparison to the next.
    var stepsPerRound: ClosedRange<Int> = 200...1_500
    /// Of the trading sessions, two for each unit.
    let tradingSessions: [UInt32]

    /// `mode` nil lets the seed decide what is kept.
    init(_ random: inout SeededRandom, mode: Simulation.Mode?, canary: Canary? = nil) {
        // What was added later has numbers of its own, so that it changes nothing where it is off.
        var copy = random
        var more = SeededRandom(seed: ~copy.next())
        let drawn = random.pick(Simulation.Mode.allCases)
        self.mode = mode ?? drawn
        let products = random.pick(1...2)
        let instruments = random.pick(1...3)
        let units = random.pick(1...3)
        configuration = Self.configuration(
            &random, products: products, instruments: instruments, units: units)
        tradingSessions = configuration.market.sessions.filter { $0.kind == .trading }.map(\.id)
        decideWorkload(&random)
        decideMishaps(&random)
        decideStorage(&random)
        workload.ownData = more.pick([0, 0, 500, 20_000])
        mishaps.diskTroubles = more.pick([0, 0, 1_000, 5_000])
        mishaps.troubleKinds = DiskTrouble.allCases.filter { _ in more.coin() }
        mishaps.damages = more.pick([0, 0, 500_000])
        plant(canary)
        stepNanos = random.pick([200...2_000, 1_000...20_000, 10_000...500_000])
        nanosPerReading = random.pick([0, 0, 7, 150])
        stepsPerRound = random.pick([50...200, 200...1_500, 1_000...4_000])
    }

    /// No troubles of the disk, and no damaged files.
    mutating func makeDiskSound() {
        mishaps.diskTroubles = 0
        mishaps.damages = 0
    }

    private mutating func decideWorkload(_ random: inout SeededRandom) {
        workload.change = random.pick([0, 4, 10])
        workload.delete = random.pick([0, 3, 6])
        workload.deleteAll = random.pick([0, 1, 3])
        workload.flawed = random.pick([0, 1, 4])
        workload.marketOrders = random.coin()
        workload.immediateOrders = random.coin()
        workload.longForms = random.coin()
        workload.standardShare = random.pick([0, 500_000, 1_000_000])
        workload.persistentShare = random.pick([0, 300_000, 1_000_000])
        workload.onBehalf = random.coin()
        workload.spreadTicks = random.pick([1, 4, 10, 40, 400])
        workload.wildPrices = random.pick([0, 0, 20_000])
        workload.quantityMax = random.pick([1, 5, 20, 200])
        workload.inFlightMax = random.pick([1, 4, 16, 200])
        workload.eagerness = random.pick([20_000, 200_000, 800_000])
        workload.requestsPerSend = random.pick([1, 4, 30])
    }

    private mutating func decideMishaps(_ random: inout SeededRandom) {
        func rate(_ random: inout SeededRandom, _ perMillion: Int) -> Int {
            random.pick([0, 0, perMillion, perMillion * 5])
        }
        mishaps.logouts = rate(&random, 100)
        mishaps.closes = rate(&random, 100)
        mishaps.resets = rate(&random, 100)
        mishaps.vanishings = rate(&random, 40)
        mishaps.stalls = rate(&random, 60)
        mishaps.duplicateLogons = rate(&random, 60)
        mishaps.wrongPasswords = rate(&random, 60)
        mishaps.strangers = rate(&random, 100)
        mishaps.operations = rate(&random, 300)
        mishaps.clockSetBacks = rate(&random, 100)
        mishaps.pauses = rate(&random, 50)
        mishaps.dropCopyKills = rate(&random, 100)
        mishaps.agentsLeftOut = random.pick([0, 100_000, 500_000])
        network.delayNanos = random.pick([0...0, 1_000...50_000, 0...3_000_000])
        network.piecesMax = random.pick([1, 2, 6])
        network.joins = random.pick([0, 500_000, 1_000_000])
        network.resets = random.pick([0, 0, 20])
        network.windowBytes = random.pick([2_048, 16_384, 1 << 20])
        listenerNetwork = network
        listenerNetwork.resets = random.pick([0, 0, 50])
        lostDatagrams = random.pick([0, 0, 0, 5_000])
    }

    /// Bugs of what is kept show themselves in crashes alone.
    private mutating func plant(_ canary: Canary?) {
        switch canary {
        case .lostSync:
            disk.lostSyncs = 1_000_000
            mishaps.powerCuts = 4_000
        case .ungatedEvent:
            configuration.durability.mode = .async
            disk.writeNanos = 0...2_000_000
            mishaps.powerCuts = 4_000
        case .answerBeforeRing:
            disk.writeNanos = 0...2_000_000
            mishaps.kills = 4_000
            mishaps.powerCuts = 0
        case .tornTail: mishaps.powerCuts = 4_000
        // What is planted on the disk is not to be found for another reason.
        case .incompleteSnapshot, .lostRestatement: mishaps.damages = 0
        default: break
        }
        switch canary {
        case .wrongResent: workload.ownData = 20_000
        case .lostRestatement:
            mishaps.kills = 4_000
            mishaps.powerCuts = 0
            workload.persistentShare = 1_000_000
            workload.standardShare = 1_000_000
            workload.ownData = 20_000
        case .incompleteSnapshot:
            mishaps.kills = 4_000
            mishaps.powerCuts = 0
            workload.standardShare = 1_000_000
            workload.persistentShare = 1_000_000
            configuration.durability.snapshotEveryCommands = 20
        default: break
        }
    }

    private mutating func decideStorage(_ random: inout SeededRandom) {
        disk.writeNanos = random.pick([0...0, 1_000...80_000, 0...2_000_000])
        disk.stalls = random.pick([0, 0, 2_000])
        disk.stallNanos = 1_000_000...100_000_000
        let interval = random.pick([1, 20])
        let snapshots = random.pick([20, 300, 5_000])
        let kills = random.pick([0, 500, 2_000])
        let powerCuts = random.pick([0, 500, 2_000])
        guard mode != .none else { return }
        mishaps.kills = kills
        mishaps.powerCuts = powerCuts
        configuration.durability.dataDirectory = "simulated"
        configuration.durability.mode = mode == .sync ? .sync : .async
        configuration.durability.segmentMebibytes = 1
        configuration.durability.syncIntervalMillis = interval
        configuration.durability.snapshotEveryCommands = snapshots
    }

    private static func configuration(
        _ random: inout SeededRandom, products: Int, instruments: Int, units: Int
    ) -> Configuration {
        let market = ReferenceData(
            marketID: 1, partitionID: 1, organisation: "SIM",
            products: (0..<products).map(product),
            instruments: (0..<instruments).map { instrument($0, products: products) },
            units: (1...units).map(businessUnit), sessions: sessions(&random, units: units))
        var feed = FeedSettings()
        feed.snapshotIntervalMillis = random.pick([1, 50])
        feed.snapshotPacketsPerSecond = 100_000
        feed.publicFirst = random.below(4) == 0 ? .strict : .bestEffort
        return Configuration(market: market, limits: limits(&random), feed: feed)
    }

    private static func product(_ index: Int) -> Product {
        Product(
            marketSegmentID: Int32(100 * (index + 1)), name: "P\(index + 1)",
            tick: Price(raw: index == 0 ? Price.unit / 2 : Price.unit / 100),
            lot: Quantity(units: 1), maximumQuantity: Quantity(units: 1_000))
    }

    private static func instrument(_ index: Int, products: Int) -> Instrument {
        let product = index % products
        return Instrument(
            securityID: Int64(1_000 * (product + 1) + index + 1), name: "I\(index + 1)",
            product: ProductIndex(product))
    }

    private static func businessUnit(_ unit: Int) -> BusinessUnit {
        let traders = [1, 2].map { trader in
            Trader(
                id: TraderID(raw: UInt32(unit * 10 + trader)), name: "TRD\(unit)\(trader)",
                passwordHash: "trader")
        }
        return BusinessUnit(id: UInt32(unit), name: "UNIT\(unit)", traders: traders)
    }

    /// Two trading sessions and a back office for each unit, and market operations.
    private static func sessions(
        _ random: inout SeededRandom, units: Int
    ) -> [SessionDefinition] {
        var sessions: [SessionDefinition] = []
        for unit in 1...units {
            for number in 1...2 {
                var session = SessionDefinition(
                    id: UInt32(unit * 10_000 + number), kind: .trading, unit: UnitIndex(unit - 1),
                    passwordHash: "session")
                if random.below(6) == 0 {
                    session.throttle = ThrottleLimits(
                        messagesMax: 20, intervalMillis: 1, disconnectLimit: 30)
                }
                session.cancelsPersistentOnDisconnect = random.below(5) == 0
                sessions.append(session)
            }
            sessions.append(
                SessionDefinition(
                    id: UInt32(90_000 + unit), kind: .backOffice, unit: UnitIndex(unit - 1),
                    passwordHash: "session"))
        }
        sessions.append(
            SessionDefinition(
                id: 90_000, kind: .operations, unit: .none, passwordHash: "session"))
        return sessions
    }

    /// Small, so that each is reached in some runs.
    private static func limits(_ random: inout SeededRandom) -> VenueLimits {
        var limits = VenueLimits()
        limits.orderCapacity = random.pick([8, 60, 2_000])
        limits.orderDetailsCapacity = random.pick([1, 20, 2_000])
        limits.pricePageCapacity = random.pick([2, 8, 256])
        limits.connectionCapacity = 48
        limits.unreadBytesMax = 160 << 10
        limits.unsentBytesMax = 160 << 10
        limits.slowConsumerSeconds = 1
        limits.logonTimeoutSeconds = 1
        limits.massCancelSlice = random.pick([1, 3, 64])
        limits.eventRingCapacity = random.pick([2_048, 16_384, 65_536])
        return limits
    }
}
