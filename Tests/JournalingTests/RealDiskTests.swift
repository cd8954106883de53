import Domain
import Glibc
import LinuxPlatform
import Platform
import Rings
import Testing

@testable import Journaling

@Suite("A journal in a folder of this machine")
struct RealDiskTests {
    @Test("Several lives in either mode, one of them killed", arguments: DurabilityMode.allCases)
    func lives(_ mode: DurabilityMode) throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        var random = Rig(.sync).random
        var sent: [Sent] = []
        var configuration = JournalConfiguration()
        configuration.segmentBytes = 1 << 20
        for life in 0..<4 {
            let disk = try FolderDisk(path: path)
            var end = try Journal.recover(disk: disk, identity: Rig.identity)
            var log = try CommandLog(
                disk: disk, capacity: 256, identity: Rig.identity, end: &end,
                clock: SystemClock.utc, configuration: configuration)
            #expect(end.lastSequence == UInt64(sent.count))
            #expect(try readAll(disk, identity: Rig.identity) == sent)
            var producer = log.takeProducer()
            let gate = SequenceCounter()
            let written = SequenceCounter()
            var agent = try JournalAgent(
                commands: log.takeConsumer(), disk: disk, queue: try disk.makeWriteQueue(),
                identity: Rig.identity, end: end, mode: mode, gate: gate, written: written,
                journaled: log.journaled, clock: SystemClock.utc,
                configuration: configuration)
            for _ in 0..<1_500 {
                let next = Sent.random(&random, sequence: UInt64(sent.count + 1))
                while !producer.hasRoom(for: 3) {
                    _ = agent.doWork(now: SystemClock.utc.now())
                }
                producer.write(next.command, at: 0)
                var slot = 1
                if next.command.flags.contains(.hasParties) {
                    producer.write(next.details.parties, at: slot)
                    slot += 1
                }
                if next.command.flags.contains(.hasTexts) {
                    producer.write(next.details.texts, at: slot)
                    slot += 1
                }
                producer.publish(slot)
                sent.append(next)
            }
            if life % 2 == 1 {
                agent.close()
                #expect(written.value == UInt64(sent.count))
                #expect(gate.value == (mode == .sync ? UInt64(sent.count) : 0))
            }
        }
        #expect(sent.count == 6_000)
    }
}
