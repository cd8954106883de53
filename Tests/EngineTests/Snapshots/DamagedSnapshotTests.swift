import Domain
import Engine
import Testing

@Suite("Damaged snapshots are refused, and never crash")
struct DamagedSnapshotTests {
    /// States with everything in them: orders with details, halts, mass cancels at work.
    private static func snapshots() throws -> [(profile: Profile, bytes: [UInt8], day: RandomDay)] {
        var snapshots: [(profile: Profile, bytes: [UInt8], day: RandomDay)] = []
        var tiny = Profile.tinyPools
        tiny.shape.massCancelSlice = 2
        tiny.massCancels = 100
        tiny.stateChanges = 30
        tiny.sessionChanges = 60
        tiny.continues = 200
        for seed in 1...4 {
            var day = RandomDay(profile: tiny, seed: UInt64(seed))
            for _ in 0..<600 { _ = day.next() }
            while !day.engine.hasMassCancelPending { _ = day.next() }
            snapshots.append((tiny, try day.engine.snapshot(), day))
        }
        return snapshots
    }

    #if DEBUG
        static let step = 29
    #else
        static let step = 1
    #endif

    @Test("Cut anywhere, or with anything behind its end")
    func truncations() throws {
        for (profile, bytes, _) in try DamagedSnapshotTests.snapshots() {
            for length in stride(from: 0, to: bytes.count, by: DamagedSnapshotTests.step) {
                #expect(throws: PartitionSnapshotError.self) {
                    try EngineHarness(profile.shape, restoring: Array(bytes[..<length]))
                }
            }
            #expect(throws: PartitionSnapshotError.self) {
                try EngineHarness(profile.shape, restoring: bytes + [0])
            }
        }
    }

    @Test("Any bit flipped: refused, or a partition that goes on without a crash")
    func bitFlips() throws {
        for (profile, bytes, day) in try DamagedSnapshotTests.snapshots() {
            var refused = 0
            var random = SplitMix64(seed: 5)
            for offset in stride(from: 0, to: bytes.count, by: DamagedSnapshotTests.step) {
                var changed = bytes
                changed[offset] ^= 1 << UInt8(random.below(8))
                refused += check(changed, profile, day) ? 0 : 1
            }
            // Times, names and numbers of traders may be anything.
            #expect(refused > bytes.count / DamagedSnapshotTests.step / 8)
        }
    }

    @Test("Whole words replaced by others: refused, or a partition that goes on without a crash")
    func otherWords() throws {
        var random = SplitMix64(seed: 6)
        for (profile, bytes, day) in try DamagedSnapshotTests.snapshots() {
            for _ in 0..<(8 * bytes.count / DamagedSnapshotTests.step / 4) {
                var changed = bytes
                for _ in 0...random.below(3) {
                    let offset = random.below(bytes.count / 4) * 4 + random.below(4)
                    let word = [0, .max, 1, 0x7FFF_FFFF, UInt32(truncatingIfNeeded: random.next())]
                        .randomElement(using: &random)!
                    for byte in 0..<4 where offset + byte < changed.count {
                        changed[offset + byte] = UInt8(
                            truncatingIfNeeded: word >> (8 * UInt32(byte)))
                    }
                }
                _ = check(changed, profile, day)
            }
        }
    }

    /// Tells whether the bytes were taken; if so, trades on with them for a while.
    private func check(_ bytes: [UInt8], _ profile: Profile, _ day: RandomDay) -> Bool {
        guard let engine = try? EngineHarness(profile.shape, restoring: bytes) else { return false }
        var day = day
        var sequence = engine.lastSequence
        _ = engine.stateHash()
        for _ in 0..<60 {
            // The commands are of the true day: to the damaged state they are anybody's.
            var (command, details) = day.nextRequest()
            sequence += 1
            command.sequence = sequence
            _ = engine.apply(command, details)
            if engine.hasMassCancelPending {
                sequence += 1
                var slice = Command(kind: .continueMassCancel)
                slice.sequence = sequence
                slice.timeIn = command.timeIn
                _ = engine.apply(slice)
            }
        }
        _ = engine.stateHash()
        return true
    }
}
