import CLinux
import Glibc
import Synchronization

/// Making a ring with what the kernel has.
enum UringSetup {
    /// Fills `ring`, disabled: it belongs to the thread that enables it. Adds a sentence to `report` for
    /// everything that is missing.
    static func make(
        _ ring: UnsafeMutablePointer<io_uring>, submissions: Int, completions: Int,
        withoutDeferredWork: Bool = false, withoutCooperativeWork: Bool = false,
        report: inout [String]
    ) throws(SystemError) {
        let common = IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP
        var attempts: [(flags: UInt32, sentence: String?)] = []
        if !withoutDeferredWork && !withoutCooperativeWork {
            attempts.append(
                (
                    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
                        | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
                    nil
                ))
        }
        if !withoutCooperativeWork {
            attempts.append(
                (
                    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG
                        | IORING_SETUP_SUBMIT_ALL,
                    "io_uring cannot defer completions (Linux 6.1); they are delivered cooperatively"
                ))
        }
        attempts.append(
            (
                0,
                "io_uring cannot deliver completions cooperatively (Linux 5.19); each interrupts the "
                    + "thread, at about 10 us"
            ))
        var result: Int32 = -EINVAL
        for attempt in attempts {
            var parameters = io_uring_params()
            parameters.flags = UInt32(common) | attempt.flags
            parameters.cq_entries = UInt32(completions)
            result = open(ring, submissions: submissions, &parameters)
            if result == 0 {
                if let sentence = attempt.sentence { report.append(sentence) }
                return
            }
            if result != -EINVAL { break }
        }
        throw SystemError("io_uring cannot be used", code: -result)
    }

    /// Rings closed so far. The memory of a ring is mapped by liburing behind the back of the thread
    /// sanitizer, which has to be told that who gets memory comes after who gave it back.
    private static let closedCount = Atomic<Int>(0)

    /// Fills `ring`. Returns 0 or a negated error number.
    static func open(
        _ ring: UnsafeMutablePointer<io_uring>, submissions: Int,
        _ parameters: inout io_uring_params
    ) -> Int32 {
        let result = io_uring_queue_init_params(UInt32(submissions), ring, &parameters)
        // Acquire: pairs with the release in `close`.
        _ = closedCount.load(ordering: .acquiring)
        return result
    }

    static func close(_ ring: UnsafeMutablePointer<io_uring>) {
        closedCount.add(1, ordering: .releasing)
        io_uring_queue_exit(ring)
    }
}

/// Address space that gets memory page by page when touched, and never before.
struct Reservation {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(count: Int, for use: String) throws(SystemError) {
        guard
            let base = mmap(
                nil, count, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE), -1, 0),
            base != MAP_FAILED
        else { throw SystemError("\(count) bytes for \(use) cannot be reserved", code: errno) }
        self.base = base
        self.count = count
    }

    func free() { munmap(base, count) }
}
