import Simulation
import Testing

/// How much is run: a build without optimization is some twenty times slower.
enum Extent {
    #if DEBUG
        static let seeds: UInt64 = 6
        static let steps = 400
        static let canarySeeds: UInt64 = 12
    #else
        static let seeds: UInt64 = 200
        static let steps = 2_000
        static let canarySeeds: UInt64 = 40
    #endif
}

/// Seeds in parts, so that they share the machine's cores.
private let parts: [UInt64] = [0, 1, 2, 3]

@Suite struct SeedTests {
    @Test(arguments: parts) func aVenueKeepsItsWordWhateverHappens(part: UInt64) throws {
        for seed in 1...Extent.seeds where seed % UInt64(parts.count) == part {
            let outcome = try Simulation(seed: seed, steps: Extent.steps).run()
            #expect(outcome.findings.isEmpty, "seed \(seed): \(outcome.findings)")
            #expect(outcome.steps == Extent.steps)
        }
    }

    /// Runs that found something once, in the venue or in the simulation itself, before disks had troubles.
    @Test(arguments: [
        (58, 200), (56, 800), (101, 700), (155, 100), (1012, 1_000), (121, 3_100), (160, 2_700),
        (264, 1_200), (426, 5_000), (485, 3_300), (519, 2_300), (1441, 2_500), (1325, 2_100),
        (4313, 1_800), (611, 2_000), (667, 2_000),
    ]) func whatWasFoundOnceStaysAway(seed: UInt64, steps: Int) throws {
        var simulation = Simulation(seed: seed, steps: steps)
        simulation.hasSoundDisk = true
        let outcome = try simulation.run()
        #expect(outcome.findings.isEmpty, "seed \(seed): \(outcome.findings)")
    }

    /// The same of runs with them.
    @Test(arguments: [
        (100_043, 1_750), (100_504, 2_000), (101_350, 700), (101_031, 1_000), (102_028, 900),
        (102_075, 250), (1698, 2_000), (202, 2_000), (8879, 2_000),
        (7438, 900), (1910, 3_700), (31_570, 400), (30_921, 3_000), (32_330, 2_400),
        (41_972, 3_800),
    ]) func whatADiskDidOnceStaysAway(seed: UInt64, steps: Int) throws {
        let outcome = try Simulation(seed: seed, steps: steps).run()
        #expect(outcome.findings.isEmpty, "seed \(seed): \(outcome.findings)")
    }

    /// Nothing that was acknowledged is lost, and nobody heard of what is not kept.
    @Test(arguments: [Simulation.Mode.async, .sync]) func crashesTakeNothingAway(
        mode: Simulation.Mode
    ) throws {
        var crashes = CrashCounts()
        var (troubles, flips) = (0, 0)
        var looks: [String: Int] = [:]
        for seed in 1...Extent.seeds / 2 + 9 {
            var simulation = Simulation(seed: seed, steps: Extent.steps)
            simulation.mode = mode
            let outcome = try simulation.run()
            #expect(outcome.findings.isEmpty, "seed \(seed): \(outcome.findings)")
            crashes += outcome.crashes
            troubles += outcome.diskTroubles
            flips += outcome.damages
            looks.merge(outcome.looks) { $0 + $1 }
        }
        // A build without optimization runs too few steps for everything to happen.
        guard Extent.seeds >= 100 else { return }
        #expect(crashes.kills > 0 && crashes.powerCuts > 0)
        #expect(troubles > 0 && flips > 0)
        for check in [
            "durability", "gate", "invention", "session data", "restatement", "admission",
        ] {
            #expect(looks[check, default: 0] > 0, "\(check) never looked")
        }
        #expect(crashes.losses.dropped > 0 && crashes.losses.torn > 0)
    }

    @Test func everyCheckLooksAtSomething() throws {
        var looks: [String: Int] = [:]
        for seed in 1...Extent.seeds {
            looks.merge(try Simulation(seed: seed, steps: 200).run().looks) { $0 + $1 }
        }
        for check in [
            "answers", "rejects", "quantities", "limits", "orders", "OrderID", "ExecID",
            "ApplMsgID", "ApplSeqNum", "executions", "priority", "crossed", "fairness", "feed",
            "receiver", "trades", "drop copy", "privacy", "framing",
        ] {
            #expect(looks[check, default: 0] > 0, "\(check) never looked")
        }
    }

    @Test(arguments: [3, 30]) func theSameSeedSendsTheSameBytes(seed: UInt64) throws {
        let simulation = Simulation(seed: seed, steps: 200)
        #expect(try simulation.run() == simulation.run())
        let other = Simulation(seed: seed + 1, steps: 200)
        #expect(try other.run().outboundHash != simulation.run().outboundHash)
    }
}
