/// Bytes of one file as its readers see them, and as a loss of power would leave them.
///
/// A machine writes in sectors of 512 bytes, each whole or not at all, and keeps memory that is mapped
/// in pages of 4096 bytes.
final class StoredFile {
    static let sectorBytes = 512
    static let pageBytes = 4096

    /// What whoever reads sees.
    private(set) var cache: UnsafeMutableRawBufferPointer
    /// What is on stable storage, as long as `cache`; what lies behind `stableByteCount` is zero.
    private var stable: UnsafeMutableRawBufferPointer
    private(set) var byteCount: Int
    private(set) var stableByteCount = 0
    /// Sectors that a sync has still to write, a bit each.
    private var unsynced: [UInt64] = []
    /// Others store into `cache` without telling.
    private(set) var isMapped = false
    /// Memory that was mapped and replaced: whoever mapped it may still look.
    private var retired: [UnsafeMutableRawBufferPointer] = []
    private var wasMapped = false

    init(byteCount: Int, capacity: Int = 0) {
        self.byteCount = byteCount
        cache = Self.zeroes(max(byteCount, capacity))
        stable = Self.zeroes(max(byteCount, capacity))
        unsynced = Array(repeating: 0, count: Self.wordCount(cache.count))
    }

    deinit {
        cache.deallocate()
        stable.deallocate()
        for memory in retired { memory.deallocate() }
    }

    /// Fresh from the system, so that large files cost nothing until they are written.
    private static func zeroes(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(roundedUp(byteCount), pageBytes), alignment: pageBytes)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        return memory
    }

    private static func roundedUp(_ byteCount: Int) -> Int {
        (byteCount + pageBytes - 1) / pageBytes * pageBytes
    }

    private static func wordCount(_ byteCount: Int) -> Int {
        ((byteCount + sectorBytes - 1) / sectorBytes + 63) / 64
    }

    func copy() -> StoredFile {
        let other = StoredFile(byteCount: byteCount, capacity: cache.count)
        other.cache.copyMemory(from: UnsafeRawBufferPointer(cache))
        other.stable.copyMemory(from: UnsafeRawBufferPointer(stable))
        other.stableByteCount = stableByteCount
        other.unsynced = unsynced
        other.isMapped = isMapped
        return other
    }

    // MARK: As its readers see it

    func map() -> UnsafeMutableRawBufferPointer {
        isMapped = true
        wasMapped = true
        return UnsafeMutableRawBufferPointer(rebasing: cache[..<byteCount])
    }

    func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        let count = max(0, min(bytes.count, byteCount - offset))
        guard count > 0 else { return 0 }
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: cache[offset..<offset + count]))
        return count
    }

    /// Writes the bytes for readers; nothing of it is durable.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard bytes.count > 0 else { return }
        if offset + bytes.count > byteCount { resize(to: offset + bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: cache[offset..<offset + bytes.count])
            .copyMemory(from: bytes)
        for sector in Self.sectors(offset, bytes.count) { markUnsynced(sector) }
    }

    func resize(to newCount: Int) {
        if newCount > cache.count {
            precondition(!isMapped, "a mapped file keeps its length")
            grow(to: newCount)
        }
        if newCount < byteCount {
            UnsafeMutableRawBufferPointer(rebasing: cache[newCount..<byteCount])
                .initializeMemory(as: UInt8.self, repeating: 0)
            for sector in Self.sectors(newCount, byteCount - newCount) { markUnsynced(sector) }
        }
        byteCount = newCount
    }

    /// At least doubled, so that appending byte by byte is no square.
    private func grow(to newCount: Int) {
        let capacity = max(newCount, cache.count * 2)
        let grown = (cache: Self.zeroes(capacity), stable: Self.zeroes(capacity))
        grown.cache.copyMemory(from: UnsafeRawBufferPointer(cache))
        grown.stable.copyMemory(from: UnsafeRawBufferPointer(stable))
        if wasMapped { retired.append(cache) } else { cache.deallocate() }
        stable.deallocate()
        (cache, stable) = grown
        let missing = Self.wordCount(capacity) - unsynced.count
        if missing > 0 { unsynced += Array(repeating: 0, count: missing) }
    }

    static func sectors(_ offset: Int, _ count: Int) -> Range<Int> {
        count == 0 ? 0..<0 : offset / sectorBytes..<(offset + count - 1) / sectorBytes + 1
    }

    // MARK: Stable storage

    private func markUnsynced(_ sector: Int) { unsynced[sector >> 6] |= 1 << UInt64(sector & 63) }

    private func isUnsynced(_ sector: Int) -> Bool {
        unsynced[sector >> 6] & (1 << UInt64(sector & 63)) != 0
    }

    /// The sector is what readers see; `isWritten` false: the system thinks so.
    func settle(_ sector: Int, isWritten: Bool = true) {
        if isWritten { keep(sector * Self.sectorBytes, Self.sectorBytes) }
        unsynced[sector >> 6] &= ~(1 << UInt64(sector & 63))
    }

    func settleLength() { stableByteCount = byteCount }

    private func keep(_ offset: Int, _ count: Int) {
        UnsafeMutableRawBufferPointer(rebasing: stable[offset..<offset + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: cache[offset..<offset + count]))
    }

    /// Sectors that a sync has to write, in order.
    var unsyncedSectors: [Int] {
        var sectors: [Int] = []
        for (index, word) in unsynced.enumerated() where word != 0 {
            for bit in 0..<64 where word & (1 << UInt64(bit)) != 0 {
                sectors.append(index * 64 + bit)
            }
        }
        return sectors
    }

    var pageCount: Int { isMapped ? Self.roundedUp(byteCount) / Self.pageBytes : 0 }

    /// The system writes mapped pages whenever it likes.
    func settlePage(_ page: Int) { keep(page * Self.pageBytes, Self.pageBytes) }

    /// The power is cut: of what was not synced, what `survives` says is there, and the rest is as it
    /// was before. Returns how many sectors came through that were not synced, and how many did not.
    func losePower(lengthSurvives: Bool, survives: () -> Bool) -> (kept: Int, lost: Int) {
        var (kept, lost) = (0, 0)
        for sector in unsyncedSectors {
            let isWritten = survives()
            settle(sector, isWritten: isWritten)
            if isWritten { kept += 1 } else { lost += 1 }
        }
        for page in 0..<pageCount where survives() { settlePage(page) }
        let length = isMapped || lengthSurvives ? byteCount : stableByteCount
        if length < stable.count {
            UnsafeMutableRawBufferPointer(rebasing: stable[length...])
                .initializeMemory(as: UInt8.self, repeating: 0)
        }
        byteCount = length
        stableByteCount = length
        cache.copyMemory(from: UnsafeRawBufferPointer(stable))
        isMapped = false
        return (kept, lost)
    }
}
