import CLinux
import Glibc

/// The large input buffers of promoted connections: two each, filled in turn, mapped twice in a row.
///
///     address   base          +L            +2L           +3L           +4L
///               | buffer 0    | buffer 1    | buffer 0    | buffer 1    |
///
/// Byte `p` of the stream lies at `base + p % 2L`, and whatever is unread lies in one piece behind the
/// first unread byte. With incremental consumption the kernel fills a buffer to its end by many
/// receives, so that the stream has no holes.
struct InputGroups {
    /// Length of one buffer: a power of two, so that positions need no division.
    let bufferLength: Int
    let capacity: Int
    /// Whether the kernel fills them by a standing receive. Otherwise one receive at a time.
    let isIncremental: Bool

    private let descriptor: Int32
    private let addresses: Reservation
    /// A page a group: the kernel wants each ring of buffers on pages of its own.
    private let rings: Reservation
    private let isMapped: UnsafeMutablePointer<Bool>
    private let isRegistered: UnsafeMutablePointer<Bool>
    private let free: UnsafeMutablePointer<Int32>
    private var freeCount: Int

    private static var pageLength: Int { 4096 }

    init(
        capacity: Int, unreadBytesMax: Int, isIncremental: Bool
    ) throws(SystemError) {
        // 64 MiB for all, in 8 to 64 KiB a buffer, and both within the bound of unread input.
        let share = (64 << 20) / max(1, capacity) / 2
        let length = min(max(8 << 10, min(share, 64 << 10)), unreadBytesMax / 2)
        precondition(length >= Self.pageLength, "the bound of unread input is 8 KiB at least")
        bufferLength = 1 << (Int.bitWidth - 1 - length.leadingZeroBitCount)
        self.capacity = capacity
        self.isIncremental = isIncremental
        addresses = try Reservation(count: max(1, capacity) * 4 * bufferLength, for: "input")
        rings = try Reservation(count: max(1, capacity) * Self.pageLength, for: "buffer rings")
        let fd = clinux_memfd("apus-input")
        guard fd >= 0, ftruncate(fd, capacity * 2 * bufferLength) == 0 else {
            throw SystemError("memory for input cannot be had", code: fd < 0 ? -fd : errno)
        }
        descriptor = fd
        isMapped = .allocate(capacity: max(1, capacity))
        isMapped.initialize(repeating: false, count: max(1, capacity))
        isRegistered = .allocate(capacity: max(1, capacity))
        isRegistered.initialize(repeating: false, count: max(1, capacity))
        free = .allocate(capacity: max(1, capacity))
        for index in 0..<capacity { free[index] = Int32(capacity - 1 - index) }
        freeCount = capacity
    }

    func freeAll() {
        addresses.free()
        rings.free()
        _ = close(descriptor)
        isMapped.deallocate()
        isRegistered.deallocate()
        free.deallocate()
    }

    /// Both buffers' length.
    var windowLength: Int { 2 &* bufferLength }

    func base(_ group: Int32) -> UnsafeMutableRawPointer {
        addresses.base + Int(group) &* 4 &* bufferLength
    }

    func ringMemory(_ group: Int32) -> UnsafeMutableRawPointer {
        rings.base + Int(group) &* Self.pageLength
    }

    /// Where byte `position` of the stream lies.
    func place(_ group: Int32, _ position: Int) -> UnsafeMutableRawPointer {
        base(group) + (position & (windowLength &- 1))
    }

    /// What the kernel knows of the buffer in which byte `position` of the stream lies: where it goes on,
    /// and how much room is left.
    func entry(_ group: Int32, _ position: Int) -> UnsafeMutablePointer<io_uring_buf> {
        let entries = ringMemory(group).assumingMemoryBound(to: io_uring_buf.self)
        return entries + (position & bufferLength == 0 ? 0 : 1)
    }

    /// A group that nobody uses, its buffer ring empty; nil when there is none or the system refuses.
    mutating func take(_ ring: UnsafeMutablePointer<io_uring>) -> Int32? {
        guard freeCount > 0 else { return nil }
        let group = free[freeCount - 1]
        guard map(group) else { return nil }
        if isIncremental {
            // Registered anew for every connection: that empties it, whatever the last one left.
            if isRegistered[Int(group)] { io_uring_unregister_buf_ring(ring, group) }
            isRegistered[Int(group)] = false
            memset(ringMemory(group), 0, Self.pageLength)
            let result = clinux_register_buffer_ring(
                ring, ringMemory(group), 2, UInt16(truncatingIfNeeded: group),
                UInt16(CLINUX_IOU_PBUF_RING_INC))
            guard result == 0 else { return nil }
            isRegistered[Int(group)] = true
        }
        freeCount -= 1
        return group
    }

    mutating func give(_ group: Int32) {
        free[freeCount] = group
        freeCount += 1
    }

    /// Lays the two mappings of a group into its addresses.
    private func map(_ group: Int32) -> Bool {
        if isMapped[Int(group)] { return true }
        let offset = off_t(Int(group) * windowLength)
        for place in [base(group), base(group) + windowLength] {
            let mapped = mmap(
                place, windowLength, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor,
                offset)
            guard mapped == place else { return false }
        }
        isMapped[Int(group)] = true
        return true
    }

    /// Gives every group its memory now.
    func touchAll() {
        for group in 0..<Int32(capacity) where map(group) {
            MemoryLock.touch(
                UnsafeMutableRawBufferPointer(start: base(group), count: 2 * windowLength))
            MemoryLock.touch(
                UnsafeMutableRawBufferPointer(start: ringMemory(group), count: Self.pageLength))
        }
    }
}
