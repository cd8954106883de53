import CLinux
import Containers
import Domain
import Glibc
import Platform

/// The state of a `UringNetwork`, and its duty cycle: send, submit, enter once, reap.
///
/// Whatever a connection needs from the kernel is derived from its state when its turn comes
/// (`serve`); what changes the state only puts the connection on the list of those to serve.
///
/// Lives once, behind the pointer of its network, and ends with `free`.
struct UringCore {
    let connectionCapacity: Int
    let privateLength: Int
    let unsentBytesMax: Int
    let frameLengthMax: Int
    let clock: Clock
    let wakeDescriptor: Int32

    let ring: UnsafeMutablePointer<io_uring>
    let connections: UnsafeMutablePointer<UringConnection>
    let privateBuffers: Reservation
    var groups: InputGroups
    var blocks: OutputBlocks
    let submissionCapacity: Int
    /// A message header and its pieces for each place in the submission queue, and for a call of `send`.
    let sendScratch: UnsafeMutablePointer<SendScratch>
    let constants: UnsafeMutablePointer<KernelConstants>

    var isStarted = false
    var counters = UringCounters()

    // The listener
    var listener: Int32
    var isAccepting = true
    var acceptIsArmed = false
    var acceptIsPaused = false
    var acceptCancelIsSent = false
    /// Places of the table that no connection has; the last one freed is the next one used.
    let freePlaces: UnsafeMutablePointer<Int32>
    var freeCount: Int

    // Waking and the timer
    var wakeIsArmed = false
    var wakeIsPending = false
    var timerIsArmed = false
    var timerIsWanted = false
    /// Whether any of the above wants something submitted.
    var hasChores = true

    /// One reading of the clock per duty cycle that needs one.
    var cachedNow: UInt64 = 0

    var reader = LikelyReader()
    let isReadingAhead: Bool
    /// The last `poll` brought nothing.
    var wasQuiet = false

    // Connections to serve, each at most once; the second list collects for the next duty cycle.
    var attention: UnsafeMutablePointer<Int32>
    var attentionCount = 0
    var attentionLater: UnsafeMutablePointer<Int32>
    var attentionLaterCount = 0
    var isServing = false
    var rotation: UInt64 = 0

    // Events not yet taken: at most four a connection.
    let events: UnsafeMutablePointer<NetworkEvent>
    let eventMask: Int
    var eventHead = 0
    var eventTail = 0

    /// Memory that operations point to and that never changes.
    struct KernelConstants {
        var wakeCount: UInt64 = 0
        /// Half a second: the grain of the bounds on closing.
        var tick = __kernel_timespec(tv_sec: 0, tv_nsec: 500_000_000)
    }

    struct SendScratch {
        var header = msghdr()
        /// Eight blocks are 256 KiB: more than the gateway writes to one session in a duty cycle
        /// (1,024 executions of 232 bytes). With fewer, a sweep through thousands of one session's
        /// orders piled up here though the peer read, and it was cut as a slow consumer.
        var pieces = InlineArray<8, iovec>(repeating: iovec())
        static var pieceCountMax: Int { 8 }
    }

    /// The kind of an operation, in the top byte of its user data.
    enum Operation: UInt8 {
        case accept = 1
        case receive, send, wake, timer
        /// On a connection, with no result that matters.
        case auxiliary
        /// On nothing, with no result that matters.
        case chore
    }

    init(
        _ configuration: UringNetwork.Configuration, listener: Int32, descriptorLimit: Int,
        clock: Clock, report: inout [String]
    ) throws(SystemError) {
        precondition(
            (1...65536).contains(configuration.connectionCapacity), "1 to 65,536 connections")
        precondition(
            (0...65535).contains(configuration.promotedCapacity), "at most 65,535 promoted")
        connectionCapacity = min(configuration.connectionCapacity, descriptorLimit)
        if connectionCapacity < configuration.connectionCapacity {
            report.append(
                "the limit of open files allows \(connectionCapacity) connections instead of "
                    + "\(configuration.connectionCapacity)")
        }
        self.listener = listener
        self.clock = clock
        frameLengthMax = configuration.frameLengthMax
        unsentBytesMax = configuration.unsentBytesMax
        privateLength = 4096

        let submissions = min(4096, Self.powerOfTwo(atLeast: max(64, connectionCapacity)))
        let completions = min(65536, Self.powerOfTwo(atLeast: max(4096, 2 * connectionCapacity)))
        let eventCapacity = Self.powerOfTwo(atLeast: 4 * connectionCapacity)

        let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        ring.initialize(to: io_uring())
        do throws(SystemError) {
            try UringSetup.make(
                ring, submissions: submissions, completions: completions,
                withoutDeferredWork: configuration.withoutDeferredWork,
                withoutCooperativeWork: configuration.withoutCooperativeWork, report: &report)
        } catch {
            ring.deallocate()
            throw error
        }
        self.ring = ring
        // From here on a failure leaves memory behind; the program ends on it.
        let isIncremental =
            try UringProbe.hasIncrementalBuffers(ring) && !configuration.withoutIncrementalBuffers
        if !isIncremental {
            report.append(
                "io_uring has no incremental buffers (Linux 6.12); sessions are read by one receive at "
                    + "a time")
        }
        // Completions that come by themselves could come while we read.
        let isDeferred = ring.pointee.flags & IORING_SETUP_DEFER_TASKRUN != 0
        let canReadAhead = isIncremental && isDeferred
        isReadingAhead = canReadAhead ? try UringProbe.sharesItsPlaces() : false
        if canReadAhead && !isReadingAhead {
            report.append(
                "io_uring does not share its places in incremental buffers; all input comes through "
                    + "the ring")
        }
        let descriptor = clinux_eventfd()
        guard descriptor >= 0 else {
            throw SystemError("an eventfd cannot be made", code: -descriptor)
        }
        wakeDescriptor = descriptor

        connections = .allocate(capacity: connectionCapacity)
        connections.initialize(repeating: UringConnection(), count: connectionCapacity)
        freePlaces = .allocate(capacity: connectionCapacity)
        for place in 0..<connectionCapacity {
            freePlaces[place] = Int32(truncatingIfNeeded: connectionCapacity - 1 - place)
        }
        freeCount = connectionCapacity
        attention = .allocate(capacity: connectionCapacity)
        attention.initialize(repeating: 0, count: connectionCapacity)
        attentionLater = .allocate(capacity: connectionCapacity)
        attentionLater.initialize(repeating: 0, count: connectionCapacity)
        events = .allocate(capacity: eventCapacity)
        events.initialize(
            repeating: NetworkEvent(kind: .closed, connection: .none), count: eventCapacity)
        eventMask = eventCapacity - 1
        submissionCapacity = Int(ring.pointee.sq.ring_entries)
        sendScratch = .allocate(capacity: submissionCapacity + 1)
        sendScratch.initialize(repeating: SendScratch(), count: submissionCapacity + 1)
        constants = .allocate(capacity: 1)
        constants.initialize(to: KernelConstants())

        privateBuffers = try Reservation(count: connectionCapacity * privateLength, for: "input")
        groups = try InputGroups(
            capacity: configuration.promotedCapacity,
            unreadBytesMax: configuration.unreadBytesMax, isIncremental: isIncremental)
        if configuration.touchesBuffers { groups.touchAll() }
        let blockLength = max(16 << 10, (configuration.frameLengthMax + 4095) & ~4095)
        // Two neighbouring blocks hold more than one full block's worth, hence the factor.
        let blocksPerConnection = 2 * (unsentBytesMax / blockLength + 1) + 2
        blocks = try OutputBlocks(
            blockLength: blockLength, capacity: blocksPerConnection * connectionCapacity)
    }

    func free() {
        for index in 0..<connectionCapacity where connections[index].descriptor >= 0 {
            _ = Glibc.close(connections[index].descriptor)
        }
        UringSetup.close(ring)
        if listener >= 0 { _ = Glibc.close(listener) }
        _ = Glibc.close(wakeDescriptor)
        ring.deallocate()
        connections.deallocate()
        freePlaces.deallocate()
        attention.deallocate()
        attentionLater.deallocate()
        events.deallocate()
        sendScratch.deallocate()
        constants.deallocate()
        privateBuffers.free()
        groups.freeAll()
        blocks.free()
    }

    // MARK: The duty cycle

    mutating func poll() -> Int {
        if !isStarted { start() }
        cachedNow = 0
        prepare()
        let hasSubmissions = io_uring_sq_ready(ring) > 0
        if hasSubmissions || kernelHasWork {
            if wasQuiet && !hasSubmissions && readAhead() {
                wasQuiet = false
                return eventCount
            }
            enter()
        }
        reap()
        wasQuiet = eventCount == 0
        return eventCount
    }

    mutating func pollOrSleep(nanos: UInt64) -> Int {
        var count = poll()
        if count == 0 && !wakeIsPending && nanos > 0 {
            prepare()
            // Not everything fitted into the submission queue, or sending said something: no time to sleep.
            let wait = attentionCount > 0 || eventCount > 0 ? 0 : nanos
            var time = __kernel_timespec(
                tv_sec: Int64(clamping: wait / 1_000_000_000), tv_nsec: Int64(wait % 1_000_000_000))
            var completion: UnsafeMutablePointer<io_uring_cqe>?
            counters.enters &+= 1
            io_uring_submit_and_wait_timeout(ring, &completion, 1, &time, nil)
            cachedNow = 0
            reap()
            count = eventCount
            wasQuiet = count == 0
        }
        wakeIsPending = false
        return count
    }

    /// Binds the ring to this thread.
    private mutating func start() {
        let result = clinux_enable_ring(ring)
        precondition(result == 0, "the ring was made disabled and is enabled once")
        isStarted = true
    }

    /// Completions wait in the kernel until it is entered. Without the flags they come by themselves.
    private var kernelHasWork: Bool {
        let flags = clinux_load_relaxed_u32(ring.pointee.sq.kflags)
        return flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW) != 0
    }

    private mutating func enter() {
        counters.enters &+= 1
        let result = io_uring_submit_and_get_events(ring)
        // Anything else passes: what was not taken stays in the queue for the next time.
        precondition(result != -EEXIST, "a network belongs to the thread that polled it first")
    }

    /// The most completions handled in one duty cycle, so that a flood of arrivals keeps nobody
    /// waiting for long. The rest stays in the queue.
    private static var completionsPerPoll: UInt32 { 1024 }

    /// Handles the completions at hand.
    private mutating func reap() {
        let queue = ring.pointee.cq
        var head = queue.khead.pointee
        let count = min(
            clinux_load_acquire_u32(queue.ktail) &- head, Self.completionsPerPoll)
        if count == 0 { return }
        let end = head &+ count
        while head != end {
            let completion = queue.cqes[Int(head & queue.ring_mask)]
            handle(completion.user_data, completion.res, completion.flags)
            head &+= 1
        }
        io_uring_cq_advance(ring, count)
    }

    private mutating func handle(_ userData: UInt64, _ result: Int32, _ flags: UInt32) {
        guard let operation = Operation(rawValue: UInt8(truncatingIfNeeded: userData >> 56)) else {
            return
        }
        switch operation {
        case .accept: acceptCompleted(result, flags)
        case .wake:
            wakeIsArmed = false
            wakeIsPending = true
            hasChores = true
        case .timer:
            timerIsArmed = false
            tick()
        case .chore: break
        case .receive, .send, .auxiliary:
            let index = Int(UInt32(truncatingIfNeeded: userData))
            let generation = UInt32(truncatingIfNeeded: userData >> 32) & 0xFF_FFFF
            guard connections[index].generation == generation else {
                counters.stale &+= 1
                return
            }
            switch operation {
            case .receive: receiveCompleted(index, result, flags)
            case .send: sendCompleted(index, result)
            default: operationEnded(index)
            }
        }
    }

    // MARK: Submissions

    /// Fills the submission queue with what the listener, the timer and the connections want.
    mutating func prepare() {
        if hasChores { prepareChores() }
        let count = attentionCount
        if count == 0 { return }
        rotation = rotation &+ 1
        var place = count == 1 ? 0 : Self.firstServed(in: rotation, of: count)
        isServing = true
        for _ in 0..<count {
            let index = attention[place]
            place += 1
            if place == count { place = 0 }
            if io_uring_sq_space_left(ring) < Self.submissionsPerServe {
                attentionLater[attentionLaterCount] = index
                attentionLaterCount += 1
                continue
            }
            connections[Int(index)].isQueued = false
            serve(Int(index))
        }
        isServing = false
        swap(&attention, &attentionLater)
        attentionCount = attentionLaterCount
        attentionLaterCount = 0
    }

    /// Who of so many begins in a turn. Everyone does at times, so that nobody's answers always leave last;
    /// and in no order, as traffic that comes round in step with an order would find the same one last.
    static func firstServed(in turn: UInt64, of count: Int) -> Int {
        Int(truncatingIfNeeded: mix64(turn) % UInt64(count))
    }

    /// The most that `serve` submits for one connection.
    private static var submissionsPerServe: UInt32 { 6 }

    /// Has the connection served in the next `poll`.
    mutating func attend(_ index: Int) {
        if connections[index].isQueued { return }
        connections[index].isQueued = true
        if isServing {
            attentionLater[attentionLaterCount] = Int32(truncatingIfNeeded: index)
            attentionLaterCount += 1
        } else {
            attention[attentionCount] = Int32(truncatingIfNeeded: index)
            attentionCount += 1
        }
    }

    private mutating func prepareChores() {
        guard io_uring_sq_space_left(ring) >= 4 else { return }
        hasChores = false
        if isAccepting {
            if !acceptIsArmed && !acceptIsPaused { armAccept() }
        } else if acceptIsArmed {
            if !acceptCancelIsSent {
                acceptCancelIsSent = true
                let sqe = nextSubmission()
                io_uring_prep_cancel64(sqe, Self.userData(.accept), 0)
                sqe.pointee.user_data = Self.userData(.chore)
            }
        } else if listener >= 0 {
            _ = Glibc.close(listener)
            listener = -1
        }
        if !wakeIsArmed {
            wakeIsArmed = true
            let sqe = nextSubmission()
            let place = UnsafeMutableRawPointer(constants)
            io_uring_prep_read(sqe, wakeDescriptor, place, 8, 0)
            sqe.pointee.user_data = Self.userData(.wake)
        }
        if timerIsWanted && !timerIsArmed {
            timerIsArmed = true
            let sqe = nextSubmission()
            let time =
                UnsafeMutableRawPointer(constants)
                + MemoryLayout<KernelConstants>.offset(of: \.tick)!
            io_uring_prep_timeout(sqe, time.assumingMemoryBound(to: __kernel_timespec.self), 0, 0)
            sqe.pointee.user_data = Self.userData(.timer)
        }
    }

    /// A place in the submission queue; callers know that there is one.
    func nextSubmission() -> UnsafeMutablePointer<io_uring_sqe> {
        guard let sqe = io_uring_get_sqe(ring) else {
            preconditionFailure("room in the submission queue was checked before")
        }
        return sqe
    }

    static func userData(_ operation: Operation) -> UInt64 { UInt64(operation.rawValue) << 56 }

    func userData(_ operation: Operation, _ index: Int) -> UInt64 {
        Self.userData(operation) | UInt64(connections[index].generation) << 32 | UInt64(index)
    }

    /// Names the operation and its connection, and counts it until its last completion.
    func finishSubmission(
        _ sqe: UnsafeMutablePointer<io_uring_sqe>, _ operation: Operation, _ index: Int,
        flags: UInt8 = 0
    ) {
        sqe.pointee.flags = flags
        sqe.pointee.user_data = userData(operation, index)
        connections[index].operationCount &+= 1
    }

    /// The last completion of an operation is here.
    mutating func operationEnded(_ index: Int) {
        connections[index].operationCount &-= 1
        if connections[index].phase == .finished && connections[index].operationCount == 0 {
            attend(index)
        }
    }

    // MARK: Events

    var eventCount: Int { eventTail &- eventHead }

    mutating func push(_ kind: NetworkEvent.Kind, _ index: Int) {
        precondition(eventCount <= eventMask, "a connection has at most four events waiting")
        events[eventTail & eventMask] = NetworkEvent(kind: kind, connection: ConnectionIndex(index))
        eventTail &+= 1
    }

    mutating func nextEvent() -> NetworkEvent? {
        while eventHead != eventTail {
            let event = events[eventHead & eventMask]
            eventHead &+= 1
            let index = event.connection.index
            switch event.kind {
            case .accepted: return event
            case .received:
                connections[index].receivedIsPending = false
                if !connections[index].ignoresInput { return event }
            case .sent:
                connections[index].sentIsPending = false
                if connections[index].phase == .open { return event }
            case .closed:
                connections[index].closedIsTaken = true
                attend(index)
                return event
            }
        }
        return nil
    }

    /// The time of this duty cycle.
    mutating func now() -> UInt64 {
        if cachedNow == 0 { cachedNow = clock.now().nanos }
        return cachedNow
    }

    private static func powerOfTwo(atLeast count: Int) -> Int {
        count <= 1 ? 1 : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
    }
}
