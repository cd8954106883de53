import Archive
import Domain
import DropCopy
import Journaling
import Reports
import SimulatedPlatform

// What is kept on disk, as the writers write it.
extension Seeds {
    /// States with some orders, and commands for them.
    static var snapshots: [[UInt8]] {
        [0, 40, 400].map { count in
            var partition = FuzzedPartition(ringCapacity: 256)
            script(count, 5).withUnsafeBytes { partition.play($0) }
            let state = partition.saved()
            return length(state) + state + script(60, 6)
        }
    }

    /// Files of states.
    static var snapshotFiles: [[UInt8]] {
        [0, 400].map { count in
            var partition = FuzzedPartition(ringCapacity: 256)
            script(count, 9).withUnsafeBytes { partition.play($0) }
            let header = SnapshotHeader(
                identity: SnapshotFile.identity, sequence: SnapshotFile.sequence,
                lastTimeIn: Timestamp(nanos: 8), stateHash: partition.stateHash())
            return [1] + SnapshotFile.write(partition.saved(), header)
        }
    }

    static var geneses: [[UInt8]] {
        let disk = SimulatedDisk(seed: 1)
        guard (try? DirectoryFile.open(disk)) != nil else { return [] }
        return [disk.contents(of: DirectoryFile.path) ?? []]
    }

    private static func length(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt16(clamping: bytes.count)
        return [UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
    }

    /// Events of some commands, in their order.
    private static func records(_ count: Int) -> [[UInt8]] {
        var partition = FuzzedPartition(ringCapacity: 256)
        partition.keepsRecords = true
        script(count, 7).withUnsafeBytes { partition.play($0) }
        return partition.records
    }

    static var archives: [[UInt8]] {
        [30, 300].map { count in
            let store = ArchiveMemory(
                segmentBytes: ArchiveFiles.segmentBytes, segmentCountMax: nil)
            guard
                var writer = try? ArchiveWriter(
                    store, history: ArchiveFiles.history,
                    sessionCount: ArchiveFiles.sessionCount)
            else { return [] }
            for record in records(count) {
                record.withUnsafeBytes {
                    if let base = $0.baseAddress { try? writer.append(EventRecord(base)) }
                }
            }
            try? writer.flush()
            guard let file = try? store.open(1, writable: false) else { return [] }
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 12_000, alignment: 8)
            defer { room.deallocate() }
            let read = (try? file.read(at: 0, into: room)) ?? 0
            let bytes = withoutZeros([UInt8](room[..<read]))
            return [1] + length(bytes) + bytes
        }
    }

    static var histories: [[UInt8]] {
        [30, 300].map { count in
            let store = MemorySegments(segmentBytes: HistoryFile.segmentBytes, segmentCountMax: 2)
            guard
                var history = try? History(
                    genesis: HistoryFile.genesis, shape: HistoryFile.shape, store: store)
            else { return [] }
            var index: UInt64 = 0
            for record in records(count) {
                record.withUnsafeBytes { slots in
                    guard let base = slots.baseAddress else { return }
                    let event = EventRecord(base).event
                    index += 1
                    try? history.append(
                        EventRecord(base), slots: slots, index: index, tradedBefore: false,
                        engineOut: 1, timeRead: 2)
                    guard event.flags.contains(.endOfTransaction) else { return }
                    index = 0
                    history.commit(sequence: event.sequence)
                }
            }
            guard let segment = try? store.open(0) else { return [] }
            return [1] + withoutZeros([UInt8](segment.prefix(12_000)))
        }
    }

    static var journals: [[UInt8]] {
        [30, 300].map { count in
            let disk = SimulatedDisk(seed: 1)
            sequence(count, on: disk, isWritten: true)
            let file = disk.contents(of: JournalFiles.path) ?? []
            return [1] + file.prefix(64)
                + withoutZeros([UInt8](file.dropFirst(JournalFiles.blockBytes).prefix(12_000)))
        }
    }

    static var rings: [[UInt8]] {
        [10, 60].map { count in
            let disk = SimulatedDisk(seed: 1)
            sequence(count, on: disk, isWritten: false)
            let file = disk.contents(of: CommandLog.path) ?? []
            return [1] + file.prefix(RingFile.headerBytes) + file.dropFirst(4096)
        }
    }

    /// Puts commands into the ring, and lets the journal have them or not.
    private static func sequence(_ count: Int, on disk: SimulatedDisk, isWritten: Bool) {
        var configuration = JournalConfiguration()
        configuration.segmentBytes = 64 << 10
        disk.clock.use {
            guard
                var end = try? Journal.recover(disk: disk, identity: JournalFiles.identity),
                var log = try? CommandLog(
                    disk: disk, capacity: isWritten ? 128 : 16, identity: JournalFiles.identity,
                    end: &end, clock: SimulatedClock.clock, configuration: configuration)
            else { return }
            var producer = log.takeProducer()
            script(count, 8).withUnsafeBytes { input in
                var script = CommandScript(input)
                while let (command, details) = script.next(isCancelPending: false),
                    producer.hasRoom(for: Int(command.slotCount))
                {
                    producer.write(command, at: 0)
                    var slot = 1
                    if command.flags.contains(.hasParties) {
                        producer.write(details.parties, at: slot)
                        slot += 1
                    }
                    if command.flags.contains(.hasTexts) {
                        producer.write(details.texts, at: slot)
                    }
                    producer.publish(Int(command.slotCount))
                }
            }
            guard isWritten, let queue = try? disk.makeWriteQueue(),
                var agent = try? JournalAgent(
                    commands: log.takeConsumer(), disk: disk, queue: queue,
                    identity: JournalFiles.identity, end: end, mode: .sync,
                    clock: SimulatedClock.clock, configuration: configuration)
            else { return }
            agent.close()
        }
    }

    private static func withoutZeros(_ bytes: [UInt8]) -> [UInt8] {
        let end = bytes.lastIndex { $0 != 0 } ?? -1
        return Array(bytes.prefix((end + 8) / 8 * 8))
    }
}
