import DropCopy

extension FuzzTarget {
    static let history = FuzzTarget(
        "history", "a segment of the drop copy's history, with checksums as they are or made right",
        lengthMax: 32_768, HistoryFile.run)
}

/// An input is a byte of flags and a segment. The lowest flag makes the checksums right, so that what they
/// protect is looked at too.
enum HistoryFile {
    static let genesis: UInt64 = 5
    static let segmentBytes = 64 << 10
    static let shape = History.Shape(units: 2, sessions: 4, instruments: 3, products: 2)

    static func run(_ input: UnsafeRawBufferPointer) {
        guard let flags = input.first else { return }
        let store = MemorySegments(segmentBytes: segmentBytes, segmentCountMax: 2)
        guard let segment = try? store.create(0) else { return }
        segment.copyBytes(from: input.dropFirst())
        if flags & 1 != 0 { repair(segment) }
        guard let history = try? History(genesis: genesis, shape: shape, store: store) else {
            return
        }
        let last = history.lastSequence
        do {
            let again = try History(genesis: genesis, shape: shape, store: store)
            require(again.lastSequence == last, "a history that was taken over is taken over again")
        } catch {
            fatalError("a history that was taken over is refused: \(error)")
        }
        var next = history
        guard last < .max else { return }
        next.commit(sequence: last + 1)
        require(next.lastSequence == last + 1, "a history goes on")
    }

    private static func repair(_ segment: UnsafeMutableRawBufferPointer) {
        guard let base = segment.baseAddress else { return }
        var offset = 128
        while offset + 48 <= segment.count {
            let length = Int(segment.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            guard length >= 40, length % 8 == 0, length <= segment.count - offset else { return }
            let sum = StoredRecord.checksum(
                base + offset, length: length, seed: genesis ^ UInt64(offset))
            segment.storeBytes(of: sum, toByteOffset: offset + 8, as: UInt64.self)
            offset += length
        }
    }
}
