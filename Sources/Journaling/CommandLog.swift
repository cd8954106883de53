import Domain
import Platform
import Records
import Rings

/// The ring between engine and journal, in a file: what a killed process had sequenced is in it.
///
/// ```
///    0  "APUSCMDL"   8  version   16  machineRun   24  genesis   32  capacity   40  inUse
///  128  journaled    the last command that the journal had, of the process that used the ring
/// 4096  Ring<Command>
/// ```
public struct CommandLog: ~Copyable {
    public static let path = "commands.ring"
    private static let ringOffset = 4096
    private static let headerBytes = 256
    /// "APUSCMDL" read as a little-endian word.
    private static let magic: UInt64 = 0x4C44_4D43_5355_5041
    private static let version: UInt64 = 1

    private enum Field {
        static let magic = 0
        static let version = 8
        static let machineRun = 16
        static let genesis = 24
        static let capacity = 32
        static let inUse = 40
        static let journaled = 128
    }

    private var ends: Ring<Command>.Ends
    /// For the journal's agent, which notes there how far it is.
    public let journaled: SequenceCounter

    /// Moves what a killed process left in the ring to the end of the journal, where it becomes
    /// durable, and makes an empty ring for the process that begins.
    ///
    /// `end` is where `Journal.recover` says, and afterwards behind what was moved: everything that
    /// counts is in the journal then. After a loss of power the ring's content is not believed: what
    /// counted by the promise of `sync` is in the journal, and `async` promised nothing. Fails when the
    /// ring is damaged, or goes on somewhere else than the journal ends, or the disk takes no more.
    public init(
        disk: any Disk, capacity: Int, identity: JournalIdentity, end: inout JournalEnd,
        clock: Clock, configuration: JournalConfiguration = JournalConfiguration()
    ) throws(JournalError) {
        if let left = try Self.leftover(disk, genesis: identity.genesis) {
            end = try Self.move(
                left, to: disk, identity, end, clock: clock, configuration: configuration)
        }
        let memory: UnsafeMutableRawBufferPointer
        do throws(DiskError) {
            memory = try disk.map(
                Self.path,
                byteCount: Self.ringOffset + Ring<Command>.byteCount(capacity: capacity))
        } catch { throw .disk(error) }
        // Whoever is interrupted here leaves a ring that is not in use.
        memory.store(UInt64(0), at: Field.inUse)
        do throws(RingError) {
            ends = try Ring<Command>.create(
                in: UnsafeMutableRawBufferPointer(rebasing: memory[Self.ringOffset...]),
                capacity: capacity, owner: disk)
        } catch {
            throw .damagedRing(path: Self.path, reason: error.description)
        }
        journaled = SequenceCounter(
            at: memory.baseAddress! + Field.journaled, initial: end.lastSequence, owner: disk)
        memory.store(Self.magic, at: Field.magic)
        memory.store(Self.version, at: Field.version)
        memory.store(disk.machineRun, at: Field.machineRun)
        memory.store(identity.genesis, at: Field.genesis)
        memory.store(UInt64(capacity), at: Field.capacity)
        memory.store(UInt64(1), at: Field.inUse)
    }

    /// For the engine; once.
    public mutating func takeProducer() -> Ring<Command>.Producer { ends.takeProducer() }

    /// For the journal's agent; once.
    public mutating func takeConsumer() -> Ring<Command>.Consumer { ends.takeConsumer() }

    /// The last command that the journal had when the ring was last used, as far as that can be
    /// believed; 0 when it cannot.
    static func journaled(_ disk: any Disk) throws(JournalError) -> (
        genesis: UInt64, sequence: UInt64
    ) {
        guard let header = try header(disk) else { return (0, 0) }
        return (header.genesis, header.journaled)
    }

    /// Whether the machine was started again since a venue last used the ring: it may have lost its power,
    /// and with it any part of what was not on stable storage.
    public static func outlivedMachine(_ disk: any Disk) throws(JournalError) -> Bool {
        try header(disk) == nil
    }

    // MARK: What was left

    private struct Header {
        var genesis: UInt64
        var capacity: Int
        var journaled: UInt64
        var byteCount: Int
    }

    /// The header of a ring that this run of the machine used; nil when there is no such thing.
    private static func header(_ disk: any Disk) throws(JournalError) -> Header? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: headerBytes, alignment: 8)
        defer { bytes.deallocate() }
        do throws(DiskError) {
            let file = try disk.open(path, writable: false)
            guard try file.read(at: 0, into: bytes) == headerBytes else { return nil }
            let header = UnsafeRawBufferPointer(bytes)
            guard header.word(at: Field.magic) == magic,
                header.word(at: Field.machineRun) == disk.machineRun,
                header.word(at: Field.inUse) == 1
            else { return nil }
            guard header.word(at: Field.version) == version else {
                throw DiskError("\(path) has an unknown format; start the program that wrote it")
            }
            return Header(
                genesis: header.word(at: Field.genesis),
                capacity: Int(clamping: header.word(at: Field.capacity)),
                journaled: header.word(at: Field.journaled), byteCount: file.byteCount)
        } catch {
            if error.isMissing { return nil }
            throw .disk(error)
        }
    }

    private struct Leftover: ~Copyable {
        var consumer: Ring<Command>.Consumer
        /// The last command in it; 0 when it is empty.
        var lastSequence: UInt64
        var firstSequence: UInt64
    }

    /// What the ring's last user published and the journal did not release.
    private static func leftover(
        _ disk: any Disk, genesis: UInt64
    ) throws(JournalError) -> Leftover? {
        guard let header = try header(disk) else { return nil }
        guard header.genesis == genesis else {
            throw .otherJournal(path: path, expected: genesis, found: header.genesis)
        }
        var consumer: Ring<Command>.Consumer
        do throws(DiskError) {
            let memory = try disk.map(path, byteCount: header.byteCount)
            guard memory.count > ringOffset else {
                throw DiskError("\(path) is too short for a ring")
            }
            do throws(RingError) {
                consumer = try Ring<Command>.attachConsumer(
                    in: UnsafeMutableRawBufferPointer(rebasing: memory[ringOffset...]),
                    owner: disk)
            } catch {
                throw DiskError(error.description)
            }
        } catch { throw .damagedRing(path: path, reason: error.description) }
        guard consumer.capacity == header.capacity else {
            throw .damagedRing(path: path, reason: "its header states another capacity")
        }
        let (first, last) = try check(&consumer)
        return Leftover(consumer: consumer, lastSequence: last, firstSequence: first)
    }

    /// Looks at every record; all are commands, one after the other. Returns the first and the last.
    private static func check(
        _ consumer: inout Ring<Command>.Consumer
    ) throws(JournalError) -> (first: UInt64, last: UInt64) {
        let count = consumer.available()
        var place = 0
        var (first, last): (UInt64, UInt64) = (0, 0)
        var slots = CommandSlots()
        while place < count {
            slots.head = consumer.read(at: place, as: Slot.self)
            guard slots.isSound, place + slots.slotCount <= count,
                slots.sequence > 0, last == 0 || slots.sequence == last &+ 1
            else {
                throw .damagedRing(
                    path: path, reason: "the record behind command \(last) is no command")
            }
            if first == 0 { first = slots.sequence }
            last = slots.sequence
            place += slots.slotCount
        }
        return (first, last)
    }

    /// Has the journal's own writer write what was left.
    private static func move(
        _ left: consuming Leftover, to disk: any Disk, _ identity: JournalIdentity,
        _ end: JournalEnd, clock: Clock, configuration: JournalConfiguration
    ) throws(JournalError) -> JournalEnd {
        guard left.lastSequence > end.lastSequence else { return end }
        guard left.firstSequence <= end.lastSequence + 1 else {
            throw .ringDoesNotFollow(
                path: path, last: end.lastSequence, next: left.firstSequence)
        }
        let queue: any WriteQueue
        do throws(DiskError) { queue = try disk.makeWriteQueue() } catch { throw .disk(error) }
        var configuration = configuration
        configuration.fillsAhead = false
        configuration.segmentBytes = max(
            configuration.segmentBytes,
            JournalConfiguration.segmentBytesMin(ringCapacity: left.consumer.capacity))
        let last = left.lastSequence
        var agent = try JournalAgent(
            commands: left.consumer, disk: disk, queue: queue, identity: identity, end: end,
            mode: .sync, clock: clock, configuration: configuration)
        agent.close()
        guard agent.end.lastSequence == last else { throw .notTaken(path: path) }
        return agent.end
    }
}
