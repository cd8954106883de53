import Domain
import Engine
import Exchange
import Journaling
import Records
import SimulatedPlatform

// Bugs of what is kept, planted on the disk between two lives.
extension World {
    func plantAtCrash(_ disk: SimulatedDisk) throws {
        guard let planted = canary.canary, planted.mode != nil else { return }
        switch planted {
        case .answerBeforeRing:
            if let earlierRing { disk.setContents(of: Self.ringPath, to: earlierRing) }
        case .tornTail: guard acceptTornTail(disk) else { return }
        case .incompleteSnapshot: guard try leaveOrderOut(of: disk) else { return }
        case .lostRestatement: return
        default: break
        }
        canary.strikeAtCrash()
    }

    /// Behind the last record of the journal lies the head of the next one, and behind that what
    /// somebody had written there before: an earlier entry. Its checksum is made to fit, as if nobody
    /// had looked at it.
    private func acceptTornTail(_ disk: SimulatedDisk) -> Bool {
        let segments = disk.paths.filter { $0.hasPrefix("journal/") }.reversed()
        for path in segments {
            guard var journal = disk.contents(of: path).map(JournalBytes.init), journal.isBegun
            else { continue }
            guard let earlier = journal.entries.first, journal.repeatAtEnd(earlier) else {
                return false
            }
            disk.setContents(of: path, to: journal.bytes)
            return true
        }
        return false
    }

    /// Replaces the newest snapshot by one of the same command that was made without an order.
    private func leaveOrderOut(of disk: SimulatedDisk) throws -> Bool {
        guard let genesis = try DataDirectory.readGenesis(disk) else { return false }
        let library = SnapshotLibrary(disk: disk, identity: genesis.identity)
        let order = bots.lazy.flatMap(\.liveOrders).first { $0.isPersistent && !$0.isUnsure }
        guard let sequence = try library.sequences().last, let order else { return false }
        var replica = Replica(
            Partition(scenario.configuration.partition(orderIDKey: genesis.orderIDKey)))
        var reader = try JournalReader(disk: disk, identity: genesis.identity, from: 1)
        var command = Command(kind: .listOrders)
        var details = OrderDetails()
        var execID: UInt64 = 0
        var isLeftOut = false
        while try reader.next(through: sequence, &command, &details) {
            execID = max(command.timeIn.nanos, execID + 1)
            if execID == order.enteredAt {
                isLeftOut = true
                var nothing = Command(kind: .listOrders)
                nothing.sequence = command.sequence
                nothing.timeIn = command.timeIn
                replica.apply(nothing, details)
            } else {
                replica.apply(command, details)
            }
            replica.drop()
        }
        guard isLeftOut, replica.lastSequence == sequence else { return false }
        try replica.inspect { partition in
            try library.write(
                sequence: sequence, lastTimeIn: command.timeIn, stateHash: partition.stateHash()
            ) { write in try partition.save(to: write) }
        }
        return true
    }
}

/// A segment of the journal, as its format is published.
private struct JournalBytes {
    private(set) var bytes: [UInt8]
    /// Where records lie that enter an order.
    private(set) var entries: [Int] = []
    private var end = 4096
    private var checksum: UInt32 = 0
    private var lastSequence: UInt64 = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard isBegun else { return }
        checksum = number(60)
        lastSequence = number(40, as: UInt64.self) - 1
        while let length = length(at: end), number(end + 4) == sum(end, length) {
            checksum = number(end + 4)
            if number(end + 16, as: UInt16.self) > 0 {
                lastSequence = number(end + 8, as: UInt64.self)
                // The lowest byte of the first word is the kind: 0 is a new order.
                if bytes[end + 20] == 0 { entries.append(end) }
            }
            end += length
        }
    }

    var isBegun: Bool { bytes.starts(with: "APUSJRNL".utf8) }

    /// The record's content once more, as that of the next command. False when there is no room.
    mutating func repeatAtEnd(_ record: Int) -> Bool {
        guard let length = length(at: record), end + length + 512 <= bytes.count else {
            return false
        }
        for index in 0..<length + 512 {
            bytes[end + index] = index < length ? bytes[record + index] : 0
        }
        store(lastSequence + 1, at: end + 8)
        store(sum(end, length), at: end + 4)
        return true
    }

    private func length(at offset: Int) -> Int? {
        guard offset + 24 <= bytes.count else { return nil }
        let length = Int(number(offset, as: UInt32.self))
        return length >= 24 && length % 8 == 0 && offset + length <= bytes.count ? length : nil
    }

    private func sum(_ offset: Int, _ length: Int) -> UInt32 {
        bytes.withUnsafeBytes { all in
            var sum = CRC32C()
            withUnsafeBytes(of: checksum.littleEndian) { sum.update($0) }
            sum.update(UnsafeRawBufferPointer(rebasing: all[offset..<offset + 4]))
            sum.update(UnsafeRawBufferPointer(rebasing: all[offset + 8..<offset + length]))
            return sum.value
        }
    }

    private func number<Value: FixedWidthInteger>(
        _ offset: Int, as type: Value.Type = UInt32.self
    ) -> Value {
        bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type))
        }
    }

    private mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
    }
}
