import SimulatedPlatform
import Testing

@testable import Exchange
@testable import Simulation

/// Ten thousand runs in one process need no more memory than the largest of them.
@Suite struct MemoryTests {
    @Test(arguments: Simulation.Mode.allCases) func aRunLeavesNothingBehind(
        mode: Simulation.Mode
    ) throws {
        for seed: UInt64 in 1...4 {
            let remains = try Remains(after: seed, mode)
            #expect(remains.world == nil)
            #expect(remains.bot == nil && remains.office == nil && remains.witness == nil)
            #expect(remains.venue == nil && remains.network == nil)
            #expect(remains.dropCopy == nil && remains.disk == nil)
        }
    }

    /// What would still be there if something kept it.
    private struct Remains {
        weak var world: World?
        weak var bot: TradingBot?
        weak var office: BackOffice?
        weak var witness: BackOffice?
        weak var venue: Venue?
        weak var network: SimulatedNetwork?
        weak var dropCopy: DropCopyProcess?
        weak var disk: SimulatedDisk?

        init(after seed: UInt64, _ mode: Simulation.Mode) throws {
            var simulation = Simulation(seed: seed, steps: 200)
            simulation.mode = mode
            let world = try simulation.makeWorld()
            _ = try simulation.run(in: world)
            #expect(world.venueProcess != nil && (world.disk == nil) == (mode == .none))
            self.world = world
            bot = world.bots.first
            office = world.offices.first
            witness = world.witness
            venue = world.venueProcess?.venue
            network = world.venueProcess?.network
            dropCopy = world.dropCopyProcess
            disk = world.disk
        }
    }
}
