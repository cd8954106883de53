import Archive
import SimulatedPlatform
import Streams
import Wire

/// How often a venue ended without a word, and what its disk lost by that.
public struct CrashCounts: Sendable, Equatable {
    /// The process ended.
    public var kills = 0
    /// The machine lost its power.
    public var powerCuts = 0
    public var losses = DiskLosses()

    public init() {}

    public var count: Int { kills + powerCuts }

    public static func += (sum: inout CrashCounts, other: CrashCounts) {
        sum.kills += other.kills
        sum.powerCuts += other.powerCuts
        sum.losses += other.losses
    }
}

// The end of a life and the next one.
extension World {
    /// What happened, where anybody may read it later.
    var archive: ArchiveFolder? { disk.map { ArchiveFolder(disk: $0, segmentBytes: 1 << 20) } }

    /// The venue's process ends between two duty cycles, or the machine loses its power; the next life
    /// begins at once and comes to rest before anybody trades.
    func crash(isPowerCut: Bool) throws {
        guard let disk, let process = venueProcess else { return }
        if !traced.isEmpty {
            print(clock.nanos, isPowerCut ? "the power is cut" : "the venue is killed")
        }
        history.hear(recorder.heard)
        keepHash(process.network)
        if isPowerCut {
            crashes.powerCuts += 1
            crashes.losses += disk.cutPower()
        } else {
            crashes.kills += 1
            crashes.losses += disk.kill()
        }
        try plantAtCrash(disk)
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
        if random.coin(), troubleSteps > 0 { endTrouble() }
        do {
            try startAgain(isPowerCut: isPowerCut)
        } catch {
            return findings.report("recovery", "the venue does not start again: \(error)")
        }
        for bot in bots { bot.prepareRest() }
        for office in offices { office.isQuiet = true }
        try settle()
        guard !isOver else { return }
        replay.begin(with: attentiveReceiver.book().book)
        recorder.isStrict = true
        Comparison(self).run()
        expectRestatement()
        if findings.isEmpty { try auditHistory() }
        for bot in bots { bot.endRest() }
        for office in offices { office.isQuiet = false }
        arrivals.forget()
    }

    private func forgetWhatWasTold() {
        history.forgetWhatWasTold()
        usedOrderIDs = []
        witness.forgetEverything()
        for office in offices { office.forgetEverything() }
        for bot in bots { bot.forgetEverything() }
    }

    /// What the restart told anew is what there is now that all is at rest.
    private func expectRestatement() {
        guard witness.gaps == 0, findings.isEmpty else { return }
        let resets = witness.events.compactMap { id, event in
            event == .service(event: 102, product: Null.i32) ? id.time : nil
        }
        guard let last = resets.max() else { return }
        for bot in bots { bot.expectRestatement(at: last) }
    }

    func noteSent(_ session: UInt32, _ clOrdID: UInt64, _ terms: OrderTerms) {
        guard disk != nil else { return }
        history.send(session, clOrdID, terms)
    }

    func tell(_ execID: UInt64, _ orderID: UInt64, leavesQty: Int64, executed: Int64) {
        guard disk != nil else { return }
        history.tell(execID, orderID, leavesQty: leavesQty, executed: executed)
    }

    /// All that anybody was told is in the history that a recovery makes.
    func auditHistory() throws {
        guard let archive, let process = venueProcess else { return }
        let events = try process.events()
        let identity = EventHistory(events.callerHeader)?.history ?? process.venue.genesis
        history.hear(recorder.heard)
        for event in witness.events.values {
            if case .order(let state) = event { history.hear([state.execID]) }
        }
        try history.check(
            archive, history: identity, scenario.configuration.market, findings)
    }
}
