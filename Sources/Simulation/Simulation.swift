import SimulatedPlatform

/// One run of a simulated venue: everything follows from the seed.
public struct Simulation {
    public var seed: UInt64
    public var steps: Int
    public var canary: Canary?
    /// What the venue keeps; nil lets the seed decide.
    public var mode: Mode?
    /// The disk does its part, but for what a kill or a loss of power takes; otherwise the seed decides.
    public var hasSoundDisk = false
    /// Sessions whose messages are printed as they go and come.
    public var traced: Set<UInt32> = []

    public init(seed: UInt64, steps: Int, canary: Canary? = nil) {
        self.seed = seed
        self.steps = steps
        self.canary = canary
    }

    public enum Mode: String, CaseIterable, Sendable {
        case none, async, sync
    }

    /// What came of a run.
    public struct Outcome: Sendable, Equatable {
        public var seed: UInt64
        public var mode: Mode
        public var crashes: CrashCounts
        /// Times in which its disk did not do its part, and files of it that were damaged.
        public var diskTroubles: Int
        public var damages: Int
        /// What is wrong, in sentences; none of a good run.
        public var findings: [String]
        /// Steps done: fewer than asked for when something was found.
        public var steps: Int
        /// Comparisons of what everybody was told.
        public var rounds: Int
        /// Looks of all checks, by check.
        public var looks: [String: Int]
        /// Nanoseconds of simulated time.
        public var simulatedNanos: UInt64
        /// Of every byte that left, in order.
        public var outboundHash: UInt64
        /// The planted bug showed itself to somebody.
        public var hasCanaryStruck: Bool
    }

    public func run() throws -> Outcome { try run(in: makeWorld()) }

    func makeWorld() throws -> World {
        var random = SeededRandom(seed: seed)
        var scenario = Scenario(&random, mode: canary?.mode ?? mode, canary: canary)
        if hasSoundDisk { scenario.makeDiskSound() }
        return try World(scenario, random: random, canary: canary, traced: traced)
    }

    func run(in world: World) throws -> Outcome {
        let start = world.clock.nanos
        try world.run(steps: steps)
        return Outcome(
            seed: seed, mode: world.scenario.mode, crashes: world.crashes,
            diskTroubles: world.troubles, damages: world.damages,
            findings: world.findings.sentences, steps: world.stepCount,
            rounds: world.rounds, looks: world.findings.looks,
            simulatedNanos: world.clock.nanos - start, outboundHash: world.outbound.value,
            hasCanaryStruck: world.canary.hasStruck)
    }
}
