import CMemory

/// Memory that is taken once, at start, for records that are found at random.
enum ReservedMemory {
    private static var hugePageBytes: Int { 2 << 20 }

    /// Takes memory for bytes that the caller writes at once, whole cache lines of it. A large stretch
    /// lies on huge pages where the kernel has them: a processor knows where some 1,500 pages are, and a
    /// million orders lie on 30,000 small ones.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        let isLarge = byteCount >= hugePageBytes
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount, alignment: isLarge ? hugePageBytes : 64)
        if isLarge { cmemory_prefer_huge_pages(memory, byteCount) }
        return memory
    }
}
