import CLinux
import Glibc
import Platform

/// Writes through io_uring, for the thread that polls first.
final class UringWriteQueue: WriteQueue {
    let capacity = 16
    private let ring: UnsafeMutablePointer<io_uring>
    private let wakeDescriptor: Int32
    /// What the kernel reads the number of wakes into.
    private let wakeCount: UnsafeMutablePointer<UInt64>
    private var isStarted = false
    private var wakeIsArmed = false
    private var wakeIsPending = false
    /// By place, which the kernel gives back.
    private var underway: [Underway?]
    private var freePlaces: [Int]
    /// Writes that the kernel took in part, or wants to be asked again for.
    private var again: [Int] = []
    private var completions: [DiskCompletion] = []

    private struct Underway {
        var write: DiskWrite
        var file: FolderFile
        /// Bytes of it that are written.
        var done = 0
    }

    private static let wakeTag = UInt64.max

    init() throws(SystemError) {
        let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        ring.initialize(to: io_uring())
        // What is missing costs a little time and nothing else, so nobody has to be told.
        var report: [String] = []
        do throws(SystemError) {
            try UringSetup.make(ring, submissions: 32, completions: 64, report: &report)
        } catch {
            ring.deallocate()
            throw error
        }
        let descriptor = clinux_eventfd()
        guard descriptor >= 0 else {
            UringSetup.close(ring)
            ring.deallocate()
            throw SystemError("an eventfd cannot be made", code: -descriptor)
        }
        self.ring = ring
        wakeDescriptor = descriptor
        wakeCount = .allocate(capacity: 1)
        wakeCount.initialize(to: 0)
        underway = Array(repeating: nil, count: capacity)
        freePlaces = Array((0..<capacity).reversed())
        completions.reserveCapacity(capacity)
    }

    deinit {
        UringSetup.close(ring)
        ring.deallocate()
        Glibc.close(wakeDescriptor)
        wakeCount.deallocate()
    }

    func submit(_ write: DiskWrite) -> Bool {
        guard let file = write.file as? FolderFile else {
            preconditionFailure("a disk writes its own files")
        }
        guard let place = freePlaces.popLast() else { return false }
        underway[place] = Underway(write: write, file: file)
        prepare(place)
        return true
    }

    func poll() -> Int {
        start()
        retry()
        if io_uring_sq_ready(ring) > 0 || kernelHasWork { io_uring_submit_and_get_events(ring) }
        reap()
        return completions.count
    }

    func pollOrSleep(nanos: UInt64) -> Int {
        if poll() == 0, !wakeIsPending, nanos > 0, again.isEmpty {
            armWake()
            var time = __kernel_timespec(
                tv_sec: Int64(clamping: nanos / 1_000_000_000),
                tv_nsec: Int64(nanos % 1_000_000_000))
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            io_uring_submit_and_wait_timeout(ring, &completion, 1, &time, nil)
            reap()
        }
        wakeIsPending = false
        return completions.count
    }

    func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeDescriptor, &one, 8)
    }

    func nextCompletion() -> DiskCompletion? {
        completions.isEmpty ? nil : completions.removeFirst()
    }

    // MARK: -

    /// Binds the ring to this thread.
    private func start() {
        if isStarted { return }
        let result = clinux_enable_ring(ring)
        precondition(result == 0, "the ring was made disabled and is enabled once")
        // A durable write is done by a thread of the kernel's. On a core where somebody spins it would
        // wait for its turn; where that cannot be said, it runs where the system likes.
        _ = clinux_bind_uring_workers(ring)
        isStarted = true
    }

    private func prepare(_ place: Int) {
        guard let entry = underway[place] else { return }
        guard let sqe = io_uring_get_sqe(ring) else {
            preconditionFailure("there are more places for submissions than for writes")
        }
        let write = entry.write
        if let base = write.bytes.baseAddress, !write.bytes.isEmpty {
            clinux_prep_write(
                sqe, entry.file.descriptor, base + entry.done,
                UInt32(write.bytes.count - entry.done), UInt64(write.offset + entry.done),
                write.isDurable ? 1 : 0)
        } else {
            clinux_prep_sync(sqe, entry.file.descriptor)
        }
        sqe.pointee.user_data = UInt64(place)
    }

    private func retry() {
        guard !again.isEmpty else { return }
        for place in again { prepare(place) }
        again.removeAll(keepingCapacity: true)
    }

    private func armWake() {
        guard !wakeIsArmed, let sqe = io_uring_get_sqe(ring) else { return }
        io_uring_prep_read(sqe, wakeDescriptor, wakeCount, 8, 0)
        sqe.pointee.user_data = Self.wakeTag
        wakeIsArmed = true
    }

    /// Completions wait in the kernel until it is entered. Without the flags they come by themselves.
    private var kernelHasWork: Bool {
        let flags = clinux_load_relaxed_u32(ring.pointee.sq.kflags)
        return flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW) != 0
    }

    private func reap() {
        let queue = ring.pointee.cq
        var head = queue.khead.pointee
        let count = clinux_load_acquire_u32(queue.ktail) &- head
        if count == 0 { return }
        let end = head &+ count
        while head != end {
            let completion = queue.cqes[Int(head & queue.ring_mask)]
            completed(completion.user_data, completion.res)
            head &+= 1
        }
        io_uring_cq_advance(ring, count)
    }

    private func completed(_ userData: UInt64, _ result: Int32) {
        guard userData != Self.wakeTag else {
            wakeIsArmed = false
            wakeIsPending = true
            return
        }
        let place = Int(userData)
        guard var entry = underway[place] else { return }
        if result == -EAGAIN || result == -EINTR { return again.append(place) }
        if result > 0 { entry.done += Int(result) }
        if result > 0, entry.done < entry.write.bytes.count {
            underway[place] = entry
            return again.append(place)
        }
        var error: DiskError?
        if result < 0 {
            error = entry.file.refusal(entry.write.offset, -result)
        } else if result == 0, !entry.write.bytes.isEmpty {
            error = entry.file.refusal(entry.write.offset, EIO)
        }
        underway[place] = nil
        freePlaces.append(place)
        completions.append(DiskCompletion(tag: entry.write.tag, error: error))
    }
}
