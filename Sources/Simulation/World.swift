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
    private(set) var history = HistoryAudit()
    private(set) var crashes = 0
    private(set) var venueProcess: VenueProcess?
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
    private var attentiveReceiver: FeedReceiver
    var arrivals = Arrivals()
    var usedOrderIDs: Set<UInt64> = []
    private(set) var stepCount = 0
    private(set) var rounds = 0
    /// Every byte that left the venue and the drop copy.
    private(set) var outbound = ContentHash()
    private var dropCopyRest = 0
    /// What the ring's file was some steps ago, for a planted bug.
    private var earlierRing: [UInt8]?
    private static let ringPath = "commands.ring"
    /// Sessions whose messages are printed.
    private let traced: Set<UInt32>

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

    private func startVenue() throws {
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
            for _ in 0..<steps where findings.isEmpty {
                try step()
                untilRound -= 1
                if untilRound <= 0 {
                    try compare()
                    untilRound = random.pick(scenario.stepsPerRound)
                }
            }
            if findings.isEmpty { try compare() }
            finishHash()
        }
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

    private func endDropCopy() {
        guard let process = dropCopyProcess else { return }
        keepHash(process.network)
        process.network.breakAll()
        dropCopyProcess = nil
    }

    // MARK: Rest

    /// Bots pause until nothing is on its way, and what everybody knows is compared.
    private func compare() throws {
        rounds += 1
        for bot in bots { bot.prepareRest() }
        for office in offices { office.isQuiet = true }
        try settle()
        if findings.isEmpty { Comparison(self).run() }
        if findings.isEmpty { try auditHistory() }
        for bot in bots { bot.endRest() }
        for office in offices { office.isQuiet = false }
        arrivals.forget()
    }

    private func settle() throws {
        var idle = 0
        var heard = 0
        operations.isQuiet = true
        defer { operations.isQuiet = false }
        for _ in 0..<4_000 {
            clock.advance(nanos: idle > 20 ? 50_000_000 : 500_000)
            if dropCopyProcess == nil { try startDropCopy() }
            stepProcesses()
            operations.step()
            for bot in bots { bot.step() }
            for office in offices { office.step() }
            witness.step()
            guard findings.isEmpty else { return }
            // A slice of a mass cancel may follow the last one by a duty cycle or two, and timers of
            // the venue are looked at every two milliseconds.
            let hearing = (offices + [witness]).reduce(recorder.messageCount) {
                $0 + $1.trades.count + $1.events.count
            }
            idle = hearing == heard && isSettled ? idle + 1 : 0
            heard = hearing
            // A lost session that the venue has yet to notice keeps its orders until then.
            if venueProcess?.network.hasUnnoticedEnds ?? false { idle = min(idle, 21) }
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

    private func keepHash(_ network: SimulatedNetwork) { outbound.add(network.outputHash.value) }

    private func finishHash() {
        if let venueProcess { keepHash(venueProcess.network) }
        if let dropCopyProcess { keepHash(dropCopyProcess.network) }
    }

    func takeRestatement(_ message: VenueMessage, bot: TradingBot) {
        findings.check(
            "session \(bot.session)", crashes > 0,
            "an order was restated though the venue never ended")
    }
}

// MARK: - The end of a life and the next one

extension World {
    /// What happened, where anybody may read it later.
    var archive: ArchiveFolder? { disk.map { ArchiveFolder(disk: $0, segmentBytes: 1 << 20) } }

    /// The venue's process ends between two duty cycles, or the machine loses its power; the next life
    /// begins at once and comes to rest before anybody trades.
    private func crash(isPowerCut: Bool) throws {
        guard let disk, let process = venueProcess else { return }
        crashes += 1
        if !traced.isEmpty {
            print(clock.nanos, isPowerCut ? "the power is cut" : "the venue is killed")
        }
        history.hear(recorder.heard)
        keepHash(process.network)
        if isPowerCut { disk.cutPower() } else { disk.kill() }
        if canary.canary?.mode != nil { canary.strikeAtCrash() }
        if canary.canary == .answerBeforeRing, let earlierRing {
            disk.setContents(of: Self.ringPath, to: earlierRing)
        }
        process.network.breakAll()
        venueProcess = nil
        if isPowerCut {
            endDropCopy()
            library.lose()
            for office in offices + [witness] { office.noteLostFiles() }
            // What was not on stable storage may be gone, and nobody was promised otherwise.
            if scenario.mode == .async { forgetWhatWasTold() }
        }
        operations.noteCrash()
        recorder = FeedRecorder(findings)
        recorder.isStrict = false
        recorder.beginsAnywhere = true
        attentiveReceiver = FeedReceiver(findings)
        clock.advance(nanos: random.pick(1_000...1_000_000_000))
        do {
            try startVenue()
        } catch {
            return findings.report("recovery", "the venue does not start again: \(error)")
        }
        for bot in bots { bot.prepareRest() }
        for office in offices { office.isQuiet = true }
        try settle()
        guard findings.isEmpty else { return }
        replay.begin(with: attentiveReceiver.book().book)
        recorder.isStrict = true
        Comparison(self).run()
        if findings.isEmpty { try auditHistory() }
        for bot in bots { bot.endRest() }
        for office in offices { office.isQuiet = false }
        arrivals.forget()
    }

    private func forgetWhatWasTold() {
        history = HistoryAudit()
        usedOrderIDs = []
        witness.forgetEverything()
        for office in offices { office.forgetEverything() }
        for bot in bots { bot.forgetEverything() }
    }

    func tell(_ execID: UInt64, _ orderID: UInt64, leavesQty: Int64, executed: Int64) {
        guard disk != nil else { return }
        history.tell(execID, orderID, leavesQty: leavesQty, executed: executed)
    }

    /// All that anybody was told is in the history that a recovery makes.
    private func auditHistory() throws {
        guard let archive, let process = venueProcess else { return }
        let events = try process.events()
        let identity = EventHistory(events.callerHeader)?.history ?? process.venue.genesis
        history.hear(recorder.heard)
        for event in witness.events.values {
            if case .order(let state) = event { history.hear([state.execID]) }
        }
        try history.check(archive, history: identity, findings)
    }
}
