import Archive
import Domain
import Platform
import Records
import Reports

extension FuzzTarget {
    static let archive = FuzzTarget(
        "archive", "segments of the event archive, with checksums as they are or made right",
        lengthMax: 32_768, ArchiveFiles.run)
}

/// An input is a byte of flags, the length of the first segment in two bytes, and one segment or two. The
/// lowest flag makes the checksums right, so that what they protect is looked at too.
enum ArchiveFiles {
    static let history: UInt64 = 5
    static let sessionCount = 4
    static let segmentBytes = 64 << 10

    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        let flags = input.byte()
        let first = [UInt8](input.take(Int(input.number(UInt16.self))))
        let second = [UInt8](input.rest())
        let store = ArchiveMemory(segmentBytes: segmentBytes, segmentCountMax: nil)
        var segments = second.isEmpty ? [first] : [first, second]
        if flags & 1 != 0 { for index in segments.indices { repair(&segments[index]) } }
        for (index, segment) in segments.enumerated() { put(segment, index + 1, in: store) }

        read(store)
        guard let writer = try? ArchiveWriter(store, history: history, sessionCount: sessionCount)
        else { return }
        let last = writer.lastSequence
        guard let again = try? ArchiveWriter(store, history: history, sessionCount: sessionCount)
        else { fatalError("an archive that was taken over is refused") }
        require(again.lastSequence == last, "what was cut back once needs no more cutting")
        guard segments.count == 1 else { return }
        // A writer believes what the checksums prove, a reader looks at the content too.
        guard let found = read(store) else {
            return require(flags & 1 != 0, "an archive that was taken over cannot be read")
        }
        require(found == last, "everything that is kept is read")
        goOn(store, after: last)
    }

    private static func put(_ segment: [UInt8], _ number: Int, in store: ArchiveMemory) {
        guard let file = try? store.create(number) else { return }
        segment.withUnsafeBytes { _ = try? file.write($0, at: 0) }
    }

    /// Reads all there is. Returns the last transaction; nil when something is wrong with the archive.
    @discardableResult private static func read(_ store: ArchiveMemory) -> UInt64? {
        guard var reader = try? ArchiveReader(store, history: history, after: 0) else { return nil }
        var last: UInt64 = 0
        do {
            while let record = try reader.next() {
                require(record.sequence >= last, "transactions come in order")
                last = record.sequence
                if case .event = record.kind {
                    require(EventRecord.isSound(record.slots), "an archived event is sound")
                }
            }
        } catch {
            return nil
        }
        return last
    }

    /// The archive takes the next transaction, and shows it.
    private static func goOn(_ store: ArchiveMemory, after last: UInt64) {
        guard last < 1 << 62,
            var writer = try? ArchiveWriter(store, history: history, sessionCount: sessionCount),
            writer.lastExecID < .max
        else { return }
        var event = Event(kind: .commandApplied)
        event.sequence = last + 1
        event.execID = Timestamp(nanos: writer.lastExecID + 1)
        event.flags = .endOfTransaction
        withUnsafeBytes(of: event) { bytes in
            let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 8)
            defer { slot.deallocate() }
            slot.initializeMemory(as: UInt8.self, repeating: 0)
            slot.copyMemory(from: bytes)
            guard let base = UnsafeRawBufferPointer(slot).baseAddress,
                (try? writer.append(EventRecord(base))) != nil, (try? writer.flush()) != nil
            else { fatalError("an archive that was taken over takes the next transaction") }
        }
        require(read(store) == last + 1, "what was flushed is read")
    }

    // MARK: Checksums

    private static func repair(_ segment: inout [UInt8]) {
        guard segment.count >= 128 else { return }
        segment.withUnsafeMutableBytes { bytes in
            let sessions = bytes.load(fromByteOffset: 32, as: UInt64.self)
            guard sessions < 64 else { return }
            let records = 128 + 16 * (Int(sessions) + 1)
            guard records <= bytes.count else { return }
            bytes.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
            var check = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<records]))
            bytes.storeBytes(of: check, toByteOffset: 12, as: UInt32.self)
            var offset = records
            while offset + 40 <= bytes.count {
                let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                guard length >= 40, length % 8 == 0, length <= bytes.count - offset else { return }
                var sum = CRC32C(continuing: check)
                sum.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4]))
                sum.update(UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<offset + length]))
                check = sum.value
                bytes.storeBytes(of: check, toByteOffset: offset + 4, as: UInt32.self)
                offset += length
            }
        }
    }
}
