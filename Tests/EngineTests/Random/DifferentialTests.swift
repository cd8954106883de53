import Domain
import Glibc
import Testing

/// Random days, engine against reference, event by event and book by book.
@Suite("Engine and naive reference agree")
struct DifferentialTests {
    /// `APUS_RANDOM_COMMANDS` says how many commands in all; `APUS_RANDOM_SEED` where seeds begin.
    static var commandCount: Int {
        if let text = getenv("APUS_RANDOM_COMMANDS"), let count = Int(String(cString: text)) {
            return count
        }
        #if DEBUG
            return 50_000
        #else
            return 1_000_000
        #endif
    }

    static var firstSeed: UInt64 {
        guard let text = getenv("APUS_RANDOM_SEED") else { return 1 }
        return UInt64(String(cString: text)) ?? 1
    }

    @Test("Random commands have the same effects in both", arguments: Profile.all)
    func randomCommands(profile: Profile) {
        var left = DifferentialTests.commandCount / Profile.all.count
        var seed = DifferentialTests.firstSeed
        while left > 0 {
            let count = min(left, profile.runLength)
            var run = RandomRun(profile: profile, seed: seed)
            if let failure = run.failure(commands: count) {
                Issue.record("\(failure)")
                return
            }
            left -= count
            seed += 1
        }
    }

    @Test("The random days reach every corner of the rules")
    func coverage() {
        var seen: Set<String> = []
        for (profile, count) in zip(
            Profile.all, [4_000, 12_000, 4_000, 4_000, 4_000, 4_000, 24_000, 6_000])
        {
            var run = RandomRun(profile: profile, seed: 1)
            if let failure = run.failure(commands: count) { Issue.record("\(failure)") }
            seen.formUnion(run.corners)
        }
        for corner in RandomRun.cornersToReach where !seen.contains(corner) {
            Issue.record("never seen: \(corner)")
        }
    }
}

/// One random day of one seed.
struct RandomRun {
    let profile: Profile
    let seed: UInt64
    /// Kinds of events, refusals and special situations that came up.
    private(set) var corners: Set<String> = []

    init(profile: Profile, seed: UInt64) {
        self.profile = profile
        self.seed = seed
    }

    #if DEBUG
        /// An audit takes a hundred times longer in a debug build.
        static let auditInterval = 10
    #else
        static let auditInterval = 1
    #endif

    /// How often whole books are compared, and not only the instrument at hand.
    static let fullComparisonInterval = 500

    /// Runs the day; returns what went wrong, in words.
    mutating func failure(commands count: Int) -> String? {
        let engine = EngineHarness(profile.shape)
        var reference = NaiveExchange(profile.shape)
        var generator = CommandGenerator(profile: profile, seed: seed)
        var witness = EventWitness(profile.shape.referenceData)
        var history = History()
        for number in 1...count {
            let (command, details) = generator.next(
                reference, massCancelPending: engine.hasMassCancelPending)
            history.note(command)
            note(command, reference)
            let actual = engine.apply(command, details)
            if number % RandomRun.auditInterval == 0 { engine.checkInvariants() }
            note(actual)
            let expected = reference.apply(
                command, details, choices: EngineChoices(observed: actual))

            var difference = EventDifference.first(expected: expected, actual: actual)
            if difference == nil { difference = reference.violations.first }
            let objection = witness.objection(to: actual)
            difference = difference ?? objection ?? crossing(engine, command.instrument)
            if engine.hasMassCancelPending == reference.massCancels.isEmpty {
                difference = difference ?? "a mass cancel is pending or not"
            }
            if difference == nil {
                difference = bookDifference(engine, reference, command, number)
            }
            if difference == nil, number % RandomRun.fullComparisonInterval == 0 {
                for instrument in reference.books.indices where difference == nil {
                    difference = witness.bookDifference(InstrumentIndex(instrument), engine)
                }
            }
            if let difference {
                return "\(profile.name), seed \(seed), command \(number): \(difference)\n"
                    + "the engine said:\n"
                    + actual.map { "    \(sentence($0))\n" }.joined()
                    + history.words(instrument: command.instrument)
            }
        }
        if engine.suspensions > 0 { corners.insert("suspended in a match") }
        return nil
    }

    private mutating func note(_ command: Command, _ reference: NaiveExchange) {
        guard command.kind == .restart else { return }
        for massCancel in reference.massCancels {
            corners.insert("restart during \(massCancel.cause.kind)")
        }
    }

    private mutating func note(_ events: [RecordedEvent]) {
        for event in events {
            switch event.kind {
            case .requestRejected: corners.insert(words(event.head.reject))
            case .aggressorExecuted:
                corners.insert("aggressor \(event.head.ordStatus.rawValue)")
                if event.flags.contains(.moreFragments) { corners.insert("fragment") }
                if event.flags.contains(.answersModify) { corners.insert("replace that crosses") }
                if event.flags.contains(.onBehalf) { corners.insert("trade on behalf") }
            case .orderModified:
                corners.insert("modified \(event.head.ordStatus.rawValue)")
                corners.insert(
                    "priority renewed: \(event.flags.contains(.priorityRenewed))")
            case .restingExecuted:
                corners.insert("resting \(event.head.ordStatus.rawValue)")
                if event.head.sessionInstanceID == 0 { corners.insert("owner away") }
            case .productStateChanged:
                let (before, now) = (event.head.previousProductState, event.head.productState)
                corners.insert("product \(before) → \(now)")
            case .instrumentStateChanged:
                let before = event.head.previousInstrumentStatus.rawValue
                corners.insert("instrument \(before) → \(event.head.instrumentStatus.rawValue)")
            case .tradingSessionEvent:
                let scope = event.context?.product.isNone == true ? "all" : "one product"
                corners.insert(
                    "event \(event.head.tradSesEvent.rawValue) of \(scope), new day: "
                        + "\(event.flags.contains(.newBusinessDay))")
            case .massCancelled, .massCancelReported:
                corners.insert("\(event.kind) \(words(event.head.execInst))")
            default: corners.insert("\(event.kind)")
            }
        }
    }

    static let cornersToReach: [String] =
        [
            "orderAccepted", "orderDeleted", "orderRemoved", "orderDeletedByOther",
            "orderNotAffected",
            "orderModifiedByOther", "commandApplied", "suspended in a match", "fragment",
            "replace that crosses", "trade on behalf", "owner away", "aggressor 49",
            "aggressor 50", "aggressor 52", "modified 48", "modified 49", "modified 52",
            "priority renewed: true", "priority renewed: false", "resting 49", "resting 50",
            "massCancelled both kinds", "massCancelled persistent",
            "massCancelled non-persistent", "massCancelReported both kinds",
            "massCancelReported persistent", "massCancelReported non-persistent",
            "ordersDeletedByMarket", "marketStateAnswered",
            "product trading → halted", "product halted → trading",
            "product halted → closed", "product closed → trading",
            "product trading → endOfDay", "product halted → endOfDay",
            "product closed → endOfDay", "product endOfDay → closed",
            "instrument 203 → 2", "instrument 2 → 203", "instrument 203 → 200",
            "instrument 2 → 200", "instrument 200 → 203",
            "event 101 of all, new day: true", "event 101 of all, new day: false",
            "event 104 of all, new day: false", "event 104 of one product, new day: false",
            "orderRestated", "event 102 of all, new day: false",
            "event 103 of one product, new day: false", "restart during restart",
            "restart during sessionEnded", "restart during deleteAllOrders",
            "restart during changeMarketState",
        ]
        + [
            RejectDetail.orderNotFound, .orderIDsDisagree, .notEntitledToOrder,
            .clOrdIDNotUnique, .orderNotNamed, .persistentLean, .timeInForceNotOffered,
            .ordTypeNotOffered, .bookOrCancelNotOffered, .marketOrderNotIOC,
            .marketOrderWithPrice, .limitWithoutPrice, .sideChanged, .persistenceChanged,
            .recoveryChanged, .instrumentChanged, .timeInForceChanged, .priceOffTick,
            .priceOutOfRange, .quantityNotPositive, .quantityOffLot, .quantityAboveMaximum,
            .orderPoolFull, .priceLevelPoolFull, .executionRestrictionNotOffered,
            .stopPriceNotOffered, .fieldValue, .instrumentNotContinuous, .productStateForbids,
            .instrumentStateForbids, .businessDayNotOver, .marketOperationPending,
        ].map { words($0) }

    /// Between commands nobody who could trade is left untraded.
    private func crossing(_ engine: EngineHarness, _ instrument: InstrumentIndex) -> String? {
        guard !instrument.isNone, let bid = engine.bestPrice(instrument, .buy),
            let ask = engine.bestPrice(instrument, .sell), bid.price >= ask.price
        else { return nil }
        return "a crossed book: bid \(words(bid.price)), ask \(words(ask.price))"
    }

    private func bookDifference(
        _ engine: EngineHarness, _ reference: NaiveExchange, _ command: Command, _ number: Int
    ) -> String? {
        if number % RandomRun.fullComparisonInterval == 0 || command.instrument.isNone {
            for instrument in reference.books.indices {
                let instrument = InstrumentIndex(instrument)
                if let difference = engine.bookDifference(instrument, reference) {
                    return difference
                }
            }
            return nil
        }
        for side in [Side.buy, .sell] {
            let orders = reference.books[command.instrument.index].orders(side)
            if let difference = engine.topDifference(command.instrument, side, orders) {
                return difference
            }
        }
        if number % 16 == 0 { return engine.bookDifference(command.instrument, reference) }
        return nil
    }
}

/// The last commands, for the report of a failure.
struct History {
    private var commands: [Command] = []

    static let depth = 400

    mutating func note(_ command: Command) {
        if commands.count >= History.depth * 2 { commands.removeFirst(History.depth) }
        commands.append(command)
    }

    /// The last 20 commands that concern an instrument, or all instruments.
    func words(instrument: InstrumentIndex) -> String {
        let relevant = commands.filter {
            instrument.isNone || $0.instrument.isNone || $0.instrument == instrument
        }
        return "the last commands:\n"
            + relevant.suffix(20).map { "    \(sentence($0))\n" }.joined()
    }
}
