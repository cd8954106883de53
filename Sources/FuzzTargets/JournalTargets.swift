import Domain
import Engine
import Journaling
import Records
import SimulatedPlatform

extension FuzzTarget {
    static let journal = FuzzTarget(
        "journal", "a segment of the journal, with checksums as they are or made right",
        lengthMax: 16_384, JournalFiles.run)

    static let commandRing = FuzzTarget(
        "command-ring", "what a killed process left in its ring of sequenced commands",
        lengthMax: 8192, RingFile.run)
}

/// An input is a byte of flags, the 64 bytes of a segment's header that say something, and records. The
/// lowest flag makes the checksums right, so that what they protect is looked at too.
enum JournalFiles {
    /// Any; inputs that are kept have it.
    static let identity = JournalIdentity(genesis: 5, fingerprint: 6, rulesVersion: 1)
    static let path = "journal/00000001.journal"
    static let blockBytes = 4096

    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        let flags = input.byte()
        var segment = [UInt8](input.take(64))
        segment += [UInt8](repeating: 0, count: blockBytes - segment.count) + input.rest()
        if flags & 1 != 0 { repair(&segment) }
        // As a process leaves it: zeros behind the last record.
        segment += [UInt8](repeating: 0, count: 1024)
        let disk = SimulatedDisk(seed: 1)
        guard (try? disk.makeFolder(Journal.folder)) != nil else { return }
        disk.setContents(of: path, to: segment)

        guard let findings = try? Journal.examine(disk: disk, identity: identity) else { return }
        guard let end = try? Journal.recover(disk: disk, identity: identity) else {
            fatalError("what was examined cannot be recovered")
        }
        require(end == findings.end, "a journal ends where it was found to end")
        guard let again = try? Journal.examine(disk: disk, identity: identity) else {
            fatalError("what was recovered is refused")
        }
        require(again.end == end && again.tornByteCount == 0, "what was cut once needs no cutting")
        guard findings.firstSequence > 0 else { return }
        read(disk, from: findings.firstSequence, through: end)
    }

    /// Every command that counts is there, one after the other.
    static func read(_ disk: SimulatedDisk, from first: UInt64, through end: JournalEnd) {
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        do {
            var reader = try JournalReader(disk: disk, identity: identity, from: first)
            var expected = first
            while try reader.next(through: end.lastSequence, &command, &details) {
                require(command.sequence == expected, "commands come in sequence")
                require(command.slotCount >= 1 && command.slotCount <= 3, "a command is sound")
                expected += 1
            }
            require(expected == end.lastSequence + 1, "every command that counts is read")
        } catch {
            fatalError("a recovered journal cannot be read: \(error)")
        }
    }

    private static func repair(_ segment: inout [UInt8]) {
        segment.withUnsafeMutableBytes { bytes in
            var header = CRC32C()
            header.update(UnsafeRawBufferPointer(rebasing: bytes[..<60]))
            header.update(UnsafeRawBufferPointer(rebasing: bytes[64..<blockBytes]))
            var checksum = header.value
            bytes.storeBytes(of: checksum, toByteOffset: 60, as: UInt32.self)
            var offset = blockBytes
            while offset + 24 <= bytes.count {
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                guard length >= 24, length % 8 == 0, length <= bytes.count - offset else { return }
                var sum = CRC32C()
                sum.update(UInt64(checksum) | UInt64(length) << 32)
                sum.update(UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<offset + length]))
                checksum = sum.value
                bytes.storeBytes(of: checksum, toByteOffset: offset + 4, as: UInt32.self)
                offset += length
            }
        }
    }
}

/// An input is a byte of flags, the 192 bytes of the file's header that say something, and the ring. The
/// lowest flag says that the machine still runs that wrote it.
enum RingFile {
    static let headerBytes = 192

    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        let flags = input.byte()
        var file = [UInt8](input.take(headerBytes))
        file += [UInt8](repeating: 0, count: 4096 - file.count) + input.rest()
        let disk = SimulatedDisk(seed: 1)
        if flags & 1 != 0 {
            let run = disk.machineRun
            file.withUnsafeMutableBytes {
                $0.storeBytes(of: run, toByteOffset: 16, as: UInt64.self)
            }
        }
        disk.setContents(of: CommandLog.path, to: file)
        guard (try? Journal.examine(disk: disk, identity: JournalFiles.identity)) != nil,
            var end = try? Journal.recover(disk: disk, identity: JournalFiles.identity)
        else { return }
        var configuration = JournalConfiguration()
        configuration.segmentBytes = 64 << 10
        disk.clock.use {
            guard
                var log = try? CommandLog(
                    disk: disk, capacity: 16, identity: JournalFiles.identity, end: &end,
                    clock: SimulatedClock.clock, configuration: configuration)
            else { return }
            var consumer = log.takeConsumer()
            require(consumer.available() == 0, "a process begins with an empty ring")
            guard end.lastSequence > 0 else { return }
            JournalFiles.read(disk, from: 1, through: end)
        }
    }
}
