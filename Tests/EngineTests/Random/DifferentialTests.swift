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
            if let failure = RandomRun(profile: profile, seed: seed).failure(commands: count) {
                Issue.record("\(failure)")
                return
            }
            left -= count
            seed += 1
        }
    }
}

/// One random day of one seed.
struct RandomRun {
    let profile: Profile
    let seed: UInt64

    /// How often whole books are compared, and not only the instrument at hand.
    static let fullComparisonInterval = 500

    /// Runs the day; returns what went wrong, in words.
    func failure(commands count: Int) -> String? {
        let engine = EngineHarness(profile.shape)
        var reference = NaiveExchange(profile.shape)
        var generator = CommandGenerator(profile: profile, seed: seed)
        var history = History()
        for number in 1...count {
            let (command, details) = generator.next(
                reference, massCancelPending: engine.hasMassCancelPending)
            history.note(command)
            let actual = engine.apply(command, details)
            engine.checkInvariants()
            let expected = reference.apply(
                command, details, choices: EngineChoices(observed: actual))

            var difference = EventDifference.first(expected: expected, actual: actual)
            if difference == nil { difference = reference.violations.first }
            if engine.hasMassCancelPending == reference.massCancels.isEmpty {
                difference = difference ?? "a mass cancel is pending or not"
            }
            if difference == nil {
                difference = bookDifference(engine, reference, command, number)
            }
            if let difference {
                return "\(profile.name), seed \(seed), command \(number): \(difference)\n"
                    + "the engine said:\n"
                    + actual.map { "    \(sentence($0))\n" }.joined()
                    + history.words(instrument: command.instrument)
            }
        }
        return nil
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
