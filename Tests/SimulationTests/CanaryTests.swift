import Simulation
import Testing

/// Bugs that are planted, one at a time: a simulation that overlooks one has a hole.
@Suite struct CanaryTests {
    @Test(arguments: Canary.allCases) func aPlantedBugIsFound(canary: Canary) throws {
        var struck = 0
        for seed in 1...Extent.canarySeeds {
            let outcome = try Simulation(seed: seed, steps: Extent.steps, canary: canary).run()
            struck += outcome.hasCanaryStruck ? 1 : 0
            // A bug may strike where no checker can see it, in a message that a lost connection
            // would have swallowed anyway; but not again and again.
            if outcome.hasCanaryStruck, !outcome.findings.isEmpty { return }
        }
        Issue.record("\(canary) struck in \(struck) runs and was not found")
    }

    @Test func thereAreEnough() { #expect(Canary.allCases.count >= 12) }
}
