import Archive
import Domain
import Platform
import PublicBooks
import SimulatedPlatform
import Streams

/// A venue with everybody around it, on one thread, from one seed.
///
/// ```
///  bots ── SimulatedNetwork ──▶ venue ──▶ event ring ──▶ drop copy ── SimulatedNetwork ──▶ back offices
///                                 └──▶ datagrams ──▶ recorder, receiver
/// ```
///
/// Time passes from step to step. Every so often bots pause, all comes to rest, and what everybody was
/// told is compared.
final class World {
    let scenario: Scenario
    let clock = SimulatedClock()
    let findings = Findings()
    let canary: CanaryInstance
    var random: SeededRandom

    /// What the venue keeps its history on; nil where it keeps none.
    let disk: SimulatedDisk?
    var history = HistoryAudit()
    var crashes = CrashCounts()
    var venueProcess: VenueProcess?
    private(set) var dropCopyProcess: DropCopyProcess?
    private(set) lazy var venues = SimulatedVenues(self)
    let library = SimulatedLibrary()

    private(set) var bots: [TradingBot] = []
    private(set) var offices: [BackOffice] = []
    private(set) lazy var witness = BackOffice(
        session: 90_000, unit: 0, world: self, random: random.fork(), isReliable: true)
    private(set) lazy var operations = OperationsDesk(world: self, random: random.fork())
    let replay: PublicReplay
    var recorder: FeedRecorder
    var receiver: FeedReceiver
    /// The same without a loss.
    var attentiveReceiver: FeedReceiver
    var arrivals = Arrivals()
    var usedOrderIDs: Set<UInt64> = []
    private(set) var stepCount = 0
    private(set) var rounds = 0
    /// Every byte that left the venue and the drop copy.
    private(set) var outbound = ContentHash()
    private var dropCopyRest = 0
    /// Steps until the disk is in order again; 0 while it is.
    var troubleSteps = 0
    var troubleOverAt: UInt64 = 0
    /// How long whoever waits for the disk may go on waiting then.
    var recoveryNanos: UInt64 = 0
    /// Writes may have failed since the disk was last known to be in order.
    var writesFailed = false
    /// How often the disk did not do its part.
    var troubles = 0
    var damages = 0
    /// What the ring's file was some steps ago, for a planted bug.
    private(set) var earlierRing: [UInt8]?
    static let ringPath = "commands.ring"
    /// Sessions whose messages are printed.
    let traced: Set<UInt32>

    init(_ scenario: Scenario, random: SeededRandom, canary: Canary?, traced: Set<UInt32> = [])
        throws
    {
        var random = random
        self.scenario = scenario
        self.traced = traced
        self.canary = CanaryInstance(canary, seed: random.next())
        self.random = random
        replay = PublicReplay(findings)
        recorder = FeedRecorder(findings)
        receiver = FeedReceiver(findings)
        attentiveReceiver = FeedReceiver(findings)
        disk =
            scenario.mode == .none ? nil : SimulatedDisk(seed: self.random.next(), clock: clock)
        disk?.faults = scenario.disk
        clock.nanosPerReading = scenario.nanosPerReading
        try clock.use {
            try startVenue()
            try startDropCopy()
        }
        for session in scenario.tradingSessions {
            bots.append(
                TradingBot(
                    session: session, unit: Int(session) / 10_000, world: self,
                    random: self.random.fork()))
        }
        for session in scenario.configuration.market.sessions where session.kind == .backOffice {
            offices.append(
                BackOffice(
                    session: session.id, unit: Int(session.id) - 90_000, world: self,
                    random: self.random.fork(), isReliable: false))
        }
    }

    var orderNetwork: SimulatedNetwork {
        guard let venueProcess else { preconditionFailure("a client connects while a venue runs") }
        return venueProcess.network
    }

    var listenerNetwork: SimulatedNetwork? { dropCopyProcess?.network }

    func trace(of session: UInt32) -> Trace? {
        traced.contains(session) ? Trace(session: session, clock: clock) : nil
    }

    func startVenue() throws {
        let process = try VenueProcess(self, seed: random.next())
        process.network.onConsume = { [unowned self] socket, bytes in
            arrivals.note(socket, bytes: bytes)
        }
        venueProcess = process
    }

    private func startDropCopy() throws {
        dropCopyProcess = try DropCopyProcess(self, seed: random.next())
    }

    // MARK: Steps

    /// Lets so many steps go by, with a comparison every so often and one at the end. Returns early
    /// when something is wrong.
    func run(steps: Int) throws {
        try clock.use {
            var untilRound = random.pick(scenario.stepsPerRound)
            for _ in 0..<steps where !isOver {
                try step()
                untilRound -= 1
                if untilRound <= 0, !isOver {
                    try compare()
                    untilRound = random.pick(scenario.stepsPerRound)
                }
            }
            if !isOver { try compare() }
            finishHash()
        }
    }

    /// Something is wrong, or the publisher was left behind by a whole event ring: then the public was not
    /// told of all trades, and there is nothing left to hold the others against.
    var isOver: Bool { !findings.isEmpty || feedHasLoss }

    /// It is not to say so without reason.
    private var feedHasLoss: Bool {
        guard recorder.wasToldOfLoss else { return false }
        let overruns = venueProcess?.venue.marketDataCounters?.overruns ?? 0
        return findings.check("feed", overruns > 0, "a number was left out, and nothing lost")
    }

    private func step() throws {
        stepCount += 1
        clock.advance(nanos: random.pick(scenario.stepNanos))
        let mishaps = scenario.mishaps
        if random.chance(perMillion: mishaps.clockSetBacks) {
            clock.setBack(nanos: random.pick(1_000...5_000_000))
        }
        if random.chance(perMillion: mishaps.pauses) {
            clock.advance(nanos: random.pick(1_000_000...200_000_000))
        }
        if random.chance(perMillion: mishaps.dropCopyKills) { killDropCopy() }
        if dropCopyProcess == nil {
            dropCopyRest -= 1
            if dropCopyRest <= 0 { try startDropCopy() }
        }
        if random.chance(perMillion: mishaps.kills) { try crash(isPowerCut: false) }
        if random.chance(perMillion: mishaps.powerCuts) { try crash(isPowerCut: true) }
        guard findings.isEmpty else { return }
        if canary.canary == .answerBeforeRing, stepCount % 16 == 0 {
            earlierRing = disk?.contents(of: Self.ringPath)
        }
        stepDisk()
        operations.step()
        stepProcesses(leavingOut: mishaps.agentsLeftOut)
        for bot in bots { bot.step() }
        for office in offices { office.step() }
        witness.step()
    }

    /// A duty cycle of every agent, of which some may be late.
    @discardableResult
    private func stepProcesses(leavingOut perMillion: Int = 0) -> Int {
        var work = 0
        if let venue = venueProcess?.venue {
            for index in 0..<venue.steppedAgentCount
            where !random.chance(perMillion: perMillion) {
                work += venue.step(agent: index, now: clock.now)
            }
        }
        hearNotices()
        if !random.chance(perMillion: perMillion) {
            work += dropCopyProcess?.step(now: clock.now) ?? 0
        }
        if let failure = dropCopyProcess?.failure { findings.report("drop copy", failure) }
        return work
    }

    private func killDropCopy() {
        endDropCopy()
        dropCopyRest = random.pick(1...400)
    }

    func endDropCopy() {
        guard let process = dropCopyProcess else { return }
        keepHash(process.network)
        process.network.breakAll()
        dropCopyProcess = nil
    }

    // MARK: Rest

    /// Bots pause until nothing is on its way, and what everybody knows is compared.
    private func compare() throws {
        rounds += 1
        endTrouble()
        for bot in bots { bot.prepareRest() }
        for office in offices { office.isQuiet = true }
        try settle()
        if !isOver { Comparison(self).run() }
        if !isOver { try auditHistory() }
        for bot in bots { bot.endRest() }
        for office in offices { office.isQuiet = false }
        arrivals.forget()
    }

    func settle() throws {
        var idle = 0
        var heard = 0
        var connected = 0
        operations.isQuiet = true
        defer { operations.isQuiet = false }
        var left = 4_000
        while left > 0 {
            left -= 1
            clock.advance(nanos: idle > 20 ? 50_000_000 : 500_000)
            if dropCopyProcess == nil { try startDropCopy() }
            let work = stepProcesses()
            operations.step()
            for bot in bots { bot.step() }
            for office in offices { office.step() }
            witness.step()
            guard !isOver else { return }
            // A slice of a mass cancel may follow the last one by a duty cycle or two, and timers of
            // the venue are looked at every two milliseconds.
            let hearing = (offices + [witness]).reduce(recorder.messageCount) {
                $0 + $1.messageCount
            }
            // After a restart the archive may be made again, hundreds of commands a cycle.
            let stillConnected = bots.count { $0.state != .away }
            let isQuiet = hearing == heard && stillConnected == connected && work < 64
            idle = isQuiet && isSettled ? idle + 1 : 0
            connected = stillConnected
            // Whoever hears of a long history again takes his time.
            if hearing > heard || work >= 64 { left = 4_000 }
            heard = hearing
            // A lost session that the venue has yet to notice keeps its orders until then.
            if venueProcess?.network.hasUnnoticedEnds ?? false { idle = min(idle, 21) }
            if isDiskRecovering {
                // That ends by itself, and may outlast so many turns.
                if idle > 20 { left += 1 }
                idle = min(idle, 21)
            }
            if idle > 40 { return }
        }
        findings.report(
            "rest",
            "the venue does not come to rest: bots "
                + bots.map { "\($0.session) \($0.state) \($0.pending.count)" }
                .joined(separator: ", ") + "; offices "
                + (offices + [witness]).map { "\($0.session) \($0.isSettled)" }
                .joined(separator: ", ") + "; operations \(operations.isBusy)")
    }

    private var isSettled: Bool {
        !operations.isBusy && bots.allSatisfy(\.isSettled) && offices.allSatisfy(\.isSettled)
            && witness.isSettled
    }

    // MARK: What leaves

    func takeDatagram(_ packet: [UInt8], _ channel: FeedChannel) {
        packet.withUnsafeBytes { outbound.add($0) }
        guard let packet = canary.tamper(packet, channel) else { return }
        if channel == .incremental { recorder.take(packet) }
        attentiveReceiver.take(packet, channel)
        guard !random.chance(perMillion: scenario.lostDatagrams) else { return }
        receiver.take(packet, channel)
    }

    func keepHash(_ network: SimulatedNetwork) { outbound.add(network.outputHash.value) }

    private func finishHash() {
        if let venueProcess { keepHash(venueProcess.network) }
        if let dropCopyProcess { keepHash(dropCopyProcess.network) }
    }

    func takeRestatement(_ message: VenueMessage, bot: TradingBot) {
        findings.check(
            "session \(bot.session)", crashes.count > 0,
            "an order was restated though the venue never ended")
    }
}
