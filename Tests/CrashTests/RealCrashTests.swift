import Glibc
import LinuxPlatform
import OrderFlow
import Testing

@testable import CrashTest

/// The real programs, taken away in the middle of trading. `Tools/soak kills` does it a thousand times.
@Suite(.serialized) struct RealCrashTests {
    private static let programs = "apus-exchange and apus-dropcopy are not built beside the tests"

    static var areBuilt: Bool {
        ["apus-exchange", "apus-dropcopy"].allSatisfy {
            access("\(CrashOptions.ownFolder)/\($0)", X_OK) == 0
        }
    }

    private func expectGood(_ change: (inout CrashOptions) -> Void) throws {
        var options = CrashOptions()
        options.programs = CrashOptions.ownFolder
        options.lifeNanos = 200_000_000
        options.pauseNanos = 500_000_000
        options.runs = 1
        change(&options)
        let job = CrashJob(options) { false }
        let isGood = try job.run()
        #expect(isGood, "\(job.violations.prefix(3).joined(separator: "; ")) in \(job.folder)")
    }

    @Test(
        "Killed ten times in either mode, nothing is lost and nothing doubled",
        .enabled(if: areBuilt, Comment(rawValue: programs)),
        arguments: [Deployment.Durability.async, .sync])
    func kills(_ durability: Deployment.Durability) throws {
        try expectGood {
            $0.durability = durability
            $0.runs = 10
            $0.lives = 5
            $0.seed = 7
        }
    }

    @Test(
        "Other faults", .enabled(if: areBuilt, Comment(rawValue: programs)),
        arguments: [Fault.pause, .descriptors, .truncated, .flipped, .snapshot])
    func faults(_ fault: Fault) throws {
        try expectGood { $0.fault = fault }
    }

    @Test(
        "The machine's time is set while programs run and while they do not",
        .enabled(if: areBuilt, Comment(rawValue: programs)),
        .enabled(
            if: access("\(CrashOptions.ownFolder)/libSteppedClock.so", R_OK) == 0,
            "libSteppedClock.so is not built beside the tests"))
    func clock() throws {
        try expectGood { $0.fault = .clock }
    }

    @Test(
        "A full disk and one that cannot be written to",
        .enabled(if: areBuilt, Comment(rawValue: programs)),
        .enabled(if: geteuid() == 0, Comment(rawValue: SmallDisk.needsRoot)),
        arguments: [Fault.fullDisk, .readOnly])
    func disks(_ fault: Fault) throws {
        try expectGood { $0.fault = fault }
    }
}
